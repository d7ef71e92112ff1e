import { describe, expect, it } from 'vitest'
import { formatAnnotations } from '../../src/report/annotations.ts'
import { FAILED, hostile, PASSED, UNCHANGED } from '../support/verdicts.ts'

/** As the runner reads a line: command, properties, data. Source: actions/runner `ActionCommand.cs`. */
function parse(line: string) {
  const [, command, properties = '', data] = /^::(\w+) ([^:]*)::(.*)$/.exec(line) ?? []
  const decode = (text: string) =>
    text.replace(/%3A/g, ':').replace(/%2C/g, ',').replace(/%0D/g, '\r').replace(/%0A/g, '\n').replace(/%25/g, '%')
  const pairs = properties.split(',').map((pair) => pair.split('='))
  return {
    command,
    properties: Object.fromEntries(pairs.map(([key = '', ...value]) => [key, decode(value.join('='))])),
    data: decode(data ?? ''),
  }
}

describe('annotations', () => {
  it('stand on the line that brought the dependency in, errors first', () => {
    const parsed = formatAnnotations(FAILED).map(parse)
    expect(parsed.map(({ command }) => command)).toStrictEqual([
      ...Array.from({ length: 3 }, () => 'error'),
      ...Array.from({ length: 5 }, () => 'warning'),
    ])
    expect(parsed[0]).toStrictEqual({
      command: 'error',
      properties: {
        file: 'package-lock.json',
        line: '812',
        title: 'Earlier versions were signed, this one is not (ATTESTATION_LOST)',
      },
      data: expect.stringMatching(/^axios 1\.14\.1: axios 1\.14\.0 had build provenance.*\nStay on 1\.14\.0/),
    })
  })
  it('name files from the root of the repository', () => {
    expect(parse(formatAnnotations(FAILED, 'web/')[0] ?? '').properties.file).toBe('web/package-lock.json')
  })
  it('are none where there is nothing to say', () => {
    expect(formatAnnotations(UNCHANGED)).toStrictEqual([])
  })
  it('speak of warnings also when the run passed, and never of what is merely unknown, noted or waived', () => {
    expect(formatAnnotations(PASSED).map((line) => parse(line).command)).toStrictEqual(Array(4).fill('warning'))
    expect(formatAnnotations(FAILED).join()).not.toMatch(/RUN_IN_PROGRESS|ATTESTATION_ABSENT/)
  })
  it('are at most ten of a kind, as many as GitHub shows; the rest is counted in one line', () => {
    const lines = formatAnnotations(hostile(5000))
    expect(lines).toHaveLength(21)
    expect(parse(lines[20] ?? '')).toMatchObject({
      command: 'notice',
      data: '4,990 more that fail and 4,990 more warnings: see the summary of this job',
    })
  })
  it('leave room for what the step says itself', () => {
    const lines = formatAnnotations(hostile(20), '', { errors: 9, warnings: 0 })
    expect(lines).toHaveLength(10)
    expect(lines[9]).toContain('11 more that fail and 20 more warnings')
  })
  it('are one command a line with its own file and line, whatever things are called', () => {
    for (const line of formatAnnotations(hostile(3), 'a,b:c%')) {
      expect(line).not.toMatch(/[\r\n\u001b\u202e\u2066]|\p{Cs}/u)
      const { command, properties, data } = parse(line)
      expect(['error', 'warning']).toContain(command)
      expect(Object.keys(properties)).toStrictEqual(['file', 'line', 'title'])
      expect(properties.file?.startsWith('a,b:c%/')).toBe(true)
      expect(properties.title).toBe('Signed by somebody else than before (SIGNER_CHANGED)')
      expect(data).toContain('::error::pwned')
    }
  })
})
