import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asRepeat, expand, MAX_CASE_BYTES, readCase, UNDECIDED, writeCase } from './engine/case-folder.ts'
import { outcomeOf, runInput } from './engine/run-input.ts'
import type { Input, Target } from './engine/target.ts'
import { TARGETS } from './targets/targets.ts'

const CASES = join(import.meta.dirname, 'cases')
const FOLDERS = readdirSync(CASES)

function targetOf(name: string): Target {
  const target = TARGETS.find((one) => one.name === name)
  if (target === undefined) throw new Error(`there is no target ${name}`)
  return target
}

/** A target of texts gets the text, any other its bytes. */
const inputFor = ({ input: kind }: Target, input: Input): Input =>
  kind === 'text' || typeof input !== 'string' ? input : new TextEncoder().encode(input)

describe('what was found once', () => {
  it('is kept', () => {
    expect(FOLDERS.length).toBeGreaterThanOrEqual(10)
  })

  it.each(FOLDERS)('%s', async (folder) => {
    const { about, input } = readCase(join(CASES, folder))
    const target = targetOf(about.target)
    expect(await runInput(target, inputFor(target, input))).toBeUndefined()
    // A case that came from a run says `reads, or a code` still: which of the two is for its reviewer to write down.
    expect(await outcomeOf(target, inputFor(target, input))).toBe(about.expect)
  })

  it.each(FOLDERS)('%s is a folder that says what it is, and is small', (folder) => {
    const { about } = readCase(join(CASES, folder))
    expect(folder.startsWith(`${about.target.replaceAll('/', '-')}-`)).toBe(true)
    for (const text of [about.what, about.found, about.expect]) expect(text).toMatch(/\S/)
    const files = readdirSync(join(CASES, folder))
    expect(files).toHaveLength(about.repeat === undefined ? 2 : 1)
    for (const file of files) expect(statSync(join(CASES, folder, file)).size).toBeLessThanOrEqual(MAX_CASE_BYTES)
  })
})

describe('a finding', () => {
  const fault = { kind: 'slow', detail: 'took long' } as const

  it.each<[what: string, target: string, input: Input]>([
    ['a text', 'report/terminal', 'a\r\nb'],
    ['half a pair', 'report/terminal', 'a\ud800'],
    ['a document', 'discover/yaml-lines', new TextEncoder().encode('a: 1\n')],
    ['bytes', 'model/der', Uint8Array.of(0x30, 0x80, 0xff)],
    ['a long run', 'report/terminal', `a\ud800${'bc'.repeat(60_000)}${'\n'.repeat(70)}d`],
  ])('is written as a case that reads back: %s', (_, target, input) => {
    const folder = mkdtempSync(join(tmpdir(), 'cleanbill-case-'))
    try {
      writeCase(folder, { target, seed: 7, fault, input })
      const { about, input: again } = readCase(folder)
      expect(about).toMatchObject({ target, seed: 7, found: 'slow: took long', expect: UNDECIDED })
      expect(inputFor(targetOf(target), again)).toEqual(inputFor(targetOf(target), input))
      for (const file of readdirSync(folder))
        expect(statSync(join(folder, file)).size).toBeLessThanOrEqual(MAX_CASE_BYTES)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('that repeats itself is described, and any other is not', () => {
    expect(asRepeat(`~${'#'.repeat(80_000)}\n`)).toEqual([{ text: '~' }, { text: '#', times: 80_000 }, { text: '\n' }])
    expect(asRepeat('nothing in it is there twice')).toBeUndefined()
    expect(expand([{ text: 'k{n}: 1\n', times: 2, numbered: true }, { text: '{n}' }])).toBe('k0: 1\nk1: 1\n{n}')
  })
})
