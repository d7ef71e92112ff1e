import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenLog } from './log.ts'
import type { Beat } from './plan.ts'
import type { ScratchCopy } from './scratch-copy.ts'

/** How long one test may take with a check off before its worker is ended. */
export const BOUND_MS = 60_000
/** The same where tests start programs, one after the other: those have a bound of their own. */
export const BUILT_BOUND_MS = 600_000

/** Ends workers in which a check that is off leads to no end, and says how far the others are. */
export function watch({ folder }: ScratchCopy, log: OpenLog, say: (line: string) => void, boundMs: number): () => void {
  const known = new Set<string>()
  let turns = 0
  const timer = setInterval(() => {
    for (const name of readdirSync(folder).filter((one) => one.startsWith('beat-'))) {
      const beat = readBeat(join(folder, name))
      if (beat === undefined || beat.id === 0 || Date.now() - beat.since < boundMs) continue
      const key = `${name} ${beat.since}`
      if (known.has(key)) continue
      known.add(key)
      if (!end(Number(name.slice('beat-'.length)))) continue
      log.write({ is: 'caught', id: beat.id, test: `${beat.test} (does not end within ${boundMs / 1000} s)` })
    }
    if (++turns % 15 === 0) {
      const { caught, needs, ended } = log.read()
      say(`${caught.size} caught, ${needs.size} tests went red, ${ended.size} test files done`)
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
