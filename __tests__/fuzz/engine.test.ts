import { describe, expect, it } from 'vitest'
import { CleanbillError } from '../../src/model/error.ts'
import { BOUNDS, type Bounds, cpuBoundOf, runInput } from './engine/run-input.ts'
import { textTarget } from './engine/target.ts'

const SMALL: Bounds = { cpuMs: 60, cpuMsPerKb: 4, waitMs: 100, memoryBytes: BOUNDS.memoryBytes }

/** Keeps the processor busy, not the clock. */
function burn(ms: number): void {
  const start = process.cpuUsage()
  for (;;) {
    const { user, system } = process.cpuUsage(start)
    if (user + system > ms * 1_000) return
  }
}

const targetOf = (run: (text: string) => unknown) => textTarget('engine/it', { covers: [], seeds: () => [''], run })
const kilobytes = (count: number) => 'x'.repeat(count * 1_000)
const ask = (run: (text: string) => unknown, text = '') => runInput(targetOf(run), text, SMALL)

describe('an input of a fuzz run', () => {
  it('may take longer the longer it is', async () => {
    const linear = (text: string) => burn(text.length / 1_000)
    expect(cpuBoundOf(kilobytes(100), SMALL)).toBe(460)
    for (const count of [1, 30, 150]) expect(await ask(linear, kilobytes(count))).toBeUndefined()
  })

  it('may not take the square of its length', async () => {
    const quadratic = (text: string) => burn((text.length / 1_000) ** 2 / 10)
    expect(await ask(quadratic, kilobytes(10))).toBeUndefined()
    expect(await ask(quadratic, kilobytes(100))).toMatchObject({ kind: 'slow' })
  })

  it('is not slow for waiting while others work', async () => {
    const busyMachine = () => new Promise((resolve) => setTimeout(resolve, 90))
    expect(await ask(busyMachine)).toBeUndefined()
  })

  it('is asked again before it is slow, or hangs', async () => {
    let asked = 0
    expect(await ask(() => (asked++ === 0 ? burn(150) : undefined))).toBeUndefined()
    expect(asked).toBe(2)
    const never = () => (asked++ === 2 ? new Promise(() => undefined) : undefined)
    expect(await ask(never)).toBeUndefined()
    expect(asked).toBe(4)
    expect(await ask(() => new Promise(() => undefined))).toMatchObject({ kind: 'hang' })
  })

  it('may end in an error with a code, and in no other', async () => {
    const coded = () => {
      throw new CleanbillError('JSON_MALFORMED', 'it is none')
    }
    const other = () => {
      throw new TypeError('it is undefined')
    }
    expect(await ask(coded)).toBeUndefined()
    expect(await ask(other)).toMatchObject({ kind: 'throws' })
  })
})
