import type { Discovery, Notice } from '../model/dependency.ts'
import { isJsonObject } from '../model/json.ts'
import { baseName, folderOf, joinInside } from './finder.ts'
import { parseJsonLines } from './json-lines.ts'
import { decodeText } from './text.ts'
import { isTable, parseToml, type TomlTable, tableAt } from './toml-lines.ts'

/**
 * A manifest wishes for versions; the lock says which. One row a manifest. Blanks at the start of a line are those of that
 * line: a pattern that goes on over the line ends reads a file of blank lines again from each of them.
 */
interface Manifest {
  readonly matches: RegExp
  /** File names of locks, in the folder of the manifest or above it. */
  readonly locks: RegExp
  /** Does it wish for anything? Throws what the reader throws. */
  readonly wishes: (bytes: Uint8Array) => boolean
  readonly hint: string
}

const PYTHON_LOCKS =
  /^(?:uv\.lock|poetry\.lock|pdm\.lock|Pipfile\.lock|pylock(?:\.[^.]+)?\.toml|pixi\.lock|conda-lock\.yml|[\w.-]*requirements[\w.-]*\.txt)$/

export const MANIFESTS: readonly Manifest[] = [
  {
    matches: /^package\.json$/,
    locks: /^(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?|deno\.lock)$/,
    wishes: packageJsonWishes,
    hint: 'Commit the lock: npm install --package-lock-only.',
  },
  {
    matches: /^pyproject\.toml$/,
    locks: PYTHON_LOCKS,
    wishes: pyprojectWishes,
    hint: 'Commit a lock: uv lock, poetry lock, pdm lock, or pip lock.',
  },
  {
    matches: /^Pipfile$/,
    locks: /^Pipfile\.lock$/,
    wishes: (bytes) =>
      tomlHas(bytes, (root) => filled(tableAt(root, 'packages')) || filled(tableAt(root, 'dev-packages'))),
    hint: 'Commit Pipfile.lock: pipenv lock.',
  },
  {
    matches: /^requirements.*\.in$/,
    locks: /requirements.*\.txt$/,
    wishes: (bytes) => /^[ \t]*[A-Za-z0-9]/m.test(decodeText(bytes)),
    hint: 'Compile it: uv pip compile --generate-hashes, or pip-compile --generate-hashes.',
  },
  {
    matches: /^setup\.(?:py|cfg)$/,
    locks: PYTHON_LOCKS,
    wishes: (bytes) => /\binstall_requires\b/.test(decodeText(bytes)),
    hint: 'Commit a lock: uv lock, or requirements with hashes.',
  },
  {
    matches: /^Cargo\.toml$/,
    locks: /^Cargo\.lock$/,
    wishes: (bytes) => tomlHas(bytes, cargoWishes),
    hint: 'Commit Cargo.lock: cargo generate-lockfile.',
  },
  {
    matches: /^go\.mod$/,
    locks: /^go\.sum$/,
    wishes: (bytes) => /^[ \t]*require\b/m.test(decodeText(bytes)),
    hint: 'Commit go.sum: go mod tidy.',
  },
  {
    matches: /^(?:Gemfile|gems\.rb)$/,
    locks: /^(?:Gemfile\.lock|gems\.locked)$/,
    wishes: (bytes) => /^[ \t]*(?:gem|gemspec)\b/m.test(decodeText(bytes)),
    hint: 'Commit Gemfile.lock: bundle lock --add-checksums.',
  },
  {
    matches: /^pixi\.toml$/,
    locks: /^pixi\.lock$/,
    wishes: () => true,
    hint: 'Commit pixi.lock: pixi lock.',
  },
  {
    matches: /^MODULE\.bazel$/,
    locks: /^MODULE\.bazel\.lock$/,
    wishes: (bytes) => /^[ \t]*bazel_dep[ \t]*\(/m.test(decodeText(bytes)),
    hint: 'Commit MODULE.bazel.lock: bazel mod deps --lockfile_mode=update.',
  },
  {
    matches: /^build\.gradle(?:\.kts)?$/,
    locks: /^(?:gradle\.lockfile|verification-metadata\.xml|[\w.-]+\.lockfile)$/,
    wishes: (bytes) =>
      /\b(?:implementation|api|compileOnly|runtimeOnly|classpath|testImplementation)\b/.test(decodeText(bytes)),
    hint: 'Write locks: gradle dependencies --write-locks --write-verification-metadata sha256.',
  },
  {
    matches: /^composer\.json$/,
    locks: /^composer\.lock$/,
    wishes: (bytes) => jsonHas(bytes, ['require', 'require-dev']),
    hint: 'Commit composer.lock.',
  },
]

function packageJsonWishes(bytes: Uint8Array): boolean {
  return jsonHas(bytes, ['dependencies', 'devDependencies', 'optionalDependencies'])
}

function jsonHas(bytes: Uint8Array, keys: readonly string[]): boolean {
  const { root } = parseJsonLines(bytes)
  return keys.some((key) => isJsonObject(root[key]) && Object.keys(root[key]).length > 0)
}

function pyprojectWishes(bytes: Uint8Array): boolean {
  return tomlHas(bytes, (root) => {
    const project = tableAt(root, 'project')
    const poetry = tableAt(tableAt(root, 'tool'), 'poetry')
    const named = Object.keys(tableAt(poetry, 'dependencies')).filter((name) => name !== 'python')
    const listed = Array.isArray(project.dependencies) && project.dependencies.length > 0
    return (
      listed ||
      named.length > 0 ||
      filled(tableAt(root, 'dependency-groups')) ||
      filled(tableAt(project, 'optional-dependencies')) ||
      filled(tableAt(poetry, 'group'))
    )
  })
}

function cargoWishes(root: TomlTable): boolean {
  const sections = ['dependencies', 'dev-dependencies', 'build-dependencies']
  const targets = Object.values(tableAt(root, 'target')).filter(isTable)
  return [root, tableAt(root, 'workspace'), ...targets].some((at) => sections.some((name) => filled(tableAt(at, name))))
}

const filled = (table: TomlTable): boolean => Object.keys(table).length > 0

const tomlHas = (bytes: Uint8Array, has: (root: TomlTable) => boolean): boolean => has(parseToml(decodeText(bytes)))

export const manifestOf = (path: string): Manifest | undefined =>
  MANIFESTS.find(({ matches }) => matches.test(baseName(path)))

/**
 * Is there a lock for this manifest? One beside it; or one above it, when that lock names this folder as a member, or is
 * of a kind that does not name its members by path.
 */
export function isLocked(path: string, { locks }: Manifest, found: Pick<Discovery, 'files' | 'dependencies'>): boolean {
  const own = folderOf(path)
  for (let folder = own; ; folder = folderOf(folder)) {
    const here = found.files.filter((file) => folderOf(file.path) === folder && locks.test(baseName(file.path)))
    if (here.length > 0 && (folder === own || here.some((lock) => coversMember(lock.path, folder, own, found))))
      return true
    if (folder === '') return false
  }
}

const NAMES_MEMBERS = /^(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|bun\.lock|uv\.lock)$/

function coversMember(
  lock: string,
  folder: string,
  member: string,
  { dependencies }: Pick<Discovery, 'dependencies'>,
): boolean {
  const text = baseName(lock)
  if (!NAMES_MEMBERS.test(text)) return true
  return dependencies.some(
    ({ file, source, location }) =>
      file === lock &&
      (source === 'workspace' || source === 'link' || source === 'file') &&
      location !== undefined &&
      joinInside(folder, location) === member,
  )
}

export function unlockedNotice(path: string, { hint }: Manifest): Notice {
  return {
    code: 'UNLOCKED_MANIFEST',
    message: `${baseName(path)} asks for packages, and no lock says which`,
    hint,
    file: path,
    line: 1,
  }
}
