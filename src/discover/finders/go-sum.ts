import { decodeBase64 } from '../../model/base64.ts'
import type { Dependency, Notice } from '../../model/dependency.ts'
import { entryOf } from '../entry.ts'
import { ambiguous, type Finder, type Found, malformed, named, type SourceFile } from '../finder.ts'
import { decodeText, splitLines } from '../text.ts'

/**
 * `go.sum` and `go.work.sum`: a line for the zip of a module version, a line for its `go.mod`. A version with the second
 * only was looked at while versions were chosen; nothing of it is built. Source: go.dev/ref/mod#go-sum-files.
 */
export const goSum: Finder = { id: 'go-sum', matches: named('go.sum', 'go.work.sum'), find: findGoSum }

interface Version {
  readonly name: string
  readonly version: string
  readonly line: number
  readonly hashes: { zip?: string; mod?: string }
}

function findGoSum({ path, bytes }: SourceFile): Found {
  const versions = new Map<string, Version>()
  for (const [index, raw] of splitLines(decodeText(bytes)).entries()) {
    if (raw.trim() !== '') readLine(versions, raw, index + 1)
  }
  return { dependencies: [...versions.values()].map((each) => toEntry(path, each)) }
}

function readLine(versions: Map<string, Version>, raw: string, line: number): void {
  const [, name, full, base64] = /^(\S+) (v\S+) h1:(\S+)$/.exec(raw.trimEnd()) ?? []
  if (name === undefined || full === undefined || base64 === undefined) {
    throw malformed('the line is not "module version h1:hash"', line)
  }
  const part = full.endsWith('/go.mod') ? 'mod' : 'zip'
  const version = full.replace(/\/go\.mod$/, '')
  const hex = hashOf(base64, line)
  const known = versions.get(`${name} ${version}`) ?? { name, version, line, hashes: {} }
  // go accepts any of several hashes for one zip: then the lock locks nothing.
  if (known.hashes[part] !== undefined && known.hashes[part] !== hex) {
    throw ambiguous(`${name.slice(0, 100)} ${version.slice(0, 60)} has two hashes`, line)
  }
  known.hashes[part] = hex
  versions.set(`${name} ${version}`, known)
}

function hashOf(base64: string, line: number): string {
  try {
    const hash = Buffer.from(decodeBase64(base64, 'a hash'))
    if (hash.length === 32) return hash.toString('hex')
  } catch {
    // Said below, with the line.
  }
  throw malformed('the hash is not 32 bytes of base64', line)
}

function toEntry(file: string, { name, version, line, hashes }: Version): Dependency {
  return entryOf({
    ecosystem: 'golang',
    name,
    version,
    file,
    line,
    scope: hashes.zip === undefined ? 'metadata' : 'unspecified',
    source: 'registry',
    digests: hashes.zip === undefined ? {} : { dirHash: hashes.zip },
    ...(hashes.mod === undefined ? {} : { files: [{ name: 'go.mod', digests: { dirHash: hashes.mod } }] }),
  })
}

/**
 * `go.mod`: the modules are entries of `go.sum`, so here only what that file cannot say is found: `replace` by a folder,
 * and the toolchain that `go` downloads by itself. Source: go.dev/ref/mod#go-mod-file.
 */
export const goMod: Finder = { id: 'go-mod', matches: named('go.mod', 'go.work'), find: findGoMod }

function findGoMod({ path, bytes }: SourceFile): Found {
  const dependencies: Dependency[] = []
  const notices: Notice[] = []
  let block: string | undefined
  for (const [index, raw] of splitLines(decodeText(bytes)).entries()) {
    const line = index + 1
    const text = raw.replace(/\/\/.*$/, '').trim()
    if (text === '') continue
    if (text === ')') {
      if (block === undefined) throw malformed('a bracket closes what was not open', line)
      block = undefined
      continue
    }
    const [, opened] = /^([a-z]+)\s*\($/.exec(text) ?? []
    if (opened !== undefined) {
      block = opened
      continue
    }
    const words = (block === undefined ? text : `${block} ${text}`).split(/\s+/)
    if (!DIRECTIVES.has(words[0] ?? ''))
      throw malformed(`go.mod has no directive ${JSON.stringify(words[0]?.slice(0, 40))}`, line)
    const found = readDirective(words, path, line)
    if (found !== undefined) dependencies.push(found)
  }
  if (block !== undefined) throw malformed(`the block "${block}" is not closed`)
  return { dependencies, notices }
}

const DIRECTIVES: ReadonlySet<string> = new Set([
  ...['module', 'go', 'toolchain', 'godebug', 'require', 'exclude', 'replace', 'retract', 'tool', 'use', 'ignore'],
])

function readDirective(
  [directive, first, ...rest]: readonly string[],
  file: string,
  line: number,
): Dependency | undefined {
  const common = { ecosystem: 'golang', file, line, scope: 'unspecified' as const }
  if (directive === 'toolchain' && first !== undefined && first !== 'default') {
    const version = first.replace(/^go/, '')
    return entryOf({ ...common, name: 'golang.org/toolchain', version, source: 'registry', scope: 'build' })
  }
  const target = directive === 'replace' ? rest[rest.indexOf('=>') + 1] : directive === 'use' ? first : undefined
  if (target === undefined || first === undefined || !/^(?:\.{0,2}\/|\.{1,2}$)/.test(target)) return undefined
  return entryOf({ ...common, name: first, source: directive === 'use' ? 'workspace' : 'link', location: target })
}
