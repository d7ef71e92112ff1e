import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair as generateKeyPairCallback,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto'
import { chmod, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { pathKind, readFileBytes, toFileError, writeFileAtomic } from '../io/files.ts'
import { CleanbillError } from '../model/error.ts'
import { parseJson } from '../model/json.ts'
import { type CertificateChains, createCertificateChains } from './certificate-chains.ts'
import { toPem } from './x509.ts'

const generateKeyPair = promisify(generateKeyPairCallback)

/** Keys that go on signing. Those of the roots and of the TSA's intermediate are never stored: they sign once. */
const KEY_NAMES = ['fulcio', 'ctLog', 'rekorV1', 'rekorV2', 'timestamp', 'issuer'] as const
export type KeyName = (typeof KEY_NAMES)[number]

export interface SigningKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** What one embedded Sigstore is. Everything else in its folder follows from this, or is a log. */
export interface State {
  /** Whole second; start of every certificate and of every entry of the trusted root. */
  readonly createdAt: Date
  /** Public and random: tells this state's server from another program on the same port. */
  readonly instance: string
  /** Bearer token for the token endpoint. Secret. */
  readonly requestToken: string
  readonly keys: Readonly<Record<KeyName, SigningKey>>
  readonly certificates: CertificateChains
}

const STATE_FILE = 'state.json'

const document = z.strictObject({
  version: z.literal(1),
  createdAt: z.iso.datetime(),
  instance: z.string().regex(/^[0-9a-f]{32}$/),
  requestToken: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  keys: z.record(z.enum(KEY_NAMES), z.string()),
  certificates: z.strictObject({
    fulcio: z.array(z.string()).length(2),
    timestamp: z.array(z.string()).length(3),
  }),
})

/**
 * Opens the state in a folder, or makes one where the folder is absent or empty. The folder becomes 0700 and the file
 * 0600: whoever reads the keys can sign as anybody towards those who took over the trusted root.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID` for a folder that holds something else, `STATE_CHANGED` for a state
 *   that is not as it was written, `FILE_UNREADABLE`, `WRITE_FAILED`, `DISK_FULL`
 */
export async function openState(folder: string, now: Date): Promise<State> {
  const path = join(folder, STATE_FILE)
  if ((await pathKind(path)) === undefined) {
    await prepareFolder(folder)
    const state = await createState(now)
    await writeFileAtomic(path, formatState(state), 0o600)
    return state
  }
  await chmod(folder, 0o700).catch((error) => Promise.reject(toFileError(error, folder)))
  return parseState(await readFileBytes(path), path)
}

async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const foreign = (await readdir(folder)).filter((name) => !/^\..*\.tmp$/.test(name))
    if (foreign.length > 0) {
      throw new CleanbillError('ARGUMENT_INVALID', `${folder} holds other files`, {
        hint: 'Name a folder that does not exist yet, is empty, or is the state of an earlier run.',
      })
    }
    await chmod(folder, 0o700)
  } catch (error) {
    throw toFileError(error, folder)
  }
}

async function createState(now: Date): Promise<State> {
  const createdAt = new Date(Math.floor(now.getTime() / 1000) * 1000)
  const p256 = (): Promise<SigningKey> => generateKeyPair('ec', { namedCurve: 'P-256' })
  const keys = {
    fulcio: await p256(),
    ctLog: await p256(),
    rekorV1: await p256(),
    rekorV2: await generateKeyPair('ed25519'),
    timestamp: await p256(),
    // GitHub signs its tokens with RS256; so do we.
    issuer: await generateKeyPair('rsa', { modulusLength: 2048 }),
  }
  const once = { fulcioRoot: await p256(), timestampRoot: await p256(), timestampIntermediate: await p256() }
  return {
    createdAt,
    instance: randomBytes(16).toString('hex'),
    requestToken: randomBytes(32).toString('base64url'),
    keys,
    certificates: createCertificateChains({ ...once, fulcio: keys.fulcio, timestamp: keys.timestamp }, createdAt),
  }
}

function formatState(state: State): string {
  const keys = KEY_NAMES.map((name) => [name, state.keys[name].privateKey.export({ type: 'pkcs8', format: 'pem' })])
  const pems = (chain: readonly Uint8Array[]) => chain.map((der) => toPem(der))
  const content: z.infer<typeof document> = {
    version: 1,
    createdAt: state.createdAt.toISOString(),
    instance: state.instance,
    requestToken: state.requestToken,
    keys: Object.fromEntries(keys),
    certificates: { fulcio: pems(state.certificates.fulcio), timestamp: pems(state.certificates.timestamp) },
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

function parseState(bytes: Uint8Array, path: string): State {
  try {
    const { createdAt, instance, requestToken, keys, certificates } = document.parse(parseJson(bytes, path))
    const key = (name: KeyName): SigningKey => {
      const privateKey = createPrivateKey(keys[name])
      return { privateKey, publicKey: createPublicKey(privateKey) }
    }
    const ders = (chain: readonly string[]) => chain.map((pem) => new X509Certificate(pem).raw)
    const state: State = {
      createdAt: new Date(createdAt),
      instance,
      requestToken,
      keys: {
        fulcio: key('fulcio'),
        ctLog: key('ctLog'),
        rekorV1: key('rekorV1'),
        rekorV2: key('rekorV2'),
        timestamp: key('timestamp'),
        issuer: key('issuer'),
      },
      certificates: { fulcio: ders(certificates.fulcio), timestamp: ders(certificates.timestamp) },
    }
    requireOwnCertificate(state.certificates.fulcio[0], state.keys.fulcio)
    requireOwnCertificate(state.certificates.timestamp[0], state.keys.timestamp)
    return state
  } catch (cause) {
    throw new CleanbillError('STATE_CHANGED', `${path} is not the state that was written`, {
      cause,
      hint: 'Restore the folder, or name a new one: what was signed with the old one still verifies with its trusted_root.json.',
    })
  }
}

function requireOwnCertificate(certificate: Uint8Array | undefined, key: SigningKey): void {
  if (certificate === undefined || !new X509Certificate(certificate).checkPrivateKey(key.privateKey)) {
    throw new Error('a certificate belongs to another key')
  }
}
