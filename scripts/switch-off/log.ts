import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LogLine } from './plan.ts'

type Slow = Extract<LogLine, { is: 'slow' }>

/** What all workers have reported so far. */
export interface Log {
  /** By check: the test that went red. */
  readonly caught: ReadonlyMap<number, string>
  /** By test: a check without which it goes red. */
  readonly needs: ReadonlyMap<string, number>
  /** Tests that fail with every check on, and files that cannot be loaded. */
  readonly red: readonly string[]
  readonly slow: readonly Slow[]
  /** Files whose tests have all run, in this round. */
  readonly ended: ReadonlySet<string>
  /** By check: files in which it was asked outside of any test's body. */
  readonly outside: ReadonlyMap<number, readonly string[]>
  /** By file: how long its tests take. */
  readonly took: ReadonlyMap<string, number>
}

export interface OpenLog {
  readonly read: () => Log
  readonly write: (line: LogLine) => void
}

/** The file that workers append to, read on from where it was read to. */
export function openLog(folder: string): OpenLog {
  const path = join(folder, 'log')
  const caught = new Map<number, string>()
  const needs = new Map<string, number>()
  const red: string[] = []
  const slow: Slow[] = []
  const ended = new Set<string>()
  const outside = new Map<number, string[]>()
  const took = new Map<string, number>()
  let from = 0
  const take = (line: LogLine): void => {
    if (line.is === 'caught' && !caught.has(line.id)) caught.set(line.id, line.test)
    if (line.is === 'caught' && !needs.has(line.test)) needs.set(line.test, line.id)
    if (line.is === 'red' && !red.includes(line.test)) red.push(line.test)
    if (line.is === 'slow') slow.push(line)
    if (line.is === 'again') ended.clear()
    if (line.is !== 'end') return
    ended.add(line.file)
    took.set(line.file, line.tookMs)
    for (const id of line.outside) outside.set(id, [...new Set([...(outside.get(id) ?? []), line.file])])
  }
  return {
    read: () => {
      const text = readFileSync(path, 'utf8')
      const to = text.lastIndexOf('\n') + 1
      for (const line of text.slice(from, to).split('\n')) if (line !== '') take(JSON.parse(line) as LogLine)
      from = to
      return { caught, needs, red, slow, ended, outside, took }
    },
    write: (line) => writeFileSync(path, `${JSON.stringify(line)}\n`, { flag: 'a' }),
  }
}
