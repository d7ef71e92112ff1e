import type { Dependency } from '../../model/dependency.ts'
import { type DigestSet, parseDigestValue } from '../../model/digest.ts'
import { entryOf } from '../entry.ts'
import { atLine, type Finder, type Found, malformed, named, type SourceFile, unknownVersion } from '../finder.ts'
import { commitOf } from '../python-entry.ts'
import { parseTomlItems, type TomlTable, tableAt, textOf } from '../toml-lines.ts'

const CRATES_IO =
  /^(?:registry\+https:\/\/github\.com\/rust-lang\/crates\.io-index|sparse\+https:\/\/index\.crates\.io\/)$/

/** `Cargo.lock`, versions 1 to 4. Source: rust-lang/cargo `core/resolver/encode.rs`. */
export const cargoLock: Finder = { id: 'cargo-lock', matches: named('Cargo.lock'), find: findCargo }

function findCargo(file: SourceFile): Found {
  const { root, items } = parseTomlItems(file.bytes, 'package')
  // A table under this name is no number, and cannot be made one.
  const version = typeof root.version === 'object' ? Number.NaN : Number(root.version)
  if (root.version !== undefined && ![1, 2, 3, 4].includes(version)) throw unknownVersion('Cargo.lock', version, 1)
  const metadata = tableAt(root, 'metadata')
  return { dependencies: items.map(({ table, line }) => readPackage(file, table, line, metadata)) }
}

function readPackage({ path }: SourceFile, table: TomlTable, line: number, metadata: TomlTable): Dependency {
  const name = textOf(table.name)
  const version = textOf(table.version)
  if (name === undefined || version === undefined) throw malformed('the entry has no name or no version', line)
  const common = { ecosystem: 'cargo', name, version, file: path, line, scope: 'unspecified' as const }
  const source = textOf(table.source)
  // Without a source it lies in this tree: a member of the workspace, or a path dependency.
  if (source === undefined) return entryOf({ ...common, source: 'workspace', location: name })
  // Version 1 keeps all checksums in one table at the end.
  const checksum = textOf(table.checksum ?? metadata[`checksum ${name} ${version} (${source})`])
  const digests = checksumOf(checksum, line)
  if (source.startsWith('git+')) return entryOf({ ...common, source: 'git', location: source, ...commitOf(source) })
  if (!/^(?:registry|sparse)\+/.test(source)) {
    throw malformed(`the source ${JSON.stringify(source.slice(0, 100))} is none this program knows`, line)
  }
  const registry = CRATES_IO.test(source) ? {} : { registry: source.replace(/^(?:registry|sparse)\+/, '') }
  return entryOf({ ...common, source: 'registry', digests, ...registry })
}

/** `<none>` is what version 1 writes for a source without checksums. */
function checksumOf(checksum: string | undefined, line: number): DigestSet {
  if (checksum === undefined || checksum === '<none>') return {}
  return { sha256: atLine(line, () => parseDigestValue('sha256', checksum)) }
}
