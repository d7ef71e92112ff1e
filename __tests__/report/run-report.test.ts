import { describe, expect, it } from 'vitest'
import { RECORDING_SCHEMA, type Recording } from '../../src/model/recording.ts'
import { formatAttested, toAttestDocument } from '../../src/report/attest-report.ts'
import { type ReportedAttestation, type RunReport, toRunDocument } from '../../src/report/run-document.ts'
import { formatRun, shortDigest, size } from '../../src/report/run-report.ts'
import { formatRunSummary } from '../../src/report/run-summary.ts'

const EVIL = '\u001b[2J<img src=x>|@team ![a](https://evil)\n::error::x'
const digest = { sha256: 'ab'.repeat(32) }
const recording: Recording = {
  schema: RECORDING_SCHEMA,
  kind: 'train',
  startedOn: '2026-11-22T12:00:00Z',
  finishedOn: '2026-11-22T14:03:00Z',
  exit: { code: 0, signal: null },
  externalParameters: {},
  internalParameters: {},
  resolvedDependencies: [{ name: `data/${EVIL}`, digest, annotations: { role: 'dataset', state: 'VERIFIED' } }],
  byproducts: [],
  builder: { id: 'https://example.com', version: {} },
  outputs: [{ role: 'model', path: `out/${EVIL}`, kind: 'file', digest, bytes: 1_500_000 }],
  limits: [{ code: 'TEST', message: `about ${EVIL}` }],
}
const statement = {
  _type: 'https://in-toto.io/Statement/v1' as const,
  subject: [{ name: EVIL, digest }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {},
}
const signed: ReportedAttestation = {
  statement,
  bundlePath: '/w/.cleanbill/attestation.json',
  published: [{ publisher: 'github-store', id: '1', url: 'https://github.com/acme/x/attestations/1' }],
}
const pending = (what: string): ReportedAttestation => ({
  statement,
  published: [],
  pending: { what, path: '/w/outbox/x', sha256: 'cd'.repeat(32), code: 'LOG_UNAVAILABLE' },
})
const report = (more: Partial<RunReport> = {}): RunReport => ({
  recording,
  recordingPath: '/w/.cleanbill/recording.json',
  attested: [signed],
  exitCode: 0,
  ...more,
})
const failed = (exit: Recording['exit']) => report({ recording: { ...recording, exit }, attested: [], exitCode: 7 })
const style = { color: false, cwd: '/w' }

describe('the summary of a job', () => {
  it('is this, whatever files are called', () => {
    expect(formatRunSummary(report(), 'acme/x')).toMatchInlineSnapshot(`
      "## ✅ Clean bill: recorded and signed

      kind **train** · command ran **2 h 3 min** · exit code **0**

      ### What came out

      | role | name | digest | size |
      |---|---|---|---|
      | model | <code>out/&#92;u&#123;1b&#125;&#91;2J&lt;img src=x&gt;&#124;&#64;<!-- -->team &#33;&#91;a&#93;&#40;https&#58;//evil&#41;&#92;u&#123;a&#125;::error::x</code> | <code>sha256:abababababababab…</code> | 1.5 MB |

      [Attestation](https://github.com/acme/x/attestations/1)

      ### What flowed in

      | role | name | digest | state |
      |---|---|---|---|
      | dataset | <code>data/&#92;u&#123;1b&#125;&#91;2J&lt;img src=x&gt;&#124;&#64;<!-- -->team &#33;&#91;a&#93;&#40;https&#58;//evil&#41;&#92;u&#123;a&#125;::error::x</code> | <code>sha256:abababababababab…</code> | VERIFIED |

      ### Verify it

      \`\`\`sh
      cleanbill verify 'out/??2J?img?src?x??@team???a??https://evil??::error::x' --bundle attestation.json --repo acme/x
      \`\`\`

      <details><summary>What this does not prove (1)</summary>

      - <code>TEST</code> about &#92;u&#123;1b&#125;&#91;2J&lt;img src=x&gt;&#124;&#64;<!-- -->team &#33;&#91;a&#93;&#40;https&#58;//evil&#41;&#92;u&#123;a&#125;::error::x

      </details>
      "
    `)
  })
  it.each([
    ['signed', report(), '✅'],
    ['recorded', report({ attested: [] }), '📝 Recorded, not signed'],
    ['sealed', report({ attested: [pending('signature')] }), '⏳'],
    ['partly sealed', report({ attested: [signed, pending('signature')] }), '⏳'],
    ['failed', failed({ code: 7, signal: null }), '❌ The command failed: nothing was signed'],
    ['killed', failed({ code: null, signal: 'SIGKILL' }), '❌'],
  ])('says first what became of it: %s', (_, given, head) => {
    expect(formatRunSummary(given, 'acme/x').split('\n')[0]).toContain(head)
  })
  it('cuts a table of thousands, and says how much is missing', () => {
    const many = {
      ...recording,
      outputs: Array.from({ length: 5000 }, (_, n) => ({
        role: 'model',
        path: `${n}${'x'.repeat(500)}`,
        kind: 'file' as const,
        digest,
        bytes: n,
      })),
    }
    const text = formatRunSummary(report({ recording: many }), 'acme/x')
    expect(text).toContain('and 4900 more')
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024)
  })
  it('links to nothing but https', () => {
    const bad: ReportedAttestation = {
      ...signed,
      published: [{ publisher: 'github-store', url: 'javascript:alert(1)' }],
    }
    expect(formatRunSummary(report({ attested: [bad] }), 'acme/x')).not.toContain('javascript')
  })
  it('shows no way to verify what nobody signed', () => {
    expect(formatRunSummary(report({ attested: [] }), 'acme/x')).not.toContain('cleanbill verify')
    expect(formatRunSummary(failed({ code: 7, signal: null }), 'acme/x')).not.toContain('cleanbill verify')
  })
})

describe('what a person reads after a run', () => {
  it.each([
    ['signed', report(), /^Recorded and signed\./],
    ['two statements', report({ attested: [signed, signed] }), /^Recorded and signed: 2 statements/],
    ['recorded', report({ attested: [] }), /^Recorded, not signed/],
    ['sealed', report({ attested: [pending('signature')] }), /^NOT SIGNED YET/],
    [
      'not uploaded',
      report({ attested: [{ ...signed, ...pending('upload'), bundlePath: '/w/a' }] }),
      /^Signed; the upload waits/,
    ],
    ['failed', failed({ code: 7, signal: null }), /^The command exited 7: nothing was signed/],
    ['killed', failed({ code: null, signal: 'SIGKILL' }), /^The command was ended by SIGKILL: nothing was signed/],
  ])('begins with what became of it: %s', (_, given, head) => {
    expect(formatRun(given, style)).toMatch(head)
  })
  it('has a line for each input and output, none of which a name can break', () => {
    const lines = formatRun(report(), style).split('\n')
    expect(lines.filter((line) => line.startsWith('  out  '))).toHaveLength(1)
    expect(lines.filter((line) => line.startsWith('  in   '))).toHaveLength(1)
    expect(lines.join('')).not.toMatch(/\u001b/)
    expect(lines.some((line) => line.startsWith('::'))).toBe(false)
  })
  it('is coloured on a terminal only', () => {
    expect(formatRun(report(), { ...style, color: true })).toContain('\u001b[32m')
    expect(formatRun(report(), style)).not.toContain('\u001b')
  })
  it('says who signed late or not at all after attest, too', () => {
    expect(formatAttested([signed], style)).toMatch(/^Signed\n/)
    expect(formatAttested([pending('signature')], style)).toMatch(/^NOT SIGNED YET\n/)
    expect(
      formatAttested([signed], style)
        .split('\n')
        .some((line) => line.trimStart().startsWith('::')),
    ).toBe(false)
  })
})

describe('the document of a run', () => {
  it('says whose exit code it is', () => {
    expect(toRunDocument(report())).toMatchObject({
      exitCode: 0,
      exitCodeOf: 'cleanbill',
      signed: true,
      pending: false,
    })
    expect(toRunDocument(failed({ code: 7, signal: null }))).toMatchObject({
      exitCode: 7,
      exitCodeOf: 'command',
      signed: false,
    })
    expect(toRunDocument(report({ exitCode: 11, attested: [pending('signature')] }))).toMatchObject({
      exitCode: 11,
      exitCodeOf: 'cleanbill',
      signed: false,
      pending: true,
    })
  })
  it('calls nothing signed when nothing was to be signed, or one of two is not', () => {
    expect(toRunDocument(report({ attested: [] })).signed).toBe(false)
    expect(toRunDocument(report({ attested: [signed, pending('signature')] })).signed).toBe(false)
    expect(toAttestDocument([signed, pending('signature')], 0)).toMatchObject({ signed: false, pending: true })
  })
  it('is JSON and nothing else', () => {
    const document = toRunDocument(report({ attested: [signed, pending('upload')] }))
    expect(JSON.parse(JSON.stringify(document))).toStrictEqual(document)
  })
})

describe('numbers for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [15_000, '15 kB'],
    [1_500_000, '1.5 MB'],
    [2e12, '2.0 TB'],
    [5e15, '5000 TB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(size(bytes)).toBe(text)
  })
  it('shows the strong digest, and says when there is none', () => {
    expect(shortDigest({ md5: 'x', sha256: 'ab'.repeat(32) })).toBe('sha256:abababababababab…')
    expect(shortDigest({ md5: 'x' })).toBe('no digest')
  })
})
