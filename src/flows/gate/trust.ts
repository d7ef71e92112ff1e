import { isAbsolute, join } from 'node:path'
import { fileExists, readFileBytes } from '../../io/files.ts'
import { githubTufRoot } from '../../io/github-tuf-root.ts'
import type { Host } from '../../io/host.ts'
import {
  defaultCachePath,
  loadCachedRoot,
  loadNpmKeys,
  type PublicInstance,
  type TrustSource,
} from '../../io/trusted-root.ts'
import type { FetchedAttestation, UnreadDocument } from '../../model/attestation.ts'
import { toSortedJson } from '../../model/json.ts'
import type { Policy } from '../../model/policy.ts'
import { GO_SUMDB_KEY, parseNoteKey } from '../../verify/signed-note.ts'
import {
  parseNpmKeys,
  parsePublicKey,
  parseRegistryKeys,
  parseTrustedRoots,
  type Trust,
  type TrustedKey,
} from '../../verify/trust-material.ts'
import { ossRebuildKey } from '../../verify/verify-rebuild.ts'
import type { RegistryKeys } from '../../verify/verify-registry.ts'
import { instanceOf } from '../verify-trust.ts'
import type { ReadNamed } from './config.ts'

/** Where trust comes from: the policy says, the command line may say otherwise. */
export interface TrustRequest {
  /** Folder of the policy's relative paths. */
  readonly root: string
  readonly policy: Pick<Policy, 'trust'>
  /** Public keys that the policy names as signers. Whether one may sign this is for the policy to say. */
  readonly keys?: readonly TrustedKey[] | undefined
  /** Default: below `root`. A base's policy means the files of its own commit. */
  readonly readNamed?: ReadNamed | undefined
  readonly trustedRoots: readonly string[]
  readonly npmKeys?: string | undefined
  readonly offline: boolean
  readonly cachePath?: string | undefined
}

/** Does the base's policy say another way to find and to believe evidence than the proposed one? */
export function trustsOtherwise(there: Policy, here: Policy): boolean {
  const words = ({ trust, evidence, platforms }: Policy) => toSortedJson({ trust, evidence, platforms })
  return words(there) !== words(here)
}

/**
 * Files that a base's trust rests on and that the change has replaced: it says the same words, and believes somebody else
 * (T-PP-08).
 */
export async function replacedTrustFiles(
  there: Policy,
  readThere: ReadNamed,
  root: string,
): Promise<readonly string[]> {
  const replaced: string[] = []
  for (const path of trustPaths(there)) {
    const before = await readThere(path, MAX_BYTES)
    if (!(await isSame(join(root, path), before))) replaced.push(path)
  }
  return replaced
}

async function isSame(path: string, bytes: Uint8Array): Promise<boolean> {
  if (!(await fileExists(path))) return false
  return Buffer.from(await readFileBytes(path, MAX_BYTES)).equals(bytes)
}

/** Trust material of one run. Each piece is loaded when something needs it, once, and never from the host of the data. */
export interface TrustShelf {
  /**
   * What may be needed for them; for a document that is not read yet, what anything of its form may need.
   *
   * @throws {CleanbillError} `TRUST_ROOT_INVALID`, `TRUST_ROOT_UNAVAILABLE`, `FILE_NOT_FOUND`
   */
  readonly trustFor: (evidence: readonly FetchedAttestation[] | UnreadDocument) => Promise<Trust>
  /** Keys with which registries sign their metadata; the same throws. */
  readonly registryKeys: () => Promise<RegistryKeys>
  /** Whose word on a rebuild counts. Also throws `KEY_INVALID`. */
  readonly rebuilderKey: () => Promise<TrustedKey>
}

const PUBLIC: readonly string[] = ['sigstore', 'github']
const MAX_BYTES = 8 * 1024 * 1024

/** Files below the project's root that the policy's trust rests on. */
function trustPaths({ trust }: Pick<Policy, 'trust'>): readonly string[] {
  const roots = trust.roots.filter((name) => !PUBLIC.includes(name))
  const keys = [trust.npmKeys, trust.ossRebuild].flatMap((path) => path ?? [])
  return [...roots, ...keys].filter((path) => !isAbsolute(path))
}

export function openTrust(request: TrustRequest, host: Host): TrustShelf {
  const { policy, root } = request
  const readNamed = request.readNamed ?? ((path: string, maxBytes: number) => readFileBytes(join(root, path), maxBytes))
  const read = async (name: string): Promise<TrustSource> => ({
    name,
    bytes: await (isAbsolute(name) ? readFileBytes(name) : readNamed(name, MAX_BYTES)),
  })
  const cache = { cachePath: request.cachePath ?? defaultCachePath(host), offline: request.offline, githubTufRoot }
  const names = request.trustedRoots.length > 0 ? request.trustedRoots : policy.trust.roots
  const own = once(async () => {
    const sources = await Promise.all(names.filter((name) => !PUBLIC.includes(name)).map(read))
    return sources.flatMap(({ bytes, name }) => parseTrustedRoots(bytes, name))
  })
  const instances = new Map(
    (['sigstore', 'github'] as const)
      .filter((instance) => names.includes(instance))
      .map((instance) => [
        instance,
        once(async () => {
          const { bytes, name, currentUntil } = await loadCachedRoot(instance, cache)
          return parseTrustedRoots(bytes, name, currentUntil)
        }),
      ]),
  )
  const npmKeys = once(async (): Promise<TrustSource> => {
    const path = request.npmKeys ?? policy.trust.npmKeys
    return path === undefined ? loadNpmKeys(cache) : read(path)
  })
  const trusts = new Map<string, Promise<Trust>>()

  async function load(needed: readonly PublicInstance[], keys: boolean): Promise<Trust> {
    const roots = [...(await own())]
    for (const instance of needed) roots.push(...((await instances.get(instance)?.()) ?? []))
    const source = keys ? await npmKeys() : undefined
    const named = request.keys ?? []
    const listed = source === undefined ? [] : parseNpmKeys(source.bytes, source.name, source.currentUntil)
    return {
      roots,
      keys: [...named, ...listed],
      rootCertificates: [],
      now: host.now(),
    }
  }
  return {
    trustFor: (evidence) => {
      const { from, signsWithKeys } = needsOf(evidence)
      const needed = instances.size === 0 ? [] : from()
      const keys = policy.trust.npmKeys !== undefined || signsWithKeys
      const id = `${needed.join(' ')} ${keys}`
      // One object for equal needs: what verifies with it may keep what it prepared.
      const trust = trusts.get(id) ?? load(needed, keys)
      trusts.set(id, trust)
      return trust
    },
    rebuilderKey: once(async () => {
      const { ossRebuild } = policy.trust
      return ossRebuild === undefined ? ossRebuildKey() : parsePublicKey((await read(ossRebuild)).bytes, ossRebuild)
    }),
    registryKeys: once(async () => {
      const { bytes, name } = await npmKeys()
      return {
        npm: parseRegistryKeys(bytes, name).signatures,
        sumdb: parseNoteKey(policy.trust.goSumdb ?? GO_SUMDB_KEY),
      }
    }),
  }
}

interface Needs {
  /** Public instances whose roots may know the signers. Certificates are read for it. */
  readonly from: () => readonly PublicInstance[]
  readonly signsWithKeys: boolean
}

/** npm takes provenance of the public instance and adds what its own key signed; PyPI takes the public instance only. */
function needsOf(evidence: readonly FetchedAttestation[] | UnreadDocument): Needs {
  if ('form' in evidence) return { from: () => ['sigstore'], signsWithKeys: evidence.form === 'npm' }
  return {
    from: () => [...new Set(evidence.flatMap((one) => instanceOf(one, { rootCertificates: [] }) ?? []))].sort(),
    signsWithKeys: evidence.some(({ form, key }) => form === 'npm' && key.kind === 'key'),
  }
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => {
    loading ??= load()
    return loading
  }
}
