import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenLog } from './log.ts'
import type { Beat } from './plan.ts'
import type { ScratchCopy } from './scratch-copy.ts'

/** How long one test may take with a check off before its worker is ended. */
export const BOUND_MS = 60_000

/** Ends workers in which a check that is off leads to no end, and says how far the others are. */
export function watch({ folder }: ScratchCopy, log: OpenLog, say: (line: string) => void): () => void {
  const known = new Set<string>()
  let turns = 0
  const timer = setInterval(() => {
    for (const name of readdirSync(folder).filter((one) => one.startsWith('beat-'))) {
      const beat = readBeat(join(folder, name))
      if (beat === undefined || beat.id === 0 || Date.now() - beat.since < BOUND_MS) continue
      const key = `${name} ${beat.since}`
      if (known.has(key)) continue
      known.add(key)
      if (!end(Number(name.slice('beat-'.length)))) continue
      log.write({ is: 'caught', id: beat.id, test: `${beat.test} (does not end within ${BOUND_MS / 1000} s)` })
    }
    if (++turns % 15 === 0) {
      const { caught, ended } = log.read()
      say(`${caught.size} caught, ${ended.size} test files done`)
    }
  }, 2000)
  return () => clearInterval(timer)
}

function readBeat(path: string): Beat | undefined {
  try {
    return statSync(path).size === 0 ? undefined : (JSON.parse(readFileSync(path, 'utf8')) as Beat)
  } catch {
    // Half written; the next look will do.
    return undefined
  }
}

function end(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}
