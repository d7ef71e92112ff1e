import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EXPLAINED } from '../scripts/mutation/explained/index.ts'
import { loadMutants, ROOMS } from '../scripts/mutation/load-mutants.ts'
import { judge, staleKeys } from '../scripts/mutation/result.ts'

const ROOT = resolve(import.meta.dirname, '..')

describe('mutants', () => {
  it('an explanation is of a mutant that is still there', async () => {
    const { mutants } = await loadMutants(ROOT, Object.values(ROOMS))
    expect(mutants.length).toBeGreaterThan(10_000)
    expect(staleKeys(mutants, EXPLAINED)).toEqual([])
    expect(staleKeys(mutants, [{ why: 'it was removed', keys: ['src/policy/gone.ts f A: a → b'] }])).toHaveLength(1)
  })

  it('no mutant is explained twice', () => {
    const keys = EXPLAINED.flatMap((one) => one.keys)
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([])
  })

  it('a mutant that nothing kills and nothing explains fails the run, and so does a low score', async () => {
    const { mutants } = await loadMutants(ROOT, ['src/policy/limits.ts'])
    const [first, second, ...rest] = mutants
    if (first === undefined || second === undefined) throw new Error('there are no mutants')
    const caught = new Map(rest.map(({ id }) => [id, 'a test']))
    const explained = [{ why: 'nothing differs', keys: [first.key] }]

    const { complaints, closing } = judge({ mutants, outcome: { caught, red: [] }, explained })
    expect(complaints).toEqual([`survived, line ${second.line}: ${second.key}`])
    expect(closing).toMatch(/, 1 explained, 1 survived$/)

    const all = new Map(mutants.map(({ id }) => [id, 'a test']))
    expect(judge({ mutants, outcome: { caught: all, red: [] }, explained }).complaints).toEqual([
      `explained, and yet it is killed by a test: ${first.key}`,
    ])
    const none = judge({ mutants, outcome: { caught: new Map(), red: ['x'] }, explained: [] }).complaints
    expect(none).toHaveLength(mutants.length + 2)
    expect(none.at(-2)).toBe('fails without any change, so it says nothing: x')
    expect(none.at(-1)).toBe('src/policy: 0.0 %, less than 85 %')
  })

  it('a changed source asks which mutant it is', async () => {
    const { mutants, switched } = await loadMutants(ROOT, ['src/policy/pinned.ts'])
    const text = switched.get('src/policy/pinned.ts') ?? ''
    for (const { id } of mutants) expect(text).toContain(`("${id - 1}")`)
    expect(text).toContain('globalThis.isSwitchedOff?.(Number(id) + 1) === true')
  })
})
