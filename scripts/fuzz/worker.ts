import { ftruncateSync, openSync, writeSync } from 'node:fs'
import { runInput } from '../../__tests__/fuzz/engine/run-input.ts'
import { runSlice } from '../../__tests__/fuzz/engine/run-slice.ts'
import type { Input, Target } from '../../__tests__/fuzz/engine/target.ts'
import { TARGETS } from '../../__tests__/fuzz/targets/targets.ts'
import type { Order, Report } from './messages.ts'

/** Runs slices for `pool.ts`. Each input lies in a file before it is tried: whoever ends this process reads it there. */
const [inputFile = ''] = process.argv.slice(2)
const current = openSync(inputFile, 'w')

function keep(input: Input): void {
  const bytes = typeof input === 'string' ? Buffer.from(JSON.stringify(input)) : input
  ftruncateSync(current)
  writeSync(current, bytes, 0, bytes.length, 0)
}

const say = (report: Report): void => void process.send?.(report)

function targetOf(name: string): Target {
  const target = TARGETS.find((one) => one.name === name)
  if (target === undefined) throw new RangeError(`no target ${name}`)
  return target
}

async function obey(order: Order): Promise<Report> {
  const target = targetOf(order.target)
  if (order.kind === 'input') {
    keep(order.input)
    const fault = await runInput(target, order.input)
    return { kind: 'done', inputs: 1, ...(fault === undefined ? {} : { fault }) }
  }
  const { seed, maxMs } = order
  const { inputs, finding } = await runSlice(target, { seed, maxMs, inputs: 1_000_000, before: keep })
  return { kind: 'done', inputs, ...finding }
}

// Whatever is thrown past the target, later, ends the process, and that is a finding of the input in the file.
process.on('message', (order: Order) => {
  obey(order).then(say, (error: Error) => say({ kind: 'broken', why: error.stack ?? error.message }))
})
process.on('disconnect', () => process.exit(0))
say({ kind: 'ready', targets: TARGETS.map(({ name }) => name) })
