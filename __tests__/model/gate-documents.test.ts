import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gateDocumentSchema, gateJsonSchema, toGateDocument } from '../../src/model/gate-document.ts'
import { countEcosystems, initDocumentSchema, initJsonSchema, toInitDocument } from '../../src/model/init-document.ts'
import {
  explainDocumentSchema,
  explainJsonSchema,
  policyTestDocumentSchema,
  policyTestJsonSchema,
  toExplainDocument,
  toPolicyTestDocument,
} from '../../src/model/policy-documents.ts'
import { EVIDENCE_STATES, type JudgedDependency } from '../../src/model/verdict.ts'
import {
  EXPLAIN_META,
  EXPLANATION,
  FAILED,
  HOSTILE_META,
  hostile,
  INIT,
  judged,
  META,
  PASSED,
  SIGNED,
  TEST_CASES,
  UNCHANGED,
  verdictOf,
} from '../support/verdicts.ts'

const written = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../schemas/${name}.schema.json`), 'utf8'))
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('the document of gate', () => {
  it.each([
    ['passed', PASSED],
    ['failed', FAILED],
    ['unchanged', UNCHANGED],
    ['hostile', hostile(3)],
  ])('is what its schema describes, after a round trip through JSON: %s', (_, verdict) => {
    const document = asJson(toGateDocument(verdict, META))
    expect(gateDocumentSchema.parse(document)).toStrictEqual(document)
  })

  it('has counts of every state that add up to total', () => {
    const { counts, total, dependencies } = toGateDocument(FAILED, META)
    expect(Object.keys(counts)).toStrictEqual([...EVIDENCE_STATES])
    expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(total)
    expect(dependencies.length).toBe(total)
  })

  it('repeats each finding at its dependency, and keeps those about the pipeline in the list of all', () => {
    const { findings, dependencies } = toGateDocument(FAILED, META)
    const own = dependencies.flatMap((one) => one.findings)
    expect(findings.filter(({ dependency }) => dependency !== null)).toStrictEqual(own)
    expect(findings.filter(({ dependency }) => dependency === null).map(({ line }) => line)).toStrictEqual([
      8, 19, 40, 77,
    ])
  })

  it('says which findings a waiver covers, and why', () => {
    const { findings } = toGateDocument(FAILED, META)
    expect(findings.flatMap(({ waiver }) => waiver ?? [])).toStrictEqual([
      { reason: 'released before provenance', owner: 'platform', expires: '2027-01-31', file: null, line: 31 },
    ])
  })

  it('is refused by its schema when a state is missing or a key is not known', () => {
    const document = toGateDocument(PASSED, META)
    const { lost: _, ...counts } = document.counts
    expect(gateDocumentSchema.safeParse({ ...document, counts }).success).toBe(false)
    expect(gateDocumentSchema.safeParse({ ...document, more: 1 }).success).toBe(false)
  })

  it('keeps no reference to the verdict that it was made of', () => {
    const document = toGateDocument(FAILED, HOSTILE_META)
    expect(document.counts).not.toBe(FAILED.counts)
    expect(document.requests).not.toBe(HOSTILE_META.requests)
    expect(document.judged).not.toBe(FAILED.judged)
  })

  it('says how the verdict came about', () => {
    const { judged, lock, requests, durations } = toGateDocument(FAILED, META)
    expect(judged).toStrictEqual({ base: 'origin/main', changed: 7, found: 1204 })
    expect({ lock, requests, durations }).toStrictEqual({
      lock: 'cleanbill.lock',
      requests: META.requests,
      durations: META.durations,
    })
    expect(toGateDocument(PASSED, { ...META, lock: undefined })).toMatchObject({ judged: 'all', lock: null })
  })

  it('says all that is known of a dependency, and null of what is not', () => {
    const one = judged({ name: 'zod', version: '4.6.7', state: 'verified', more: { qualifiers: ['new', 'unusual'] } })
    const entryOf = (more: Partial<JudgedDependency>) =>
      toGateDocument(verdictOf([{ ...one, ...more }]), META).dependencies[0]
    expect(entryOf({})).toStrictEqual({ ...one, evidence: [SIGNED] })
    const nameless = { repository: undefined, ref: undefined, commit: undefined, run: undefined }
    expect(entryOf({ version: undefined, qualifiers: [], evidence: [{ ...SIGNED, ...nameless }] })).toStrictEqual({
      ...{ ...one, version: null, qualifiers: [] },
      evidence: [{ ...SIGNED, repository: null, ref: null, commit: null, run: null }],
    })
  })
})

describe('the document of init', () => {
  it('is what its schema describes', () => {
    const document = asJson(toInitDocument(INIT))
    expect(initDocumentSchema.parse(document)).toStrictEqual(document)
  })

  it('counts every dependency in exactly one ecosystem, largest first', () => {
    const shares = countEcosystems(INIT_VERDICT)
    expect(shares.map(({ ecosystem, total }) => [ecosystem, total])).toStrictEqual([
      ['npm', 3],
      ['pypi', 2],
      ['generic', 1],
    ])
    expect(shares[1]?.counts).toMatchObject({ verified: 1, registered: 1, absent: 0 })
  })

  it('puts ecosystems of one size in the order of their names, wherever they come up', () => {
    const ids = ['pkg:pypi/a', 'file:pkg:maven/a', 'pkg:cargo/a', 'pkg:npm/a', 'pkg:npm/b', 'pkg:gem/a']
    const dependencies = ids.map((id) => ({ ...judged({ name: 'a' }), id }))
    expect(countEcosystems({ dependencies }).map(({ ecosystem, total }) => `${ecosystem} ${total}`)).toStrictEqual([
      ...['npm 2', 'cargo 1', 'gem 1', 'generic 1', 'pypi 1'],
    ])
  })
})

const INIT_VERDICT = {
  dependencies: [
    ...FAILED.dependencies.slice(0, 3),
    ...PASSED.dependencies.slice(25, 27).map((one) => ({ ...one, id: one.id.replace('pkg:npm', 'pkg:pypi') })),
    ...PASSED.dependencies.slice(0, 1).map((one) => ({ ...one, id: 'workspace:packages/a' })),
  ],
}

describe('the documents of policy', () => {
  it('explain: is what its schema describes', () => {
    const document = asJson(toExplainDocument([EXPLANATION], EXPLAIN_META))
    expect(explainDocumentSchema.parse(document)).toStrictEqual(document)
  })
  it('explain: says what was judged, and null where nothing was', () => {
    const bare = { ...EXPLANATION, state: undefined, reason: undefined, evidence: undefined }
    expect(toExplainDocument([EXPLANATION, bare], EXPLAIN_META).explanations).toMatchObject([
      { state: 'changed', reason: EXPLANATION.reason, evidence: [SIGNED] },
      { state: null, reason: null, evidence: [] },
    ])
  })
  it('test: is what its schema describes, and passes only when every case did', () => {
    const document = asJson(toPolicyTestDocument(TEST_CASES))
    expect(policyTestDocumentSchema.parse(document)).toStrictEqual(document)
    expect(toPolicyTestDocument(TEST_CASES).cases).toStrictEqual(TEST_CASES)
    expect(toPolicyTestDocument(TEST_CASES).passed).toBe(false)
    expect(toPolicyTestDocument(TEST_CASES.filter(({ passed }) => passed)).passed).toBe(true)
  })
  it('test: no case at all is no pass', () => {
    expect(toPolicyTestDocument([]).passed).toBe(false)
  })
})

describe('the schemas in schemas/', () => {
  it.each([
    ['verdict-v1', gateJsonSchema],
    ['init-v1', initJsonSchema],
    ['policy-explain-v1', explainJsonSchema],
    ['policy-test-v1', policyTestJsonSchema],
  ])('%s is the one that the documents are checked against', (name, build) => {
    expect(written(name)).toStrictEqual(asJson(build()))
  })
})
