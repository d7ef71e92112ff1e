import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NOTICE_CODES } from '../../../src/model/dependency.ts'
import { RULE_IDS, RULES } from '../../../src/model/rules.ts'
import { leftToLocked } from '../../../src/policy/notices.ts'
import { RULES_TABLE } from '../../../src/policy/rules/index.ts'
import { askRule, contextOf, noticed, subjectOf } from '../../support/subjects.ts'

const DOCS = readFileSync(resolve(import.meta.dirname, '../../../docs/rules.md'), 'utf8')

describe('the table of rules', () => {
  it('has R0 to R16, in the order of the model', () => {
    expect(RULES_TABLE.map(({ id }) => id)).toStrictEqual(RULES.flatMap(({ id, r }) => (r === undefined ? [] : [id])))
  })

  it('names a paragraph of docs/rules.md for each, and that page has one for the base checks too', () => {
    const headings = [...DOCS.matchAll(/^#+ `?([a-z-]+)`?/gm)].map(([, id]) => id)
    for (const { id, docs } of RULES_TABLE) expect(docs).toBe(`docs/rules.md#${id}`)
    expect(headings.filter((id) => RULE_IDS.some((one) => one === id))).toStrictEqual(RULE_IDS)
  })

  it('checks something with every rule', () => {
    for (const { check, checkPipeline } of RULES_TABLE) expect(check ?? checkPipeline).toBeDefined()
  })

  it('says nothing about a package of which nothing is known but that its registry vouches for it', () => {
    const silent = RULES_TABLE.filter(({ check, id }) => check !== undefined && id !== 'cooldown')
    expect(silent.flatMap(({ id }) => askRule(id, subjectOf()))).toStrictEqual([])
  })

  it('leaves a notice to the check of locks only where no rule has said it, and workflows to their rules', () => {
    const discovery = noticed(...NOTICE_CODES)
    const said = RULES_TABLE.flatMap(({ checkPipeline, id }) => checkPipeline?.(discovery, contextOf(id)) ?? [])
    const all = [...said, ...leftToLocked(discovery, said)].map(({ code }) => code)
    expect(all.sort()).toStrictEqual([...NOTICE_CODES].sort())
    const alone = leftToLocked(discovery, []).map(({ code }) => code)
    expect(alone).toContain('RESOLVED_MISMATCH')
    expect(alone).not.toContain('CACHE_RESTORED')
  })
})
