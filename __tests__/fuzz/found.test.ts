import { describe, expect, it } from 'vitest'
import { runInput } from './engine/run-input.ts'
import type { Input } from './engine/target.ts'
import { TARGETS } from './targets/targets.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const numbered = (key: string, times: number): string =>
  Array.from({ length: times }, (_, number) => `${key}${number}: 1\n`).join('')

/** What the long run has found, shortened; each took too long, or ended in an error without a code. */
const FOUND: readonly (readonly [target: string, what: string, input: Input])[] = [
  ['discover/cargo-lock', 'a table in the place of the version', bytes('[[version]]\nn=[""]\n[[package]]\nname="a"\n')],
  ['discover/requirement', 'a name and thousands of tabs', `1e999${'\t'.repeat(4_000)}!`],
  ['discover/requirements', 'a place and nothing but number signs', bytes(`~${'#'.repeat(80_000)}\n`)],
  ['discover/pnpm-key', 'a key with a dot before every other sign', `${'.aa@1.0'.repeat(16_000)}`],
  ['discover/manifests', 'lines of nothing but blanks', bytes('\u2028('.repeat(12_000) + '\n'.repeat(60_000))],
  ['discover/action', 'question marks without end', bytes('? '.repeat(2_200))],
  ['policy/policy', 'tens of thousands of keys in one mapping', numbered('k', 30_000)],
  ['discover/yaml-lines', 'tens of thousands of keys in one mapping', bytes(numbered('k', 30_000))],
  ['policy/lock', 'thousands of brackets', `version: 1\nentries: ${'['.repeat(150_000)}`],
  ['publish/image-reference', 'a host that is a number too large for an address', '9254740993:0/b:c'],
]

describe('what was found once', () => {
  it.each(FOUND)('%s: %s', async (name, _, input) => {
    const target = TARGETS.find((one) => one.name === name)
    if (target === undefined) throw new Error(`there is no target ${name}`)
    expect(await runInput(target, input)).toBeUndefined()
  })
})
