import { join, relative, sep } from 'node:path'
import { z } from 'zod'
import { parseStrictYaml } from '../../embedded/world/load-description.ts'
import { parseStory, type WorldStory } from '../../embedded/world/story.ts'
import { fileExists, listFiles, readFileBytes } from '../../io/files.ts'
import { CleanbillError } from '../../model/error.ts'
import { compareCodePoints, decodeUtf8, parseJson } from '../../model/json.ts'
import { type Expected, expectedSchema } from '../../model/museum-document.ts'

/** One incident, or one reading of it, as it lies in its folder. */
export interface Exhibit {
  /** Path of the folder from the museum's: `axios-2026-03/v1`. */
  readonly slug: string
  readonly folder: string
  readonly story: WorldStory
  /** The consumer's project, path → text. */
  readonly before: ReadonlyMap<string, string>
  /** What the change replaces or adds in it. */
  readonly after: ReadonlyMap<string, string>
  /** Undefined for an exhibit that is being written. */
  readonly expected: Expected | undefined
}

const WORLD = 'world.yaml'
/** Path → text, in one file each: this repository has no lock files that it does not use. */
export const BEFORE = 'before.yaml'
export const AFTER = 'after.yaml'
const treeSchema = z.record(z.string().regex(/^(?!\/)(?!.*\.\.)[\w./-]+$/, 'is no path in the project'), z.string())
const MAX_BYTES = 1024 * 1024

/**
 * Reads all exhibits below a folder, in the order of their names.
 *
 * @throws {CleanbillError} `INPUT_EMPTY`, `CONFIG_MALFORMED` with the file's line, `FILE_NOT_FOUND`
 */
export async function readExhibits(museum: string, wanted: readonly string[] = []): Promise<readonly Exhibit[]> {
  const files = (await listFiles(museum)).map((file) => relative(museum, join(museum, file)).split(sep).join('/'))
  const slugs = files
    .filter((file) => file.endsWith(`/${WORLD}`))
    .map((file) => file.slice(0, -WORLD.length - 1))
    .filter((slug) => wanted.length === 0 || wanted.some((one) => slug === one || slug.startsWith(`${one}/`)))
    .sort(compareCodePoints)
  const unknown = wanted.filter((one) => !slugs.some((slug) => slug === one || slug.startsWith(`${one}/`)))
  if (unknown.length > 0 || slugs.length === 0) {
    throw new CleanbillError(
      'INPUT_EMPTY',
      unknown.length > 0 ? `there is no exhibit ${unknown.join(', ')} in ${museum}` : `${museum} has no exhibit`,
      { hint: `An exhibit is a folder with a ${WORLD}.` },
    )
  }
  return Promise.all(slugs.map((slug) => readExhibit(museum, slug, files)))
}

async function readExhibit(museum: string, slug: string, files: readonly string[]): Promise<Exhibit> {
  const folder = join(museum, slug)
  const part = async (name: string): Promise<ReadonlyMap<string, string>> => {
    const file = `${slug}/${name}`
    if (!files.includes(file)) return new Map()
    return new Map(Object.entries(parseStrictYaml(await text(museum, file), file, treeSchema)))
  }
  const expected = join(folder, 'expected.json')
  return {
    slug,
    folder,
    story: parseStory(await text(museum, `${slug}/${WORLD}`), `${slug}/${WORLD}`),
    before: await part(BEFORE),
    after: await part(AFTER),
    expected: (await fileExists(expected))
      ? parseExpected(await readFileBytes(expected, MAX_BYTES), `${slug}/expected.json`)
      : undefined,
  }
}

const text = async (museum: string, file: string): Promise<string> =>
  decodeUtf8(await readFileBytes(join(museum, file), MAX_BYTES), file)

function parseExpected(bytes: Uint8Array, file: string): Expected {
  const parsed = expectedSchema.safeParse(parseJson(bytes, file))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new CleanbillError('CONFIG_MALFORMED', `${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, {
    file,
    hint: 'docs/museum.md says what an exhibit holds.',
  })
}
