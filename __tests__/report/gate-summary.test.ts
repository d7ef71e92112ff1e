import { describe, expect, it } from 'vitest'
import { LineBudget, utf8Length } from '../../src/report/cut.ts'
import { encodePath, markdownPlace } from '../../src/report/gate-markdown.ts'
import { formatGateSummary } from '../../src/report/gate-summary.ts'
import { EVIL, FAILED, HOSTILE_META, hostile, META, PASSED, UNCHANGED } from '../support/verdicts.ts'

const view = { server: 'https://github.com', repository: 'acme/app', commit: 'ab'.repeat(20), folder: 'web' }

/** What is left of Markdown once everything that we wrote ourselves is gone: nothing that a reader's browser would act on. */
function expectHarmless(text: string): void {
  const own = text
    .replaceAll('<!-- -->', '')
    .replace(/\]\(https:\/\/github\.com\/[\w/.#%-]*\)/g, ']')
    .replace(/<\/?(?:code|sub|details|summary|br)>/g, '')
  expect(own).not.toMatch(/[<>]/)
  expect(own).not.toMatch(/@|:\/\/|www\.|javascript:[^c]|!\[/)
  expect(own).not.toMatch(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200d\u2028-\u202e\u2060-\u206f\ufeff]|\p{Cs}/u,
  )
  // Brackets are our own links only: what was inside is escaped.
  expect(own.replace(/\[[^[\]\n]*\]/g, '')).not.toMatch(/[[\]`]/)
  for (const line of own.split('\n')) {
    if (line.startsWith('| ')) expect(line.match(/\|/g)?.length).toBeLessThanOrEqual(5)
    expect(line).not.toMatch(/^::/)
  }
}

const balanced = (text: string) =>
  expect(text.match(/<details>/g)?.length ?? 0).toBe(text.match(/<\/details>/g)?.length ?? 0)

describe('the job summary of gate', () => {
  it('has counts first, then what to do, then the table, then details', () => {
    expect(formatGateSummary(FAILED, META, view)).toMatchSnapshot()
  })
  it('is short about what passed', () => {
    const text = formatGateSummary(PASSED, META, view)
    expect(text.split('\n').slice(0, 5)).toStrictEqual([
      '## ✅ Gate passed, with 4 things to know',
      '',
      '**214 dependencies: 4 unsupported, 184 registered, 26 verified**',
      '',
      'profile **recommended**',
    ])
    expect(text).not.toContain('What to do')
  })
  it('says that nothing changed, with the number that was found', () => {
    expect(formatGateSummary(UNCHANGED, META).split('\n').slice(0, 3)).toStrictEqual([
      '## ✅ Gate passed: no dependency changed',
      '',
      '**1,204 dependencies found, 0 changed since origin/main: nothing to judge**',
    ])
  })
  it('counts what fails by dependency, and names the pipeline apart', () => {
    const pipeline = FAILED.findings.slice(0, 1).map((one) => ({ ...one, level: 'fail' as const }))
    expect(formatGateSummary({ ...FAILED, findings: [...FAILED.findings, ...pipeline] }, META)).toContain(
      '## ❌ Gate failed: 3 of 7 dependencies, and the pipeline itself',
    )
    expect(formatGateSummary({ ...FAILED, findings: pipeline }, META).split('\n')[0]).toBe('## ❌ Gate failed')
  })

  it.each([0, 1, 3])('is harmless, whatever things are called, with %d of them', (size) => {
    const text = formatGateSummary(hostile(size), HOSTILE_META, view)
    expectHarmless(text)
    balanced(text)
  })

  it('stays under 1 MiB with 5,000 findings, whole folds, and says that it is cut', () => {
    const text = formatGateSummary(hostile(5000), HOSTILE_META, view)
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024)
    expect(text).toContain('more in the JSON document')
    expect(text).toContain('5,000 dependencies: 5,000 changed')
    balanced(text)
    expectHarmless(text)
  })

  it.each([2_000, 8_000, 20_000, 60_000])('keeps to %d bytes, with the limits at its end', (max) => {
    const text = formatGateSummary(hostile(200), META, view, max + 6_000)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(max + 6_000)
    expect(text).toContain('**Cut here:')
    expect(text).toContain('What this does not prove (1)')
    balanced(text)
  })
})

describe('a place in Markdown', () => {
  it('is a link into the folder that was judged', () => {
    expect(markdownPlace({ file: 'package-lock.json', line: 3 }, view)).toContain(
      `(https://github.com/acme/app/blob/${'ab'.repeat(20)}/web/package-lock.json#L3)`,
    )
  })
  it('is no link without a commit or a server that is one', () => {
    for (const wrong of [
      undefined,
      { ...view, commit: 'main' },
      { ...view, server: 'javascript:x' },
      { ...view, server: 'https://a)b' },
    ]) {
      expect(markdownPlace({ file: 'a', line: 3 }, wrong)).toBe('<code>a:3</code>')
    }
  })
  it('keeps its line when the path is long', () => {
    expect(markdownPlace({ file: 'x'.repeat(5000), line: 31 }, undefined)).toContain('…:31')
  })
  it('cannot end its link', () => {
    const link = markdownPlace({ file: 'a', line: 1 }, { ...view, repository: `acme/x)${EVIL}` })
    expect(link).toMatch(/^\[[^\]]*\]\(https:\/\/github\.com\/[\w/.%-]+#L1\)$/)
    expect(encodePath(`a/b ](x)${EVIL}`)).toMatch(/^[\w/.%-]+$/)
  })
})

describe('a budget of lines', () => {
  it('takes all of a piece or none, and counts bytes of UTF-8 with the reserve', () => {
    const budget = new LineBudget(20, ['1234'])
    expect(budget.add(['äöü', '12345'])).toBe(true)
    expect(budget.add(['ab', 'c'])).toBe(false)
    expect(budget.add(['a'])).toBe(true)
    expect(budget.lines).toStrictEqual(['äöü', '12345', 'a'])
  })
  it('never counts too few bytes', () => {
    for (const text of ['abc', 'äöü', '日本', '👩‍🔬', '\ud800']) {
      expect(utf8Length(text)).toBeGreaterThanOrEqual(Buffer.byteLength(text))
    }
  })
})
