import { expect, it } from 'vitest'
import { noAttestationStore } from '../../src/model/no-store.ts'

it('a repository without a store is told why, and the three ways that are left', () => {
  const error = noAttestationStore('the plan has none')
  expect(error).toMatchObject({ code: 'STORE_NOT_AVAILABLE', class: 'usage' })
  expect(error.message).toContain('the plan has none')
  for (const way of ['signing-config', 'signing-key', 'allow-public-log']) expect(error.hint).toContain(way)
})
