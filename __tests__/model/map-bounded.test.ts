import { expect, it } from 'vitest'
import { mapBounded } from '../../src/model/map-bounded.ts'

it('maps in order, with no more at once than allowed, and begins in order', async () => {
  const [started, most] = [[] as number[], { now: 0, ever: 0 }]
  const results = await mapBounded([3, 1, 2, 0], 2, async (item, index) => {
    started.push(index)
    most.now += 1
    most.ever = Math.max(most.ever, most.now)
    for (let turn = 0; turn < item; turn++) await Promise.resolve()
    most.now -= 1
    return item * 10
  })
  expect(results).toStrictEqual([30, 10, 20, 0])
  expect([started, most.ever]).toStrictEqual([[0, 1, 2, 3], 2])
})

it('gives nothing back for nothing', async () => {
  expect(await mapBounded([], 2, () => Promise.resolve(1))).toStrictEqual([])
})

it('ends with the first fault', async () => {
  await expect(mapBounded([1, 2], 1, () => Promise.reject(new Error('x')))).rejects.toThrow('x')
})
