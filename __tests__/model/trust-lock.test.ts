import { expect, it } from 'vitest'
import { EMPTY_LOCK } from '../../src/model/trust-lock.ts'
import { formatTrustLock, parseTrustLock } from '../../src/policy/trust-lock.ts'

it('a lock that is empty is read as what it was written as, and accepts nobody', () => {
  expect(parseTrustLock(formatTrustLock(EMPTY_LOCK), 'cleanbill.lock')).toStrictEqual(EMPTY_LOCK)
  expect(EMPTY_LOCK.entries).toHaveLength(0)
})
