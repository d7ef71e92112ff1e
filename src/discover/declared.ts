import type { Dependency } from '../model/dependency.ts'
import { type DigestSet, parseDigestValue } from '../model/digest.ts'
import { CleanbillError } from '../model/error.ts'
import type { DeclaredInput } from '../model/policy.ts'
import { entryOf } from './entry.ts'
import { joinInside, leadsOut } from './finder.ts'
import { hubReference } from './hub-reference.ts'
import { imageEntry } from './image-entry.ts'
import { commitOf } from './python-entry.ts'

/**
 * Models and data sets that the policy names, or a step's inputs: `hf://org/name@COMMIT`, a path of the project, a URL
 * with its digest, `oci://…`, `git+https://…@COMMIT`. What moves (a branch, a tag, a URL without a digest) stays an entry.
 *
 * @param file the policy, for messages
 * @throws {CleanbillError} `POLICY_MALFORMED`, `DIGEST_MALFORMED`, `PATH_UNSAFE`, with file and line
 */
export function declaredDependencies(inputs: readonly DeclaredInput[], file: string): Dependency[] {
  return inputs.map((input) => {
    try {
      return declare(input, file)
    } catch (error) {
      if (!(error instanceof CleanbillError)) throw error
      const { code, message, hint } = error
      throw new CleanbillError(code, message, { hint, file, line: input.line, cause: error, as: 'usage' })
    }
  })
}

function declare(input: DeclaredInput, file: string): Dependency {
  const { ref, role, line } = input
  const entry = read(input, { file, line, location: ref })
  const digests: DigestSet = { ...entry.digests, ...sha256Of(input) }
  if (input.sha256 !== undefined && ('gitCommit' in digests || entry.ecosystem === 'oci')) {
    throw malformed(`${JSON.stringify(ref.slice(0, 200))} is no file, and its digest is not a sha256 of bytes`)
  }
  const bytes = input.bytes === undefined ? {} : { bytes: input.bytes }
  return { ...entry, digests, kind: entry.kind === 'file' ? role : entry.kind, ...bytes }
}

type Draft = Pick<Dependency, 'file' | 'line'> & { readonly location: string }

function read({ ref, role }: DeclaredInput, draft: Draft): Dependency {
  const common = { ...draft, kind: 'file' as const, ecosystem: 'generic', name: ref, scope: 'runtime' as const }
  if (ref.startsWith('hf://')) {
    const hub = hubReference(ref, role === 'dataset' ? 'dataset' : 'model', draft)
    if (hub !== undefined) return hub
    throw malformed(`${JSON.stringify(ref.slice(0, 200))} is not hf://[datasets/]ORG/NAME@COMMIT`)
  }
  if (ref.startsWith('oci://')) return imageEntry(ref, { file: draft.file, line: draft.line, scope: 'runtime' })
  if (/^git\+(?:https|ssh):\/\//.test(ref)) return entryOf({ ...common, source: 'git', ...commitOf(ref) })
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(ref)) {
    if (URL.canParse(ref) && !/^file:/i.test(ref)) return entryOf({ ...common, source: 'url' })
    throw malformed(`${JSON.stringify(ref.slice(0, 200))} is no URL that can be fetched`)
  }
  const path = joinInside('', ref)
  if (path === undefined) throw leadsOut(ref, draft.line)
  return entryOf({ ...common, name: path === '' ? '.' : path, location: path, source: 'file' })
}

/** 64 digits and nothing else: examples in public specifications have 32 and 40 under this name (T-MF-15). */
function sha256Of({ sha256 }: DeclaredInput): DigestSet {
  return sha256 === undefined ? {} : { sha256: parseDigestValue('sha256', sha256) }
}

function malformed(why: string): CleanbillError {
  return new CleanbillError('POLICY_MALFORMED', why)
}
