import { describe, expect, it } from 'vitest'
import { compareDiscoveries } from '../../../src/flows/gate/changes.ts'
import type { Dependency, Discovery } from '../../../src/model/dependency.ts'
import { dependencyOf } from '../../support/subjects.ts'

const of = (version: string, more: Partial<Dependency> = {}) => dependencyOf(`pkg:npm/axios@${version}`, more)
const discovery = (...dependencies: Dependency[]): Discovery => ({ files: [], dependencies, notices: [], skipped: [] })

/** For each entry of the head: what it takes the place of, `added` or `unchanged`. */
const compare = (base: readonly Dependency[], head: readonly Dependency[]) =>
  compareDiscoveries(discovery(...head), discovery(...base)).map(({ change, previous }) => previous?.version ?? change)

describe('compareDiscoveries', () => {
  it('finds an entry unchanged by its content, wherever it stands now', () => {
    expect(compare([of('1.0.0')], [of('1.0.0', { line: 99, file: 'sub/package-lock.json' })])).toStrictEqual([
      'unchanged',
    ])
    expect(compare([of('1.0.0')], [of('1.0.0', { digests: { sha512: 'b'.repeat(128) } })])).toStrictEqual(['1.0.0'])
    expect(compare([], [of('1.0.0')])).toStrictEqual(['added'])
    expect(compare([dependencyOf('pkg:npm/other@1.0.0')], [of('1.0.0')])).toStrictEqual(['added'])
  })

  it('compares one of several versions with the one that is gone, not with the one that stays', () => {
    const before = [of('1.14.0'), of('0.30.3')]
    expect(compare(before, [of('1.14.0'), of('0.30.4')])).toStrictEqual(['unchanged', '0.30.3'])
    expect(compare(before, [of('1.14.1'), of('0.30.3')])).toStrictEqual(['1.14.0', 'unchanged'])
    expect(compare(before, [of('1.14.1'), of('0.30.4')])).toStrictEqual(['1.14.0', '0.30.3'])
  })

  it('takes the same release line before another one, then the highest version below', () => {
    const before = ['0.29.0', '0.30.1', '0.30.3', '0.30.9', '1.0.0'].map((version) => of(version))
    expect(compare(before, [of('0.30.4')])).toStrictEqual(['0.30.3'])
    expect(compare([of('0.30.9'), of('0.30.7')], [of('0.30.4')])).toStrictEqual(['0.30.7'])
    expect(compare([of('1.0.0'), of('2.0.0')], [of('3.0.0')])).toStrictEqual(['2.0.0'])
  })

  it('takes the same file and the same alias before both', () => {
    const other = of('1.0.1', { file: 'sub/package-lock.json' })
    expect(compare([other, of('1.0.0')], [of('1.0.2')])).toStrictEqual(['1.0.0'])
    const aliased = of('1.0.1', { alias: 'http' })
    expect(compare([aliased, of('0.9.0')], [of('1.0.2')])).toStrictEqual(['0.9.0'])
    expect(compare([of('0.9.0'), aliased], [of('1.0.2', { alias: 'http' })])).toStrictEqual(['1.0.1'])
  })

  it('compares a version that comes beside one that stays with that one', () => {
    expect(compare([of('1.0.0')], [of('1.0.0'), of('1.0.1')])).toStrictEqual(['unchanged', '1.0.0'])
  })
})
