import type { Dependency } from '../../model/dependency.ts'
import { type DigestSet, parseDigestValue } from '../../model/digest.ts'
import { parseIntegrity } from '../../model/integrity.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { entryOf } from '../entry.ts'
import { atLine, type Finder, type Found, named, type SourceFile, unknownVersion } from '../finder.ts'
import { type JsonWithLines, objectAt, parseJsonLines } from '../json-lines.ts'

/**
 * `MODULE.bazel.lock`: hashes of the registry files that Bazel read, and the repositories that module extensions made.
 * A module with a `source.json` was chosen and fetched; one with a `MODULE.bazel` only was looked at. The hash is that of
 * the registry's file, which in turn names the archive. Source: bazelbuild/bazel `bzlmod/BazelLockFileValue.java`.
 */
export const bazelLock: Finder = { id: 'bazel-lock', matches: named('MODULE.bazel.lock'), find: findBazel }

function findBazel(file: SourceFile): Found {
  const json = parseJsonLines(file.bytes)
  const version = json.root.lockFileVersion
  // registryFileHashes came with version 10 (Bazel 7.2).
  if (typeof version !== 'number' || version < 10) {
    throw unknownVersion('MODULE.bazel.lock', version, json.lineOf(json.root, 'lockFileVersion'))
  }
  return { dependencies: [...readModules(file, json), ...readExtensions(file, json)] }
}

function readModules({ path }: SourceFile, json: JsonWithLines): Dependency[] {
  const hashes = objectAt(json, json.root, 'registryFileHashes') ?? {}
  const modules = new Map<string, Dependency>()
  for (const [url, hash] of Object.entries(hashes)) {
    const [, registry, name, version, kind] =
      /^(.+)\/modules\/([^/]+)\/([^/]+)\/(MODULE\.bazel|source\.json)$/.exec(url) ?? []
    // null: the registry has no such file.
    if (name === undefined || version === undefined || kind === undefined || typeof hash !== 'string') continue
    const line = json.lineOf(hashes, url)
    const digests = { sha256: atLine(line, () => parseDigestValue('sha256', hash)) }
    const key = `${registry} ${name} ${version}`
    const known = modules.get(key)
    const chosen = kind === 'source.json' || known?.scope === 'build'
    const elsewhere = registry === 'https://bcr.bazel.build' ? {} : { registry }
    const files = [...(known?.files ?? []), { name: kind, url, digests }]
    const common = { ecosystem: 'bazel', name, version, file: path, line: known?.line ?? line, files, ...elsewhere }
    modules.set(key, entryOf({ ...common, source: 'registry', scope: chosen ? 'build' : 'metadata' }))
  }
  return [...modules.values()]
}

/** Repository rules that name URLs: archives and files that an extension downloads. */
function readExtensions({ path }: SourceFile, json: JsonWithLines): Dependency[] {
  const found: Dependency[] = []
  const extensions = objectAt(json, json.root, 'moduleExtensions') ?? {}
  for (const extension of Object.values(extensions)) {
    for (const platform of Object.values(isJsonObject(extension) ? extension : {})) {
      const specs =
        isJsonObject(platform) && isJsonObject(platform.generatedRepoSpecs) ? platform.generatedRepoSpecs : {}
      for (const [name, spec] of Object.entries(specs)) {
        const entry = readSpec(path, name, spec, json.lineOf(specs, name))
        if (entry !== undefined) found.push(entry)
      }
    }
  }
  return found
}

function readSpec(file: string, name: string, spec: JsonValue, line: number): Dependency | undefined {
  const attributes = isJsonObject(spec) && isJsonObject(spec.attributes) ? spec.attributes : {}
  const { url, urls, remote, commit, tag } = attributes
  const common = { kind: 'file' as const, ecosystem: 'generic', name, file, line, scope: 'build' as const }
  if (typeof remote === 'string') {
    const pinned = typeof commit === 'string' && /^[0-9a-f]{40}$/.test(commit) ? { digests: { gitCommit: commit } } : {}
    return entryOf({ ...common, source: 'git', location: `${remote}#${String(commit ?? tag ?? '')}`, ...pinned })
  }
  const location =
    typeof url === 'string' ? url : Array.isArray(urls) ? urls.find((each) => typeof each === 'string') : undefined
  if (typeof location !== 'string') return undefined
  return entryOf({ ...common, source: 'url', location, digests: digestsOf(attributes, line) })
}

function digestsOf({ sha256, integrity }: JsonObject, line: number): DigestSet {
  if (typeof integrity === 'string' && integrity !== '') return atLine(line, () => parseIntegrity(integrity))
  if (typeof sha256 !== 'string' || sha256 === '') return {}
  return { sha256: atLine(line, () => parseDigestValue('sha256', sha256)) }
}
