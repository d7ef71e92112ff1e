import { createHash } from 'node:crypto'
import { directoryManifest } from '../model/build-provenance.ts'
import { CleanbillError, type Limit } from '../model/error.ts'
import { PROVENANCE_V1, parseProvenance } from '../model/predicates/provenance.ts'
import type { Statement, Subject } from '../model/statement.ts'
import { RUN_BUILD_TYPE } from '../model/uris.ts'
import type { ObservedDirectory } from './directory-root.ts'

/**
 * Compares the names in a directory with what was signed. The root that a subject carries is made of the digests alone:
 * whoever can rename files can give the weights of one model the name of another, or a script that of a configuration.
 * Provenance of ours carries beside it the digest of the manifest with the names, which is made again from the disk.
 *
 * @param subjects those that have the root of this directory; one of them must have the names too
 * @returns the limit `NAMES_NOT_SIGNED` where the statement says nothing about names
 * @throws {CleanbillError} `SUBJECT_MISMATCH`, `PREDICATE_MALFORMED`
 */
export function verifyDirectoryNames(
  statement: Statement,
  subjects: readonly Subject[],
  { files }: ObservedDirectory,
): Limit[] {
  const signed = subjects.map((subject) => ({ subject, digests: manifestDigests(statement, subject) }))
  if (signed.every(({ digests }) => digests.length === 0)) {
    return [
      {
        code: 'NAMES_NOT_SIGNED',
        message: 'The statement fixes the bytes of the files in their order, and not what the files are called.',
      },
    ]
  }
  const same = signed.some(({ subject, digests }) => {
    const sha256 = manifestDigest(subject, files)
    return digests.length > 0 && digests.every((digest) => digest === sha256)
  })
  if (same) return []
  throw new CleanbillError(
    'SUBJECT_MISMATCH',
    `the files of ${JSON.stringify((subjects[0]?.name ?? '').slice(0, 120))} are called otherwise than when it was signed`,
    {
      hint: 'The bytes are the signed ones, under other names. Fetch the directory again from where it was published.',
    },
  )
}

function manifestDigests({ predicateType, predicate }: Statement, { name }: Subject): (string | undefined)[] {
  if (predicateType !== PROVENANCE_V1) return []
  const { buildDefinition, runDetails } = parseProvenance(predicate)
  if (buildDefinition.buildType !== RUN_BUILD_TYPE || name === undefined) return []
  return (runDetails.byproducts ?? [])
    .filter(({ annotations }) => annotations?.role === 'output-manifest' && annotations.of === name)
    .map(({ digest }) => digest?.sha256)
}

function manifestDigest({ name = '', digest }: Subject, files: ObservedDirectory['files']): string | undefined {
  const manifest = directoryManifest({ role: '', path: name, kind: 'directory', digest, bytes: 0, files })
  return manifest && createHash('sha256').update(manifest.text).digest('hex')
}
