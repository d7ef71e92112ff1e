import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FINDERS } from '../../src/discover/finders/index.ts'
import { CASES, caseNames, type Outcome, runCase } from './case-trees.ts'

const expected = (name: string): Outcome =>
  JSON.parse(readFileSync(join(CASES, name, 'expected.json'), 'utf8')) as Outcome

describe('a case of discover', () => {
  it.each(caseNames())('%s comes out as its folder says', async (name) => {
    expect(await runCase(name)).toStrictEqual(expected(name))
  })

  it.each(caseNames())('%s says what it is about, and fails if and only if it is called so', (name) => {
    expect(readFileSync(join(CASES, name, 'README.md'), 'utf8').length).toBeGreaterThan(20)
    const { failed = [] } = expected(name)
    if (name.endsWith('_fail')) expect(failed.length).toBeGreaterThan(0)
    // The one case of a tree in which most can be read and one file cannot.
    else expect(failed.length).toBe(name === 'present-but-unread' ? 1 : 0)
  })

  it('marks each line of the workflow that installs outside a lock, and no other', () => {
    const name = 'workflow-installs'
    const text = readFileSync(join(CASES, name, 'tree.yaml'), 'utf8')
      .split('\n')
      .slice(2)
    const marked = text.flatMap((line, index) => (line.includes('# found') ? [index + 1] : []))
    const found = (expected(name).notices ?? []).map((notice) => Number(notice.split(':').at(-1)))
    // Two commands go over more than one line, where no mark fits.
    expect(found.filter((line) => !marked.includes(line)).length).toBe(2)
    expect(marked.filter((line) => !found.includes(line))).toStrictEqual([])
  })

  it.each(['workflow-jobs', 'workflow-skippable-gate'])('marks each line that is found in %s, and no other', (name) => {
    const text = readFileSync(join(CASES, name, 'tree.yaml'), 'utf8')
      .split('\n')
      .slice(2)
    const marked = text.flatMap((line, index) => (line.includes('# found') ? [index + 1] : []))
    const found = (expected(name).notices ?? []).filter((notice) => !notice.startsWith('UNLOCKED_INSTALL'))
    const lines = found.map((notice) => Number(notice.split(':').at(-1)))
    expect(lines.sort((a, b) => a - b)).toStrictEqual(marked)
  })

  it('exists for every finder', () => {
    const read = caseNames().flatMap((name) => {
      const { entries = [], failed = [] } = expected(name)
      return [
        ...entries.map((entry) => entry.split(':')[0] ?? ''),
        ...failed.map((line) => /\s(.*):/.exec(line)?.[1] ?? ''),
      ]
    })
    const unused = FINDERS.filter(({ id, matches }) => id !== 'git-lfs' && !read.some((path) => matches(path)))
    expect(unused.map(({ id }) => id)).toStrictEqual([])
    expect(existsSync(join(CASES, 'data-pointers'))).toBe(true)
  })
})
