import { expect, test } from 'vitest'
import { type Failure, type Patience, planRetry } from '../../src/io/retry-plan.ts'

const patience: Patience = {
  attempt: 1,
  maxAttempts: 5,
  nowMs: Date.UTC(2026, 0, 1),
  leftMs: 100_000,
  maxWaitMs: 60_000,
  backoffMs: 1_000,
  random: () => 0,
}
const failure = (status: number, headers: Failure['headers'] = {}, message = ''): Failure => ({
  status,
  headers,
  message,
})

test.each([500, 502, 503, 408, 0])('tries again after %i, with a pause that doubles', (status) => {
  expect(planRetry(failure(status), patience)).toEqual({ kind: 'wait', ms: 500 })
  expect(planRetry(failure(status), { ...patience, attempt: 3 })).toEqual({ kind: 'wait', ms: 2_000 })
})

test('spreads the pauses of many jobs', () => {
  expect(planRetry(failure(500), { ...patience, random: () => 0.999 })).toEqual({ kind: 'wait', ms: 1_000 })
})

test.each([400, 401, 403, 404, 409, 413, 422])('never repeats what was refused with %i', (status) => {
  expect(planRetry(failure(status), patience)).toEqual({ kind: 'stop' })
})

test('waits as long as the server asks, in seconds or until a date', () => {
  expect(planRetry(failure(429, { 'retry-after': '7' }), patience)).toEqual({ kind: 'wait', ms: 7_000 })
  expect(planRetry(failure(503, { 'retry-after': '2' }), patience)).toEqual({ kind: 'wait', ms: 2_000 })
  const date = new Date(patience.nowMs + 9_000).toUTCString()
  expect(planRetry(failure(429, { 'retry-after': date }), patience)).toEqual({ kind: 'wait', ms: 9_000 })
})

test('waits until the primary limit is reset, and one second more', () => {
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(patience.nowMs / 1000 + 20) }
  expect(planRetry(failure(403, headers), patience)).toEqual({ kind: 'wait', ms: 21_000 })
})

test('waits a minute for a secondary limit that names no time', () => {
  const limited = failure(403, {}, 'You have exceeded a secondary rate limit.')
  expect(planRetry(limited, patience)).toEqual({ kind: 'wait', ms: 60_000 })
})

test('does not wait longer than allowed, nor past the deadline, and says how long it would have been', () => {
  const limited = failure(429, { 'retry-after': '3600' })
  expect(planRetry(limited, patience)).toEqual({ kind: 'stop', asked: 3_600_000 })
  const soon = failure(429, { 'retry-after': '10' })
  expect(planRetry(soon, { ...patience, leftMs: 5_000 })).toEqual({ kind: 'stop', asked: 10_000 })
  expect(planRetry(failure(500), { ...patience, leftMs: 100 })).toEqual({ kind: 'stop' })
})

test('gives up after the last attempt', () => {
  expect(planRetry(failure(500), { ...patience, attempt: 5 })).toEqual({ kind: 'stop' })
})

test('a header that is no time falls back to the usual pause', () => {
  expect(planRetry(failure(503, { 'retry-after': 'soon' }), patience)).toEqual({ kind: 'wait', ms: 500 })
  expect(planRetry(failure(503, { 'retry-after': '-5' }), patience).kind).toBe('wait')
})
