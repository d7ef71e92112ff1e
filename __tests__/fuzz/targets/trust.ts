import { CleanbillError } from '../../../src/model/error.ts'
import { parseStatement } from '../../../src/model/statement.ts'
import { GO_SUMDB_KEY, parseNoteKey, verifyChecksumEntry, verifyNote } from '../../../src/verify/signed-note.ts'
import {
  parseNpmKeys,
  parsePublicKey,
  parseRegistryKeys,
  parseRootCertificates,
  parseTrustedRoots,
} from '../../../src/verify/trust-material.ts'
import { findSubjects } from '../../../src/verify/verify-subject.ts'
import { authority, issueCertificate } from '../../support/certificates.ts'
import { keyPair } from '../../support/real-signer.ts'
import { documentTarget, jsonSeeds, type Target, textTarget } from '../engine/target.ts'
import { STATEMENT } from './bundle-seeds.ts'
import { recordedWorld } from './recorded-world.ts'

const FILE = 'src/verify/trust-material.ts'
const NOTE = 'src/verify/signed-note.ts'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const HELD = { name: 'a.txt', kind: 'file', digests: [{ sha256: 'a'.repeat(64) }] } as const

function npmKeys(): readonly unknown[] {
  const raw = keyPair().pem.replace(/-----[^-]+-----|\s/g, '')
  return [
    { keys: [{ keyid: 'SHA256:a', keytype: 'ecdsa-sha2-nistp256', scheme: 'a', key: raw, expires: null }] },
    {
      keys: ['npm:signatures', 'npm:attestations'].map((keyUsage) => ({
        keyId: 'SHA256:b',
        keyUsage,
        publicKey: {
          rawBytes: raw,
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
          validFor: { start: '2022-01-01T00:00:00Z' },
        },
      })),
    },
  ]
}

/** A note that holds nothing, by nobody: whatever is made of it must be refused. */
const noteSeeds = () => {
  const root = base64(Buffer.alloc(32, 1))
  const line = `\u2014 sum.golang.org ${base64(Buffer.concat([Buffer.from('033de0ae', 'hex'), Buffer.alloc(64)]))}`
  return [`go.sum database tree\n42\n${root}\n\n${line}\n`, `a\n\nb\n\n\u2014 other.example AAAAAAAA\n${line}\n`]
}

export const TRUST: readonly Target[] = [
  documentTarget('verify/trusted-roots', {
    covers: [`${FILE} parseTrustedRoots`],
    seeds: async () => {
      const { roots } = await recordedWorld()
      return [...roots, roots.map((root) => JSON.stringify(JSON.parse(root))).join('\n')]
    },
    run: (bytes) => parseTrustedRoots(bytes, 'it'),
    complain: (roots) => (roots.length > 0 ? undefined : 'no root, and no error'),
  }),
  documentTarget('verify/public-key', {
    covers: [`${FILE} parsePublicKey`],
    seeds: () => [keyPair().pem, keyPair('P-384').pem],
    run: (bytes) => parsePublicKey(bytes, 'it'),
  }),
  documentTarget('verify/npm-keys', {
    covers: [`${FILE} parseNpmKeys`, `${FILE} parseRegistryKeys`],
    seeds: jsonSeeds(...npmKeys()),
    run: (bytes) => [parseRegistryKeys(bytes, 'it'), parseNpmKeys(bytes, 'it')],
  }),
  documentTarget('verify/root-certificates', {
    covers: [`${FILE} parseRootCertificates`],
    seeds: () => [issueCertificate({ extensions: [authority] }).pem + issueCertificate({ commonName: 'b' }).pem],
    run: (bytes) => parseRootCertificates(bytes, 'it'),
  }),
  documentTarget('verify/subjects', {
    covers: ['src/verify/verify-subject.ts findSubjects'],
    seeds: jsonSeeds(STATEMENT, { ...STATEMENT, subject: [{ name: 'pkg:npm/a@1', digest: HELD.digests[0] }] }),
    run: (bytes) => findSubjects(parseStatement(bytes), HELD),
    complain: (subjects) =>
      subjects.every(({ digest }) => digest.sha256?.toLowerCase() === HELD.digests[0].sha256)
        ? undefined
        : 'is another file',
  }),
  textTarget('verify/note-key', {
    covers: [`${NOTE} parseNoteKey`],
    seeds: () => [GO_SUMDB_KEY],
    run: parseNoteKey,
  }),
  textTarget('verify/note', {
    covers: [],
    seeds: noteSeeds,
    run: (text) => {
      const key = parseNoteKey(GO_SUMDB_KEY)
      refused(() => verifyChecksumEntry({ records: text, signed: text, index: '1', proof: [text] }, key))
      return verifyNote(text, key)
    },
    complain: () => 'a note that nobody signed holds',
  }),
]

function refused(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (error instanceof CleanbillError) return
    throw error
  }
  throw new Error('it holds')
}
