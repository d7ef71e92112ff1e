import { type FileTree, openFolder, openOneFile } from '../io/file-tree.ts'
import type { Dependency, DiscoveredFile, Discovery, DiscoveryError, Notice } from '../model/dependency.ts'
import { CleanbillError } from '../model/error.ts'
import { compareCodePoints } from '../model/json.ts'
import { entryOf } from './entry.ts'
import { baseName, type Finder, type Include, malformed } from './finder.ts'
import { lfsPointer, looksLikePointer, MAX_POINTER_BYTES } from './finders/data-pointers.ts'
import { FINDERS } from './finders/index.ts'
import { isKnownUnread, isSkippedFolder } from './known-files.ts'
import { lfsPaths } from './lfs-paths.ts'
import { isLocked, manifestOf, unlockedNotice } from './manifests.ts'
import { decodeText } from './text.ts'

const MAX_FILES = 500_000
/** The largest lock of a public monorepo that was seen has 12 MB. */
const MAX_FILE_BYTES = 64 * 1024 * 1024

/**
 * Finds what a project depends on, from the files below one folder. Runs none of them.
 *
 * @throws {CleanbillError} `INPUT_EMPTY` when there is no dependency file at all; `FILE_NOT_FOUND`, `LIMIT_EXCEEDED`
 */
export async function findDependencies(root: string): Promise<Discovery> {
  return findInTree(await openFolder(root, { skip: isSkippedFolder, maxFiles: MAX_FILES }))
}

/**
 * As {@link findDependencies}, for one file; `path` is from `root`, with `/`.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID` when no dependency file has such a name
 */
export async function findInFile(root: string, path: string): Promise<Discovery> {
  const known = FINDERS.some((finder) => finder.matches(path)) || isKnownUnread(path) || manifestOf(path) !== undefined
  if (known) return findInTree(openOneFile(root, path))
  throw new CleanbillError('ARGUMENT_INVALID', `no dependency file is called ${JSON.stringify(path.slice(0, 200))}`, {
    hint: 'Name a folder, or a file under the name its package manager gives it.',
  })
}

/**
 * As {@link findDependencies}, of any tree: a gate reads the merge base out of git.
 *
 * A file that cannot be read is an error in its own row, and the rest is read all the same; whoever judges must not pass
 * while one row has an error.
 *
 * @throws {CleanbillError} `INPUT_EMPTY`
 */
export async function findInTree(tree: FileTree): Promise<Discovery> {
  const reading = new Reading(tree)
  for (const path of tree.paths) {
    const finder = FINDERS.find((candidate) => candidate.matches(path))
    if (finder !== undefined) await reading.readFile(path, finder)
    else if (isKnownUnread(path)) reading.addUnread(path)
  }
  for (const path of tree.links) reading.addLink(path)
  await reading.readIncludes()
  await reading.readPointers()
  await reading.readManifests()
  return reading.finish()
}

class Reading {
  readonly #tree: FileTree
  readonly #files = new Map<string, DiscoveredFile>()
  readonly #dependencies: Dependency[] = []
  readonly #notices: Notice[] = []
  readonly #pending: (Include & { readonly from: string })[] = []

  constructor(tree: FileTree) {
    this.#tree = tree
  }

  async readFile(path: string, finder: Finder, constraint = false): Promise<void> {
    try {
      const bytes = await this.#tree.read(path, MAX_FILE_BYTES)
      const { dependencies, notices = [], includes = [] } = finder.find({ path, bytes, constraint })
      this.#files.set(path, { path, finder: finder.id, dependencies: dependencies.length })
      for (const dependency of dependencies) this.#dependencies.push(dependency)
      this.#notices.push(...notices)
      this.#pending.push(...includes.map((include) => ({ ...include, from: path })))
    } catch (error) {
      this.#files.set(path, { path, finder: finder.id, dependencies: 0, error: toDiscoveryError(error) })
    }
  }

  addUnread(path: string): void {
    const entry = { kind: 'file', ecosystem: 'generic', name: path, location: path, scope: 'unspecified' } as const
    this.#dependencies.push(entryOf({ ...entry, source: 'unread', file: path, line: 1 }))
    this.#files.set(path, { path, dependencies: 1 })
  }

  /** A symlink with the name of a dependency file: an installer would follow it, so it is named. */
  addLink(path: string): void {
    const finder = FINDERS.find((candidate) => candidate.matches(path))
    if (finder === undefined && !isKnownUnread(path)) return
    const error = { code: 'PATH_UNSAFE', message: 'the file is a symlink, and none is followed' }
    this.#files.set(path, { path, finder: finder?.id, dependencies: 0, error })
  }

  /** Each file once, however many pull it in; what they pull in is read in turn. */
  async readIncludes(): Promise<void> {
    for (let include = this.#pending.shift(); include !== undefined; include = this.#pending.shift()) {
      const { paths, finder: id, from, line } = include
      const path = await this.#firstThere(paths)
      if (path === undefined) this.#addMissing(include)
      else if (!this.#files.has(path) || this.#files.get(path)?.finder === undefined) {
        const finder = FINDERS.find((candidate) => (id === undefined ? candidate.matches(path) : candidate.id === id))
        if (finder === undefined) throw new CleanbillError('INTERNAL_ERROR', `no finder for ${path} (${from}:${line})`)
        await this.readFile(path, finder, include.constraint)
      }
    }
  }

  async #firstThere(paths: readonly string[]): Promise<string | undefined> {
    for (const path of paths) if (await this.#tree.has(path)) return path
    return undefined
  }

  #addMissing({ paths, from, line, whenMissing }: Include & { readonly from: string }): void {
    const message = `${paths[0] ?? ''} is not in the tree`
    if (whenMissing === 'notice') {
      this.#notices.push({ code: 'LOCAL_MISSING', message, file: from, line })
      return
    }
    const file = this.#files.get(from)
    if (file !== undefined && file.error === undefined) {
      this.#files.set(from, { ...file, error: toDiscoveryError(malformed(message, line)) })
    }
  }

  /** Only where git-lfs is set up: to look for pointers everywhere would be to read every small file. */
  async readPointers(): Promise<void> {
    for (const attributes of this.#tree.paths.filter((path) => baseName(path) === '.gitattributes')) {
      try {
        const text = decodeText(await this.#tree.read(attributes, MAX_FILE_BYTES))
        const unread = lfsPaths(attributes, text, this.#tree.paths).filter((path) => !this.#files.has(path))
        for (const path of unread) await this.#readPointer(path)
      } catch (error) {
        this.#files.set(attributes, {
          path: attributes,
          finder: lfsPointer.id,
          dependencies: 0,
          error: toDiscoveryError(error),
        })
      }
    }
  }

  async #readPointer(path: string): Promise<void> {
    try {
      // The content itself lies there, not a pointer.
      if (!looksLikePointer(await this.#tree.read(path, MAX_POINTER_BYTES))) return
    } catch (error) {
      if (error instanceof CleanbillError && error.code === 'LIMIT_EXCEEDED') return
    }
    await this.readFile(path, lfsPointer)
  }

  async readManifests(): Promise<void> {
    for (const path of this.#tree.paths) {
      const manifest = manifestOf(path)
      if (manifest === undefined || isLocked(path, manifest, this.#soFar())) continue
      try {
        if (!manifest.wishes(await this.#tree.read(path, MAX_FILE_BYTES))) continue
        this.#notices.push(unlockedNotice(path, manifest))
        if (!this.#files.has(path)) this.#files.set(path, { path, finder: 'manifest', dependencies: 0 })
      } catch (error) {
        this.#files.set(path, { path, finder: 'manifest', dependencies: 0, error: toDiscoveryError(error) })
      }
    }
  }

  #soFar(): Pick<Discovery, 'files' | 'dependencies'> {
    return { files: [...this.#files.values()], dependencies: this.#dependencies }
  }

  finish(): Discovery {
    if (this.#files.size === 0) {
      throw new CleanbillError('INPUT_EMPTY', 'no dependency file was found: nothing was looked at', {
        hint: 'Name the folder of the project. A project without any dependency file has nothing to gate.',
      })
    }
    const files = [...this.#files.values()].sort((a, b) => compareCodePoints(a.path, b.path))
    const order = new Map(files.map(({ path }, index) => [path, index]))
    const place = ({ file }: { readonly file: string }) => order.get(file) ?? files.length
    const dependencies = this.#dependencies.toSorted((a, b) => place(a) - place(b))
    const total = files.reduce((sum, file) => sum + file.dependencies, 0)
    // The promise that nothing vanishes (T-AC-05), kept here and not left to each finder.
    if (total !== dependencies.length) {
      throw new CleanbillError('INTERNAL_ERROR', `${dependencies.length} entries were found, ${total} were counted`)
    }
    const notices = this.#notices.toSorted((a, b) => place(a) - place(b) || a.line - b.line)
    return { files, dependencies, notices, skipped: this.#tree.skipped }
  }
}

/** A parser that stumbles over a hostile file is a defect of ours; it costs that file its row, and never passes for empty. */
function toDiscoveryError(error: unknown): DiscoveryError {
  if (!(error instanceof CleanbillError)) {
    return { code: 'INTERNAL_ERROR', message: `unexpected fault: ${(error as Error)?.message ?? String(error)}` }
  }
  const { code, message, line } = error
  return { code, message, ...(line === undefined ? {} : { line }) }
}
