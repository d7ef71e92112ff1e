import { expect, it } from 'vitest'
import { NO_EVIDENCE } from '../../src/model/evidence.ts'

it('no evidence says nothing, neither good nor bad, of an entry that no source speaks about', () => {
  const { registry, files, ...lists } = NO_EVIDENCE
  expect(registry).toStrictEqual({ kind: 'not-applicable' })
  expect(lists).toStrictEqual({ accepted: [], refused: [], silent: [], unavailable: [] })
  expect(files).toStrictEqual({ checked: 0, attested: 0, pinned: 0 })
})
