import { describe, expect, it } from 'vitest'
import type { Fact, RebuildFact } from '../../../src/model/facts.ts'
import { NOT_ASKED } from '../../../src/model/facts.ts'
import { askRule, factsOf, gist, known, subjectOf, unknown } from '../../support/subjects.ts'

const ask = (rebuild: Fact<RebuildFact>, setting = {}) =>
  gist(askRule('independent-rebuild', subjectOf({ facts: factsOf({ rebuild }) }), setting))
const WANTED = { requireFor: ['pkg:npm/@acme/*'] }

describe('independent-rebuild (R8)', () => {
  it('fires where a rebuild gives other bytes', () => {
    expect(ask(known('differs'))).toStrictEqual(['REBUILD_DIFFERS invalid'])
    expect(ask(known('matches'), WANTED)).toStrictEqual([])
  })

  it('misses a rebuild only where the policy wants one', () => {
    expect(ask(known('none'))).toStrictEqual([])
    expect(ask(known('none'), WANTED)).toStrictEqual(['REBUILD_MISSING'])
    expect(ask(known('none'), { requireFor: ['pkg:npm/other'] })).toStrictEqual([])
  })

  it('is silent only where nobody asked and nobody wants it', () => {
    expect(ask(unknown())).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask(NOT_ASKED)).toStrictEqual([])
    expect(ask(NOT_ASKED, WANTED)).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
  })
})
