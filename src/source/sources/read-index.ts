import type { Dependency } from '../../model/dependency.ts'
import type { SourceError } from '../../model/evidence.ts'
import { normalizePythonName } from '../../model/purl.ts'
import { statusError, unavailable } from '../answers.ts'
import type { SourceSession } from '../source.ts'
import { MAX_INDEX_BYTES, type PypiIndex, reduceIndex } from './pypi-index.ts'

const SOURCE = 'pypi'
const INDEX_TYPE = 'application/vnd.pypi.simple.v1+json'

export type Indexed =
  | { readonly kind: 'found'; readonly index: PypiIndex }
  | { readonly kind: 'none' }
  | { readonly kind: 'unavailable'; readonly error: SourceError }

/** What was read in a run, by project and version: register, lookup, history and archive ask for the same page. */
const read = new WeakMap<SourceSession, Map<string, Promise<Indexed>>>()

/** The page of a project, reduced to one version. Nothing is thrown for what the index does. */
export function readIndex(dependency: Dependency, session: SourceSession): Promise<Indexed> {
  const known = read.get(session) ?? new Map<string, Promise<Indexed>>()
  read.set(session, known)
  const key = `${normalizePythonName(dependency.name)} ${dependency.version}`
  const running = known.get(key) ?? askIndex(dependency, session)
  known.set(key, running)
  return running
}

async function askIndex({ name, version = '' }: Dependency, session: SourceSession): Promise<Indexed> {
  // PEP 508: letters, digits and the three signs, so that a name is one segment of a path and nothing else (T-AC-01).
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9])?$/.test(name) || version.length > 200) {
    const message = `${JSON.stringify(name.slice(0, 200))} cannot be a name at PyPI`
    return unavailable({ source: SOURCE, fault: 'unsupported', message })
  }
  const answer = await session.client.stream(
    {
      source: SOURCE,
      url: `${session.origin(SOURCE)}/simple/${normalizePythonName(name)}/`,
      headers: { accept: INDEX_TYPE },
      maxBytes: MAX_INDEX_BYTES,
    },
    (chunks) => reduceIndex(chunks, { name, version }),
  )
  if (answer.kind === 'failed') return unavailable(answer.error)
  if (answer.status === 404) return { kind: 'none' }
  if (answer.status !== 200 || answer.value === undefined) {
    return unavailable(statusError(SOURCE, answer.status, `the index of ${name}`))
  }
  return { kind: 'found', index: answer.value }
}
