import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { RULE_IDS } from '../../src/model/rules.ts'
import type { Verdict } from '../../src/model/verdict.ts'
import { toSarif } from '../../src/report/sarif.ts'
import { EVIL, FAILED, hostile, judged, PASSED, UNCHANGED, verdictOf } from '../support/verdicts.ts'

// What SARIF 2.1.0 and GitHub's code scanning require of the part that is used here. The official JSON Schema and
// Microsoft's validator are no dependency of this repository; documents like these were checked with both.
const text = z.strictObject({ text: z.string().min(1) })
const rule = z.strictObject({
  id: z.string(),
  shortDescription: text,
  fullDescription: text,
  help: z.strictObject({ text: z.string(), markdown: z.string() }),
  helpUri: z.url(),
  defaultConfiguration: z.strictObject({ level: z.enum(['none', 'note', 'warning', 'error']) }),
  properties: z.strictObject({ tags: z.array(z.string()).max(20) }),
})
const result = z.strictObject({
  ruleId: z.string(),
  ruleIndex: z.int().min(0),
  level: z.enum(['none', 'note', 'warning', 'error']),
  message: text,
  locations: z
    .array(
      z.strictObject({
        physicalLocation: z.strictObject({
          artifactLocation: z.strictObject({
            uri: z.string().regex(/^(?:[\w.~-]|%[0-9a-f]{2}|\/)+$/i),
            uriBaseId: z.literal('%SRCROOT%'),
          }),
          region: z.strictObject({ startLine: z.int().min(1) }),
        }),
      }),
    )
    .length(1),
  partialFingerprints: z.strictObject({ primaryLocationLineHash: z.string().regex(/^[0-9a-f]{16}:\d+$/) }),
  suppressions: z
    .array(
      z.strictObject({
        kind: z.enum(['inSource', 'external']),
        status: z.enum(['accepted', 'underReview', 'rejected']),
        justification: z.string(),
      }),
    )
    .optional(),
  properties: z.record(z.string(), z.string()),
})
const sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z
    .array(
      z.strictObject({
        tool: z.strictObject({
          driver: z.strictObject({
            name: z.string(),
            semanticVersion: z.string(),
            informationUri: z.url(),
            rules: z.array(rule),
          }),
        }),
        automationDetails: z.strictObject({ id: z.string() }).optional(),
        originalUriBaseIds: z.record(z.string(), z.strictObject({ description: text })),
        columnKind: z.enum(['utf16CodeUnits', 'unicodeCodePoints']),
        invocations: z.array(
          z.strictObject({
            executionSuccessful: z.boolean(),
            toolExecutionNotifications: z.array(
              z.strictObject({ level: z.enum(['none', 'note', 'warning', 'error']), message: text }),
            ),
          }),
        ),
        results: z.array(result).max(25_000),
      }),
    )
    .length(1),
})

function run(verdict: Verdict, more: { folder?: string; category?: string } = {}) {
  const document: unknown = JSON.parse(JSON.stringify(toSarif(verdict, { version: '0.2.0', folder: '', ...more })))
  const [only] = sarif.parse(document).runs
  if (only === undefined) throw new Error('no run')
  return only
}

const prints = (verdict: Verdict) => run(verdict).results.map((one) => one.partialFingerprints.primaryLocationLineHash)

describe('SARIF', () => {
  it('has a result for each finding, on its line, with its rule', () => {
    const { results, tool } = run(FAILED)
    expect(results).toHaveLength(FAILED.findings.length)
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
    expect(results.find(({ ruleId }) => ruleId === 'no-downgrade')).toMatchObject({
      level: 'error',
      message: { text: expect.stringMatching(/^Earlier versions were signed.*\naxios 1\.14\.1: /) },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'package-lock.json', uriBaseId: '%SRCROOT%' },
            region: { startLine: 812 },
          },
        },
      ],
      properties: { code: 'ATTESTATION_LOST', dependency: 'pkg:npm/axios@1.14.1' },
    })
  })
  it('lists every rule of ours with its page', () => {
    const { rules } = run(UNCHANGED).tool.driver
    expect(rules.map(({ id }) => id)).toStrictEqual([...RULE_IDS])
    expect(rules.map(({ helpUri }) => new URL(helpUri).hash)).toStrictEqual(RULE_IDS.map((id) => `#${id}`))
  })
  it('knows three levels: what is unusual or not known is a note', () => {
    const levels = run(FAILED).results.map(({ level, properties }) => `${properties.code} ${level}`)
    expect(new Set(levels)).toStrictEqual(
      new Set([
        'UNPINNED_ACTION warning',
        'ATTESTATION_LOST error',
        'SIGNER_CHANGED error',
        'RUN_IN_PROGRESS note',
        'REGISTRY_DIGEST_MISMATCH error',
        'TOO_YOUNG warning',
        'ATTESTATION_ABSENT note',
      ]),
    )
  })
  it('marks what a waiver silences as suppressed, with the reason', () => {
    const suppressed = run(FAILED).results.filter(({ suppressions }) => suppressions !== undefined)
    expect(suppressed.map(({ suppressions }) => suppressions)).toStrictEqual([
      [
        {
          kind: 'external',
          status: 'accepted',
          justification: 'until 2027-01-31 by platform: released before provenance',
        },
      ],
    ])
  })
  it('lists a waived dependency also when no finding of it was kept', () => {
    const { results } = run(verdictOf([judged({ name: 'a', state: 'waived', reason: 'until 2027' })]))
    expect(results.map(({ ruleId, suppressions }) => [ruleId, suppressions?.[0]?.justification])).toStrictEqual([
      ['waiver', 'until 2027'],
    ])
  })

  it('keeps the fingerprint of a finding when lines move, and gives another to another finding', () => {
    const moved = { ...FAILED, findings: FAILED.findings.map((one) => ({ ...one, line: one.line + 7 })) }
    expect(prints(moved)).toStrictEqual(prints(FAILED))
    expect(new Set(prints(FAILED)).size).toBe(FAILED.findings.length)
    const other = { ...FAILED, findings: FAILED.findings.map((one) => ({ ...one, file: `x/${one.file}` })) }
    expect(prints(other).filter((one) => prints(FAILED).includes(one))).toStrictEqual([])
  })
  it('tells two steps of one workflow apart by what is said of them', () => {
    const [step] = FAILED.findings
    const two = step === undefined ? [] : [step, { ...step, message: 'another action' }]
    const [a, b] = prints({ ...FAILED, findings: two, dependencies: [] })
    expect(a?.split(':')[0]).not.toBe(b?.split(':')[0])
  })

  it('names files from the root of the repository, and the gate by its category', () => {
    const { results, automationDetails } = run(PASSED, { folder: 'web', category: 'cleanbill' })
    const uris = results.map(({ locations }) => locations[0]?.physicalLocation.artifactLocation.uri)
    expect(new Set(uris)).toStrictEqual(new Set(['web/package-lock.json']))
    expect(automationDetails).toStrictEqual({ id: 'cleanbill/' })
  })
  it('is one flat text a message, with no link in it, whatever things are called', () => {
    const waived = { ...judged({ name: EVIL, state: 'waived', reason: EVIL }), id: EVIL, file: EVIL }
    const { findings, dependencies, ...verdict } = hostile(3)
    const { results } = run({ ...verdict, findings, dependencies: [...dependencies, waived] }, { folder: 'a/b' })
    expect(results).toHaveLength(10)
    for (const { message, suppressions, properties } of results) {
      for (const shown of [message.text, suppressions?.[0]?.justification ?? '', properties.dependency ?? '']) {
        expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u)
        expect(shown.replace(/\\[\\[\]]/g, '')).not.toMatch(/[[\]\\]/)
        expect(shown.length).toBeLessThan(2500)
      }
    }
  })
  it('leaves out what code scanning would refuse, and says how much', () => {
    const [finding] = FAILED.findings
    const findings = finding === undefined ? [] : Array.from({ length: 25_010 }, () => finding)
    const { results, invocations } = run({ ...FAILED, findings, dependencies: [] })
    expect(results).toHaveLength(25_000)
    expect(invocations[0]?.toolExecutionNotifications[0]?.message.text).toMatch(/^10 of 25,010 findings/)
    expect(run(FAILED).invocations[0]?.toolExecutionNotifications).toStrictEqual([])
  })
})
