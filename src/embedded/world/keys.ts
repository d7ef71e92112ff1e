import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { pathKind, readFileBytes, toFileError, writeFileAtomic } from '../../io/files.ts'
import { CleanbillError } from '../../model/error.ts'
import { parseJson } from '../../model/json.ts'
import { type CertificateChains, createCertificateChains } from '../certificate-chains.ts'
import type { SigningKey } from '../state.ts'
import { toPem } from '../x509.ts'

/** A world remembers signatures this far back: nothing with keyless signatures is older. */
const YEARS_BACK = 10

const GITHUB_ORGANIZATION = 'Cleanbill simulated GitHub, for trials only'

/** Every one of them signs again after a restart, so that what was signed before it stays verifiable. */
const KEY_NAMES = [
  'fulcio',
  'timestamp',
  'rekor',
  'ctLog',
  'githubFulcio',
  'githubTimestamp',
  'npm',
  'sumdb',
  'rebuild',
] as const
type KeyName = (typeof KEY_NAMES)[number]

/** Everybody who signs in a world. */
export interface WorldKeys {
  /** Start of every certificate and key; years before the world's clock. */
  readonly createdAt: Date
  readonly keys: Readonly<Record<KeyName, SigningKey>>
  readonly sigstore: CertificateChains
  readonly github: CertificateChains
  /** What a client has to show to count as authenticated. Means nothing outside this world. */
  readonly token: string
}

const FILE = 'keys.json'

const chains = z.strictObject({ fulcio: z.array(z.string()).length(2), timestamp: z.array(z.string()).length(3) })
const document = z.strictObject({
  version: z.literal(1),
  createdAt: z.iso.datetime(),
  token: z.string().min(20),
  keys: z.record(z.enum(KEY_NAMES), z.string()),
  sigstore: chains,
  github: chains,
})

/**
 * Opens the keys of a world, or makes them where the folder has none.
 *
 * @throws {CleanbillError} `STATE_CHANGED` for a file that is not as it was written, `FILE_UNREADABLE`, `WRITE_FAILED`
 */
export async function openWorldKeys(folder: string, now: Date): Promise<WorldKeys> {
  const path = join(folder, FILE)
  if ((await pathKind(path)) !== undefined) return parseKeys(await readFileBytes(path), path)
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error) => Promise.reject(toFileError(error, folder)))
  const made = makeKeys(now)
  await writeFileAtomic(path, formatKeys(made), 0o600)
  return made
}

function makeKeys(now: Date): WorldKeys {
  const createdAt = new Date(Math.floor(now.getTime() / 1000) * 1000)
  createdAt.setUTCFullYear(createdAt.getUTCFullYear() - YEARS_BACK)
  const p256 = (): SigningKey => generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = {
    fulcio: p256(),
    timestamp: p256(),
    rekor: p256(),
    ctLog: p256(),
    githubFulcio: p256(),
    githubTimestamp: p256(),
    npm: p256(),
    sumdb: generateKeyPairSync('ed25519'),
    rebuild: p256(),
  }
  // The roots sign once and are forgotten.
  const roots = () => ({ fulcioRoot: p256(), timestampRoot: p256(), timestampIntermediate: p256() })
  const github = { ...roots(), fulcio: keys.githubFulcio, timestamp: keys.githubTimestamp }
  return {
    createdAt,
    keys,
    sigstore: createCertificateChains({ ...roots(), fulcio: keys.fulcio, timestamp: keys.timestamp }, createdAt),
    github: createCertificateChains(github, createdAt, GITHUB_ORGANIZATION),
    token: `world-${randomBytes(18).toString('hex')}`,
  }
}

function formatKeys({ createdAt, keys, sigstore, github, token }: WorldKeys): string {
  const pems = ({ fulcio, timestamp }: CertificateChains) => ({
    fulcio: fulcio.map((der) => toPem(der)),
    timestamp: timestamp.map((der) => toPem(der)),
  })
  const written = KEY_NAMES.map((name) => [name, keys[name].privateKey.export({ type: 'pkcs8', format: 'pem' })])
  const content: z.infer<typeof document> = {
    version: 1,
    createdAt: createdAt.toISOString(),
    token,
    keys: Object.fromEntries(written),
    sigstore: pems(sigstore),
    github: pems(github),
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

function parseKeys(bytes: Uint8Array, path: string): WorldKeys {
  try {
    const parsed = document.parse(parseJson(bytes, path))
    const key = (name: KeyName): SigningKey => {
      const privateKey = createPrivateKey(parsed.keys[name])
      return { privateKey, publicKey: createPublicKey(privateKey) }
    }
    const ders = ({ fulcio, timestamp }: z.infer<typeof chains>): CertificateChains => ({
      fulcio: fulcio.map((pem) => new X509Certificate(pem).raw),
      timestamp: timestamp.map((pem) => new X509Certificate(pem).raw),
    })
    return {
      createdAt: new Date(parsed.createdAt),
      // Sound: every name of the table gets its key, and the table is the type.
      keys: Object.fromEntries(KEY_NAMES.map((name) => [name, key(name)])) as Record<KeyName, SigningKey>,
      sigstore: ders(parsed.sigstore),
      github: ders(parsed.github),
      token: parsed.token,
    }
  } catch (cause) {
    throw new CleanbillError('STATE_CHANGED', `${path} does not hold the keys that were written`, {
      cause,
      hint: 'Name a new folder for the simulated world.',
    })
  }
}
