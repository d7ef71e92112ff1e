import { createHash } from 'node:crypto'
import { encodeBase64 } from '../../model/base64.ts'
import { compareCodePoints } from '../../model/json.ts'
import { type ArchiveFiles, writeTar, writeTarGz, writeZip } from './archive-formats.ts'
import type { WorldEcosystem, WorldFile, WorldPackage } from './description.ts'
import type { ServedFile } from './state.ts'

/** The files of a version with digests and bytes: computed from what the world serves, unless the description says. */
export function serveFiles(pack: WorldPackage): readonly ServedFile[] {
  const files: readonly WorldFile[] = pack.files ?? [{ name: defaultFileName(pack) }]
  return files.map((file) => {
    if (file.digests !== undefined) return { ...file, digests: file.digests, content: undefined }
    const content = makeArchive(pack, file.name)
    return { ...file, bytes: file.bytes ?? content.length, digests: digestsOf(pack, file.name, content), content }
  })
}

function defaultFileName({ ecosystem, name, version }: WorldPackage): string {
  const base = name.split(/[/:]/).at(-1) ?? name
  const names: Readonly<Record<WorldEcosystem, string>> = {
    npm: `${base}-${version}.tgz`,
    pypi: `${distribution(name)}-${version}-py3-none-any.whl`,
    cargo: `${name}-${version}.crate`,
    go: `${version}.zip`,
    rubygems: `${name}-${version}.gem`,
    maven: `${base}-${version}.jar`,
  }
  return names[ecosystem]
}

/** Of a wheel's or source archive's file name (PyPA, binary distribution format: runs of `-_.` become `_`). */
const distribution = (name: string) => name.replace(/[-_.]+/g, '_').toLowerCase()

function makeArchive(pack: WorldPackage, fileName: string): Buffer {
  const { ecosystem, name, version } = pack
  const own = pack.archive ?? {}
  switch (ecosystem) {
    case 'npm':
      return writeTarGz(below('package', { ...npmFiles(pack), ...own }))
    case 'pypi':
      return fileName.endsWith('.whl')
        ? writeZip(wheelFiles(pack))
        : writeTarGz(below(`${distribution(name)}-${version}`, { 'PKG-INFO': metadata(pack), ...sources(pack) }))
    case 'cargo': {
      const manifest = `[package]\nname = "${name}"\nversion = "${version}"\n`
      return writeTarGz(below(`${name}-${version}`, { 'Cargo.toml': manifest, 'src/lib.rs': '', ...own }))
    }
    case 'go':
      return writeZip(below(`${name}@${version}`, { 'go.mod': `module ${name}\n`, ...own }))
    case 'rubygems': {
      const inner = writeTarGz({ [`lib/${name}.rb`]: `# ${name}\n`, ...own })
      return writeTar({ 'metadata.gz': writeTarGz({ metadata: `name: ${name}\n` }), 'data.tar.gz': inner })
    }
    case 'maven':
      return writeZip({ 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n', ...own })
  }
}

/** What lies in the repository of an honest release: the archive, without what packing adds to it. */
export function sourceFiles(pack: WorldPackage): Readonly<Record<string, string>> {
  if (pack.ecosystem === 'npm') return { ...npmFiles(pack), ...pack.archive }
  return pack.ecosystem === 'pypi' ? sources(pack) : (pack.archive ?? {})
}

function npmFiles({ name, version, scripts, dependencies }: WorldPackage): Readonly<Record<string, string>> {
  const manifest = {
    name,
    version,
    ...(scripts === undefined ? {} : { scripts }),
    ...(dependencies === undefined ? {} : { dependencies }),
  }
  return { 'package.json': `${JSON.stringify(manifest, null, 2)}\n`, 'index.js': `// ${name}\n` }
}

const sources = ({ name, archive }: WorldPackage): Readonly<Record<string, string>> =>
  archive ?? { [`${distribution(name)}/__init__.py`]: `# ${name}\n` }

function metadata({ name, version, dependencies }: WorldPackage): string {
  const requires = Object.entries(dependencies ?? {}).map(([other, range]) => `Requires-Dist: ${other}${range}`)
  return `${['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`, ...requires].join('\n')}\n`
}

/** A wheel as installers want it (PyPA, binary distribution format): its RECORD lists every member with its hash. */
function wheelFiles(pack: WorldPackage): ArchiveFiles {
  const folder = `${distribution(pack.name)}-${pack.version}.dist-info`
  const files: Record<string, string> = {
    ...sources(pack),
    [`${folder}/METADATA`]: metadata(pack),
    [`${folder}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: world\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    ...(pack.archive ?? {}),
  }
  const entryPoints = pack.scripts === undefined ? undefined : Object.entries(pack.scripts)
  if (entryPoints !== undefined) {
    const lines = entryPoints.map(([command, target]) => `${command} = ${target}`)
    files[`${folder}/entry_points.txt`] = `[console_scripts]\n${lines.join('\n')}\n`
  }
  const record = Object.entries(files).map(([path, content]) => {
    const hash = createHash('sha256').update(content).digest('base64url')
    return `${path},sha256=${hash},${Buffer.byteLength(content)}`
  })
  return { ...files, [`${folder}/RECORD`]: `${[...record, `${folder}/RECORD,,`].join('\n')}\n` }
}

function below(folder: string, files: ArchiveFiles): ArchiveFiles {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [`${folder}/${path}`, content]))
}

function digestsOf(pack: WorldPackage, fileName: string, content: Uint8Array): Readonly<Record<string, string>> {
  const hash = (algorithm: string) => createHash(algorithm).update(content).digest('hex')
  const both = { sha256: hash('sha256'), sha512: hash('sha512') }
  if (pack.ecosystem !== 'go' || !fileName.endsWith('.zip')) return both
  const { name, version, archive } = pack
  const files = below(`${name}@${version}`, { 'go.mod': `module ${name}\n`, ...(archive ?? {}) })
  return { ...both, dirHash: goDirHash(files) }
}

/** Go's `h1:` in hex (golang.org/x/mod `dirhash.Hash1`): SHA-256 over `sha256  path\n` of every file, sorted. */
export function goDirHash(files: ArchiveFiles): string {
  const lines = Object.entries(files)
    .toSorted(([a], [b]) => compareCodePoints(a, b))
    .map(([path, content]) => `${createHash('sha256').update(content).digest('hex')}  ${path}\n`)
  return createHash('sha256').update(lines.join('')).digest('hex')
}

/** Subresource Integrity of a file, the strongest digest there is; npm's `dist.integrity`. */
export function integrityOf({ digests }: ServedFile): string | undefined {
  const algorithm = ['sha512', 'sha384', 'sha256', 'sha1'].find((name) => digests[name] !== undefined)
  return algorithm === undefined
    ? undefined
    : `${algorithm}-${encodeBase64(Buffer.from(digests[algorithm] ?? '', 'hex'))}`
}
