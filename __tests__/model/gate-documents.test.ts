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
import { EVIDENCE_STATES } from '../../src/model/verdict.ts'
import {
  EXPLAIN_META,
  EXPLANATION,
  FAILED,
  HOSTILE_META,
  hostile,
  INIT,
  META,
  PASSED,
  TEST_CASES,
  UNCHANGED,
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
  it('test: is what its schema describes, and passes only when every case did', () => {
    const document = asJson(toPolicyTestDocument(TEST_CASES))
    expect(policyTestDocumentSchema.parse(document)).toStrictEqual(document)
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
