import type { Dependency } from '../../model/dependency.ts'
import { type DigestSet, parseDigestValue } from '../../model/digest.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { entryOf } from '../entry.ts'
import {
  atLine,
  baseName,
  type Finder,
  type Found,
  folderOf,
  joinInside,
  leadsOut,
  malformed,
  type SourceFile,
} from '../finder.ts'
import { hubPage } from '../hub-reference.ts'
import { type JsonWithLines, parseJsonLines } from '../json-lines.ts'

/**
 * Croissant: the description of a data set in JSON-LD. Each `FileObject` is an entry; a `FileSet` is a choice among the
 * files of one. Source: docs.mlcommons.org/croissant, specification 1.0 and 1.1.
 */
export const croissant: Finder = {
  id: 'croissant',
  matches: (path) => /^(?:.*[._-])?croissant\.json(?:ld)?$/i.test(baseName(path)),
  find: findCroissant,
}

function findCroissant(file: SourceFile): Found {
  const json = parseJsonLines(file.bytes)
  const list = field(json.root, 'distribution')
  const distribution = isJsonObject(list) ? [list] : list
  if (!Array.isArray(distribution)) throw malformed('the description has no "distribution"', 1)
  // The bytes behind such a data set are other ones tomorrow, whatever the file says today.
  const live = field(json.root, 'isLiveDataset') === true
  const dependencies = distribution.flatMap((item: JsonValue): Dependency[] => {
    if (!isJsonObject(item)) throw malformed('a part of "distribution" is not an object', lineOfList(json))
    if (isFileSet(item)) return []
    return [readFileObject(file, json, item, live)]
  })
  return { dependencies }
}

function readFileObject(file: SourceFile, json: JsonWithLines, item: JsonObject, live: boolean): Dependency {
  const line = json.lineOf(item, Object.keys(item)[0] ?? '')
  const url = text(item, 'contentUrl')
  if (url === undefined) throw malformed('a FileObject has no contentUrl', line)
  const name = text(item, '@id') ?? text(item, 'name') ?? url
  const bytes = sizeOf(item)
  const common = {
    kind: 'dataset' as const,
    ecosystem: 'generic',
    name,
    location: url,
    digests: digestsOf(json, item, line),
    file: file.path,
    line,
    scope: 'runtime' as const,
    ...(bytes === undefined ? {} : { bytes }),
  }
  // Out of the archive that it is contained in, which is an entry of its own.
  if (field(item, 'containedIn') !== undefined) return entryOf({ ...common, source: 'bundled' })
  const hub = hubPage(url, { file: file.path, line, location: url })
  if (hub !== undefined) return hub
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) {
    const git = text(item, 'encodingFormat')?.startsWith('git+') === true
    const moves = live && Object.keys(common.digests).length === 0
    return entryOf({ ...common, source: git ? 'git' : moves ? 'dynamic' : 'url' })
  }
  const path = joinInside(folderOf(file.path), url)
  if (path === undefined) throw leadsOut(url, line)
  return entryOf({ ...common, location: path, source: 'file' })
}

/** The hub's own generator writes the address of an issue in place of a digest; that is none, and not a wrong one. */
const PLACEHOLDER = /^https:\/\/github\.com\/mlcommons\/croissant\/issues\/\d+$/

/** @throws {CleanbillError} `DIGEST_MALFORMED`: the specification's own examples have 32 and 40 digits (T-MF-15) */
function digestsOf(json: JsonWithLines, item: JsonObject, line: number): DigestSet {
  const digests: Record<string, string> = {}
  for (const algorithm of ['sha256', 'md5']) {
    const key = keyOf(item, algorithm)
    const value = key === undefined ? undefined : item[key]
    if (key === undefined || value === undefined || value === null) continue
    if (typeof value === 'string' && PLACEHOLDER.test(value)) continue
    digests[algorithm] = atLine(json.lineOf(item, key) || line, () => parseDigestValue(algorithm, value))
  }
  return digests
}

/** `contentSize` is text, mostly with a unit and rounded by whoever wrote it: only a number of bytes is exact. */
function sizeOf(item: JsonObject): number | undefined {
  const digits = /^(\d{1,15})(?:\s*(?:b|bytes))?$/i.exec(String(field(item, 'contentSize') ?? ''))?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function isFileSet(item: JsonObject): boolean {
  const type = field(item, '@type')
  const types = Array.isArray(type) ? type : [type]
  return types.some((one) => typeof one === 'string' && /(?:^|[:/#])FileSet$/.test(one))
}

/** JSON-LD may write a term with the prefix of its vocabulary: `sc:contentUrl`, `cr:distribution`. */
function keyOf(owner: JsonObject, name: string): string | undefined {
  return [name, `sc:${name}`, `cr:${name}`, `schema:${name}`].find((key) => Object.hasOwn(owner, key))
}

function field(owner: JsonObject, name: string): JsonValue | undefined {
  const key = keyOf(owner, name)
  return key === undefined ? undefined : owner[key]
}

function text(owner: JsonObject, name: string): string | undefined {
  const value = field(owner, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

const lineOfList = (json: JsonWithLines): number => json.lineOf(json.root, keyOf(json.root, 'distribution') ?? '')
