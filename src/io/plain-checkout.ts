import { lstat, mkdir, symlink } from 'node:fs/promises'
import { devNull } from 'node:os'
import { dirname, join } from 'node:path'
import { type OwnGit, OwnGitFailure } from './own-git.ts'

export interface PlainCheckoutLimits {
  readonly maxFiles: number
  /** Of all files together, as they lie there. */
  readonly maxBytes: number
}

interface Entry {
  /** The bytes of the name, one character each: it need not be text. */
  readonly path: string
  readonly size: number
}

const ENTRY = /^(\d{6}) (?:blob|commit) [0-9a-f]{40,64} +(-|\d+)\t(.+)$/s
const MAX_LISTING_BYTES = 512 * 1024 * 1024

/**
 * Attributes say how git writes a file: another end of line, another encoding, `$Id$`, a filter. The tree's own are the
 * stranger's, and would show us other bytes than those of the commit; these here have the last word.
 */
export const PLAIN_ATTRIBUTES = '* -text -eol -crlf -ident -filter -working-tree-encoding\n'

/**
 * Writes the files of a commit, each with the commit's own bytes, into the folder of a repository that we made. A symlink
 * is there as one and leads nowhere; a submodule is left out.
 *
 * @throws {OwnGitFailure} also when there is too much, or something did not get its place
 */
export async function checkOutPlain(
  git: OwnGit,
  folder: string,
  commit: string,
  limits: PlainCheckoutLimits,
): Promise<void> {
  const listing = ['ls-tree', '-r', '-l', '-z', '--full-tree', commit]
  const { files, links } = readListing(await git({ args: listing, maxBytes: MAX_LISTING_BYTES }), limits)
  // Refuses a tree with `.git`, `..` or what some file system takes for them.
  await git({ args: ['read-tree', commit] })
  const names = Buffer.from(files.map(({ path }) => `${path}\0`).join(''), 'latin1')
  await git({ args: ['checkout-index', '--quiet', '-z', '--stdin'], stdin: names, timeoutMs: 600_000 })
  const places = new Set<bigint>()
  for (const { path, size } of files) {
    const found = await lstat(place(folder, path), { bigint: true }).catch(() => undefined)
    // Two names that are one on this disk, a name too long: what is missing is not judged, so it must be said.
    if (!found?.isFile() || found.size !== BigInt(size) || places.has(found.ino)) {
      throw new OwnGitFailure(`${show(path)} cannot be written`)
    }
    places.add(found.ino)
  }
  for (const { path } of links) await link(folder, path)
}

function readListing(listing: Buffer, { maxFiles, maxBytes }: PlainCheckoutLimits) {
  const found = { files: [] as Entry[], links: [] as Entry[] }
  let bytes = 0
  for (const line of listing.toString('latin1').split('\0')) {
    if (line === '') continue
    const [, mode, size, path] = ENTRY.exec(line) ?? []
    if (mode === undefined || size === undefined || path === undefined) {
      throw new OwnGitFailure(`its tree cannot be read at ${show(line)}`)
    }
    if (mode === '160000') continue
    const list = mode === '120000' ? found.links : found.files
    list.push({ path, size: Number(size) })
    bytes += Number(size)
    if (found.files.length + found.links.length > maxFiles)
      throw new OwnGitFailure(`it has more than ${maxFiles} files`)
    if (bytes > maxBytes) throw new OwnGitFailure(`its files have more than ${maxBytes} bytes`)
  }
  return found
}

/**
 * Still a symlink, so that whoever reads the folder says what stands there, as in a checkout. Its target is of our
 * choice: below a device there is nothing, whatever else the commit has.
 */
async function link(folder: string, path: string): Promise<void> {
  try {
    await mkdir(dirname(join(folder, decode(path))), { recursive: true })
    await symlink(join(devNull, 'symlink'), place(folder, path))
  } catch {
    throw new OwnGitFailure(`the symlink ${show(path)} cannot be written`)
  }
}

const decode = (path: string) => Buffer.from(path, 'latin1').toString('utf8')
const place = (folder: string, path: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')])
const show = (path: string) => JSON.stringify(decode(path).slice(0, 200))
