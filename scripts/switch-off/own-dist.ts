import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** File beside the programs with the path of the folder in which they and their tests talk about checks. */
export const POINTER = 'switches'

/** A folder with the built programs for this process alone. Links: they are many megabytes, and there is one a test file. */
export function ownDist(dist: string): string {
  const own = `${dist}-${process.pid}`
  if (existsSync(own)) return own
  mkdirSync(own)
  for (const one of readdirSync(dist, { withFileTypes: true })) {
    if (one.isFile()) linkSync(join(dist, one.name), join(own, one.name))
  }
  writeFileSync(join(own, POINTER), own)
  process.once('exit', () => rmSync(own, { recursive: true, force: true }))
  return own
}

/** Programs that start from now on have these checks off. */
export function turnOff(own: string, ids: readonly number[]): void {
  writeFileSync(join(own, 'off'), ids.join(' '))
}

/** The checks that programs came by since this was asked last. */
export function takeAsked(own: string): readonly number[] {
  const path = join(own, 'asked')
  if (!existsSync(path)) return []
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, '')
  return [
    ...new Set(
      text
        .split('\n')
        .filter((line) => line !== '')
        .map(Number),
    ),
  ]
}
