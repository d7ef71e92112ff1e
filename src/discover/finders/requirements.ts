import type { Dependency, Notice } from '../../model/dependency.ts'
import {
  baseName,
  type Finder,
  type Found,
  folderOf,
  type Include,
  joinInside,
  leadsOut,
  malformed,
  type SourceFile,
} from '../finder.ts'
import { commitOf, pythonEntry, pythonHash, registryOf } from '../python-entry.ts'
import { parseRequirement, type Requirement, type RequirementLine, requirementLines } from '../requirement-lines.ts'
import { decodeText } from '../text.ts'

/**
 * `requirements*.txt`, `*-requirements.txt`, `constraints*.txt` and what lies in a folder `requirements/`, with hashes,
 * continuations, `-r` and `-c`. Source: pip, "Requirements File Format".
 */
export const requirements: Finder = {
  id: 'requirements',
  matches: (path) =>
    /(?:^|[-_.])(?:requirements|constraints)(?:[-_.][^/]*)?\.txt$/i.test(baseName(path)) ||
    /(?:^|\/)requirements\/[^/]+\.txt$/i.test(path),
  find: findRequirements,
}

function findRequirements(given: SourceFile): Found {
  const file = { ...given, constraint: given.constraint === true || /constraints/i.test(baseName(given.path)) }
  const lines = requirementLines(decodeText(file.bytes))
  const parsed = lines.map((line) => ({ ...line, says: parseRequirement(line) }))
  const index = parsed.findLast(({ says }) => says.kind === 'index' && !says.extra)?.says
  const registry = registryOf(index?.kind === 'index' ? index.url : undefined)
  const dependencies = parsed.flatMap(({ says, line }) => readEntry(file, says, line, registry))
  return {
    dependencies,
    notices: [...parsed.flatMap(({ says, line }) => indexNotice(file, says, line)), ...looseNotice(file, dependencies)],
    includes: parsed.flatMap(({ says, line }) => readInclude(file, says, line)),
  }
}

function readEntry(
  { path, constraint }: SourceFile,
  says: Requirement,
  line: RequirementLine['line'],
  registry: { readonly registry?: string },
): Dependency[] {
  const common = { file: path, line, scope: constraint === true ? ('constraint' as const) : ('unspecified' as const) }
  if (says.kind === 'package') {
    const files = says.hashes.map((hash) => ({ digests: pythonHash(hash, line) }))
    return [pythonEntry({ ...common, name: says.name, version: says.version, files, source: 'registry', ...registry })]
  }
  if (says.kind === 'editable') return [placeEntry(common, undefined, says.location, [])]
  return says.kind === 'place' ? [placeEntry(common, says.name, says.location, says.hashes)] : []
}

type Common = Pick<Dependency, 'file' | 'line' | 'scope'>

/** The last part of this form after the first `#`. One pattern over all of it would look anew from each `#`. */
function fragment(location: string, form: RegExp): RegExpExecArray | undefined {
  const at = location.indexOf('#')
  const parts = at < 0 ? [] : location.slice(at + 1).split(/[#&]/)
  return parts.map((part) => form.exec(part)).findLast((match) => match !== null) ?? undefined
}

function placeEntry(
  common: Common,
  named: string | undefined,
  location: string,
  hashes: readonly string[],
): Dependency {
  const egg = fragment(location, /^egg=([A-Za-z0-9._-]+)/)?.[1]
  const name = named ?? egg ?? nameOfFile(location) ?? location
  if (/^(?:git|hg|svn|bzr)\+/.test(location)) {
    return pythonEntry({ ...common, name, source: 'git', location, ...commitOf(location.replace(/#.*$/, '')) })
  }
  // The hash of an archive may stand in its URL (PEP 503) or beside it.
  const [, algorithm, hex] = fragment(location, /^(sha256|sha384|sha512)=([0-9a-fA-F]+)/) ?? []
  const stated = algorithm === undefined ? hashes : [`${algorithm}:${hex}`, ...hashes]
  const files = stated.map((hash) => ({
    name: location
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1),
    digests: pythonHash(hash, common.line),
  }))
  const remote = /^https?:\/\//.test(location)
  return pythonEntry({
    ...common,
    name,
    source: remote ? 'url' : 'file',
    location: location.replace(/^file:/, ''),
    files,
  })
}

/** `name-1.0-py3-none-any.whl` and `name-1.0.tar.gz`: what stands before the first version. */
function nameOfFile(location: string): string | undefined {
  const base =
    location
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? ''
  return /^([A-Za-z0-9][A-Za-z0-9._-]*?)-\d[^/]*\.(?:whl|zip|tar\.\w+|tgz)$/.exec(base)?.[1]
}

function indexNotice({ path }: SourceFile, says: Requirement, line: number): Notice[] {
  if (says.kind !== 'index' || !says.extra) return []
  const message = `packages may also come from ${says.url}: pip takes the highest version that any of its indexes has`
  return [{ code: 'EXTRA_INDEX', message, hint: 'Name one index with --index-url.', file: path, line }]
}

/** One notice a file: without a version and a hash, a line is a wish. */
function looseNotice({ path, constraint }: SourceFile, dependencies: readonly Dependency[]): Notice[] {
  if (constraint === true) return []
  const registry = dependencies.filter(({ source }) => source === 'registry')
  const loose = registry.filter(({ version, files }) => version === undefined || (files ?? []).length === 0)
  const first = loose[0]
  if (first === undefined) return []
  return [
    {
      code: 'UNLOCKED_MANIFEST',
      message: `${loose.length} of ${registry.length} requirements name no exact version with a hash, ${first.name} first`,
      hint: 'Compile the file with hashes: uv pip compile --generate-hashes, or pip-compile --generate-hashes.',
      file: path,
      line: first.line,
    },
  ]
}

function readInclude({ path, constraint }: SourceFile, says: Requirement, line: number): Include[] {
  if (says.kind !== 'file') return []
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(says.path)) {
    throw malformed(
      `${JSON.stringify(says.path.slice(0, 100))} is fetched when pip runs: what it says is not known`,
      line,
    )
  }
  const target = joinInside(folderOf(path), says.path)
  if (target === undefined) throw leadsOut(says.path, line)
  return [
    {
      paths: [target],
      finder: 'requirements',
      line,
      constraint: says.constraint || constraint === true,
      whenMissing: 'error',
    },
  ]
}
