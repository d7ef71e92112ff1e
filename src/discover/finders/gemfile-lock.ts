import type { Dependency } from '../../model/dependency.ts'
import { type DigestSet, parseDigestValue } from '../../model/digest.ts'
import { entryOf } from '../entry.ts'
import { atLine, type Finder, type Found, malformed, named, type SourceFile } from '../finder.ts'
import { commitOf } from '../python-entry.ts'
import { decodeText, refuseConflicts, splitLines } from '../text.ts'

/** `Gemfile.lock` and `gems.locked`. Source: rubygems/bundler `lockfile_parser.rb`. */
export const gemfileLock: Finder = {
  id: 'gemfile-lock',
  matches: named('Gemfile.lock', 'gems.locked'),
  find: findGems,
}

type Section = 'GEM' | 'GIT' | 'PATH' | 'PLUGIN SOURCE' | 'CHECKSUMS' | undefined

interface Spec {
  readonly name: string
  readonly version: string
  readonly line: number
  readonly section: Section
  readonly remote: string | undefined
  readonly revision: string | undefined
}

const OTHERS: ReadonlySet<string> = new Set(['PLATFORMS', 'DEPENDENCIES', 'RUBY VERSION', 'BUNDLED WITH'])

function findGems(file: SourceFile): Found {
  const text = decodeText(file.bytes)
  refuseConflicts(text)
  const specs: Spec[] = []
  const checksums = new Map<string, DigestSet>()
  let section: Section
  let remote: string | undefined
  let revision: string | undefined
  for (const [index, raw] of splitLines(text).entries()) {
    const line = index + 1
    if (/^\S/.test(raw)) {
      section = sectionOf(raw.trimEnd(), line)
      remote = undefined
      revision = undefined
    } else if (section === 'CHECKSUMS') readChecksum(checksums, raw, line)
    else if (section !== undefined) {
      remote = /^ {2}remote: (.+)$/.exec(raw)?.[1] ?? remote
      revision = /^ {2}revision: (.+)$/.exec(raw)?.[1] ?? revision
      const [, name, version] = /^ {4}(\S+) \(([^)]+)\)$/.exec(raw) ?? []
      if (name !== undefined && version !== undefined) specs.push({ name, version, line, section, remote, revision })
      else if (!/^(?: {2}\S.*| {6}\S.*|\s*)$/.test(raw))
        throw malformed('the line is not in the format of Gemfile.lock', line)
    }
  }
  return { dependencies: specs.map((spec) => toEntry(file.path, spec, checksums)) }
}

function sectionOf(heading: string, line: number): Section {
  if (OTHERS.has(heading)) return undefined
  if (['GEM', 'GIT', 'PATH', 'PLUGIN SOURCE', 'CHECKSUMS'].includes(heading)) return heading as Section
  throw malformed(`the section ${JSON.stringify(heading.slice(0, 40))} is none this program knows`, line)
}

/** A gem without `sha256=` is listed and not locked by bytes: bundler writes that for what it did not download. */
function readChecksum(checksums: Map<string, DigestSet>, raw: string, line: number): void {
  if (raw.trim() === '') return
  const [, name, version, hashes] = /^ {2}(\S+) \(([^)]+)\)(?: (\S+))?$/.exec(raw) ?? []
  if (name === undefined || version === undefined) throw malformed('the line is no checksum', line)
  const pairs = (hashes ?? '').split(',').filter((pair) => pair !== '')
  const digests = Object.fromEntries(
    pairs.map((pair) => {
      const [algorithm = '', value = ''] = pair.split('=')
      return [algorithm, atLine(line, () => parseDigestValue(algorithm, value))]
    }),
  )
  checksums.set(`${name} ${version}`, digests)
}

function toEntry(file: string, spec: Spec, checksums: ReadonlyMap<string, DigestSet>): Dependency {
  const { name, line, section, remote, revision } = spec
  // `1.2.3-x86_64-linux`: the platform belongs to the file, not to the version.
  const [, version = spec.version, platform] = /^([^-]+)-(.+)$/.exec(spec.version) ?? []
  const digests = checksums.get(`${name} ${spec.version}`) ?? {}
  const common = {
    ecosystem: 'gem',
    name,
    version,
    file,
    line,
    scope: 'unspecified' as const,
    qualifiers: { platform },
  }
  if (section === 'GIT')
    return entryOf({ ...common, source: 'git', location: `${remote ?? ''}#${revision ?? ''}`, ...commitOf(revision) })
  if (section === 'PATH') return entryOf({ ...common, source: 'workspace', location: remote ?? name })
  if (section === 'PLUGIN SOURCE') return entryOf({ ...common, source: 'url', location: remote })
  const elsewhere = remote === undefined || /^https:\/\/rubygems\.org\/?$/.test(remote) ? {} : { registry: remote }
  return entryOf({ ...common, source: 'registry', digests, ...elsewhere })
}
