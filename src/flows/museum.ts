import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startWorld } from '../embedded/world/world.ts'
import type { ExhibitResult } from '../model/museum-document.ts'
import { readExhibits } from './museum/exhibit.ts'
import { compareWithExpected, playExhibit } from './museum/run-exhibit.ts'
import type { World } from './world.ts'

export interface MuseumRequest {
  /** Folder of the exhibits, absolute. */
  readonly museum: string
  /** Slugs; of an incident with several readings the name stands for all. Empty: every exhibit. */
  readonly exhibits: readonly string[]
}

/** Older than every incident: a certificate authority vouches for nothing that was signed before it was there. */
const OPENING = '2020-01-01T00:00:00Z'

/**
 * Plays every exhibit under all three profiles, in one simulated world on loopback, and compares each with its
 * `expected.json`. Nothing outside of this machine is asked.
 *
 * @param onExhibit called after each one
 * @throws {CleanbillError} `CONFIG_MALFORMED`, `INPUT_EMPTY`, `BASE_UNREADABLE` without git
 */
export async function runMuseum(
  { museum, exhibits }: MuseumRequest,
  outside: World,
  onExhibit: (result: ExhibitResult, done: number, total: number) => void = () => undefined,
): Promise<readonly ExhibitResult[]> {
  const all = await readExhibits(museum, exhibits)
  const scratch = await mkdtemp(join(tmpdir(), 'cleanbill-museum-'))
  let now = new Date(OPENING)
  const clock = () => now
  const { host } = outside
  // No variable of this machine reaches an exhibit, and no job that it happens to run in.
  const inside = { ...host, now: clock, cwd: scratch, env: { PATH: host.env.PATH } }
  const world: World = { ...outside, host: inside, github: undefined }
  try {
    await mkdir(join(scratch, 'world'))
    const simulated = await startWorld(
      { packages: [], repositories: [] },
      { stateDir: join(scratch, 'world'), clock, log: host.log.debug },
    )
    try {
      const setClock = (to: Date): void => {
        now = to
      }
      const results: ExhibitResult[] = []
      for (const exhibit of all) {
        const actual = await playExhibit(exhibit, { simulated, setClock, world, scratch })
        const { slug, story, expected } = exhibit
        const differences = compareWithExpected(actual, expected)
        const result = { slug, title: story.title, notCaught: story.notCaught, actual, differences }
        results.push(result)
        onExhibit(result, results.length, all.length)
      }
      return results
    } finally {
      await simulated.close()
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
