import { basename } from 'node:path'
import { listFiles, readFileBytes } from '../../io/files.ts'
import type { FetchedAttestation, FetchedDocument } from '../../model/attestation.ts'
import { parseAttestations } from '../../model/bundle.ts'
import { type DigestSet, digestsMatch } from '../../model/digest.ts'
import { isCleanbillError } from '../../model/error.ts'
import type { Lookup, Target } from '../../model/evidence.ts'
import { parseStatement } from '../../model/statement.ts'
import type { Source } from '../../source/source.ts'

/** Id of the source in lookups. */
export const FOLDER = 'folder'
const ENDINGS = /\.(?:json|jsonl|sig|sigstore|provenance)$/
const MAX_FILES = 20_000

interface Filed {
  readonly subjects: readonly DigestSet[]
  readonly document: FetchedDocument
}

/**
 * `--evidence DIR`: attestations that lie in a folder, for machines without a network and for what no registry has. They
 * are filed by the digests that their payloads name; that is only how they are found, each is verified like any other.
 *
 * @throws {CleanbillError} what reading the folder throws
 */
export async function folderSource(folder: string, warn: (message: string) => void): Promise<Source> {
  const filed: Filed[] = []
  const names = (await listFiles(folder, { onSymlink: () => undefined })).filter((name) => ENDINGS.test(name))
  for (const name of names.slice(0, MAX_FILES)) {
    try {
      const document = parseAttestations(await readFileBytes(`${folder}/${name}`), basename(name))
      filed.push({ document, subjects: document.attestations.flatMap(subjectsOf) })
    } catch (error) {
      if (!isCleanbillError(error)) throw error
      // Beside evidence lie other documents; one that is damaged must not pass for one that is not there.
      warn(`${name} in the evidence folder cannot be read (${error.code}): ${error.message}`)
    }
  }
  const lookup = async ({ digests }: Target): Promise<Lookup> => {
    const found = filed.filter(({ subjects }) => subjects.some((subject) => digestsMatch(subject, digests, STRONG)))
    if (found.length === 0) return { kind: 'none', source: FOLDER }
    return { kind: 'found', source: FOLDER, documents: found.map(({ document }) => document) }
  }
  return { id: FOLDER, covers: () => true, lookup }
}

const STRONG = ['sha256', 'sha384', 'sha512', 'gitCommit'] as const

function subjectsOf({ content }: FetchedAttestation): readonly DigestSet[] {
  if (content.kind === 'message') return [{ [content.algorithm]: Buffer.from(content.digest).toString('hex') }]
  try {
    return parseStatement(content.payload).subject.map(({ digest }) => digest)
  } catch (error) {
    if (isCleanbillError(error)) return []
    throw error
  }
}
