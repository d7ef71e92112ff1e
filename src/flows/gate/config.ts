import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileExists, readFileBytes } from '../../io/files.ts'
import { CleanbillError } from '../../model/error.ts'
import { decodeUtf8 } from '../../model/json.ts'
import { keyFingerprint } from '../../model/key-fingerprint.ts'
import type { Policy } from '../../model/policy.ts'
import type { Profile } from '../../model/rules.ts'
import { EMPTY_LOCK, type TrustLock } from '../../model/trust-lock.ts'
import { extendPolicy } from '../../policy/extend-policy.ts'
import {
  defaultPolicy,
  type ExtendsReference,
  keyPaths,
  parseExtends,
  parsePolicy,
  resolveKeys,
} from '../../policy/parse-policy.ts'
import { parseTrustLock } from '../../policy/trust-lock.ts'
import { parsePublicKey, type TrustedKey } from '../../verify/trust-material.ts'

export const POLICY_PATH = '.github/cleanbill.yml'
export const LOCK_PATH = 'cleanbill.lock'
const MAX_BYTES = 8 * 1024 * 1024

/** A policy with its text, which the verdict's summary names by digest. */
export interface LoadedPolicy {
  readonly policy: Policy
  /** Empty for the built-in one. */
  readonly text: string
  /** Public keys that it names, its own and those of the policy that it extends: what they signed can be verified. */
  readonly keys: readonly TrustedKey[]
}

/** Reads a file that the policy names, by its path from the project's root. */
export type ReadNamed = (path: string, maxBytes: number) => Promise<Uint8Array>

export interface ConfigRequest {
  readonly root: string
  /** Default: below `root`. A base's policy means the files of its own commit. */
  readonly readNamed?: ReadNamed | undefined
  /** From the root. */
  readonly policyPath: string
  readonly lockPath: string
  /** Overrides the policy's. */
  readonly profile?: Profile | undefined
  /** Reads a central policy at an immutable commit. */
  readonly readRemote: (source: ExtendsReference, own: Policy) => Promise<Uint8Array>
}

/**
 * Reads a policy's text, with what it extends and the keys it names.
 *
 * @throws {CleanbillError} `POLICY_MALFORMED`, `POLICY_UNKNOWN_KEY`, `POLICY_NO_IDENTITY`, `POLICY_LOOSENED`,
 *   `PATTERN_UNSAFE`, `KEY_INVALID`, `FILE_NOT_FOUND`
 */
export async function readPolicy(text: string | undefined, request: ConfigRequest): Promise<LoadedPolicy> {
  const own =
    text === undefined ? defaultPolicy(request.profile ?? 'recommended') : parsePolicy(text, request.policyPath)
  const keys = await readKeys(own, request)
  const resolved = resolveKeys(own, (path) => fingerprintIn(keys, path))
  const central = own.extends === undefined ? undefined : await readCentral(own.extends, own, request)
  const policy = central === undefined ? resolved : extendPolicy(central.policy, resolved)
  return {
    policy: request.profile === undefined ? policy : { ...policy, profile: request.profile },
    text: text ?? '',
    keys: [...keys.values(), ...(central?.keys ?? [])],
  }
}

type Central = Pick<LoadedPolicy, 'policy' | 'keys'>

async function readCentral(reference: string, own: Policy, request: ConfigRequest): Promise<Central> {
  const source = parseExtends(reference)
  if (source === undefined) throw new CleanbillError('INTERNAL_ERROR', `the parser let ${reference} pass`)
  const text = decodeUtf8(await request.readRemote(source, own), reference)
  const central = parsePolicy(text, reference)
  if (central.extends === undefined) return withRemoteKeys(central, source, own, request)
  throw new CleanbillError('POLICY_MALFORMED', 'a policy that is extended extends nothing itself', { file: reference })
}

/** Its keys lie beside it, at the same commit of the same repository. */
async function withRemoteKeys(
  central: Policy,
  source: ExtendsReference,
  own: Policy,
  request: ConfigRequest,
): Promise<Central> {
  const found = new Map<string, TrustedKey>()
  for (const path of keyPaths(central)) {
    const bytes = await request.readRemote({ ...source, path }, own)
    found.set(path, parsePublicKey(bytes, `${source.repository}//${path}`))
  }
  return { policy: resolveKeys(central, (path) => fingerprintIn(found, path)), keys: [...found.values()] }
}

function fingerprintIn(keys: ReadonlyMap<string, TrustedKey>, path: string): string {
  const found = keys.get(path)
  if (found !== undefined) return keyFingerprint(found.key)
  throw new CleanbillError('INTERNAL_ERROR', `no fingerprint for the key ${path}`)
}

/** Every key that the policy names, by path; `resolveKeys` asks for each of them. */
async function readKeys(policy: Policy, { root, readNamed }: ConfigRequest): Promise<ReadonlyMap<string, TrustedKey>> {
  const read = readNamed ?? ((path, maxBytes) => readFileBytes(join(root, path), maxBytes))
  const found = new Map<string, TrustedKey>()
  for (const path of keyPaths(policy)) found.set(path, parsePublicKey(await read(path, 64 * 1024), path))
  return found
}

/** The text of a file of the project, or undefined where there is none. */
export async function readProjectFile(root: string, path: string): Promise<string | undefined> {
  const at = join(root, path)
  return (await fileExists(at)) ? decodeUtf8(await readFileBytes(at, MAX_BYTES), path) : undefined
}

/** @throws {CleanbillError} `LOCK_MALFORMED` */
export function readLock(text: string | undefined, path: string): TrustLock {
  return text === undefined ? EMPTY_LOCK : parseTrustLock(text, path)
}

export const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex')
