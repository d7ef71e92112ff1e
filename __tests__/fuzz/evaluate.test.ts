import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate } from '../../src/policy/evaluate.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { RULES_TABLE } from '../../src/policy/rules/index.ts'
import { discoveryOf } from '../policy/support.ts'
import { attested, lockedFrom, lockOf, NOW } from '../support/subjects.ts'
import { hold, PROPERTY_TIMEOUT } from './engine/property.ts'
import { ATTACKS, type Given, GOOD, inPolicy, inSubject, type Turn } from './gate/subject-attacks.ts'
import { disguise, waivers } from './gate/subject-disguises.ts'

const judge = ({ subject, policy }: Given) =>
  evaluate({
    ...{ subjects: [subject], discovery: discoveryOf([subject]), policy, now: NOW, rules: RULES_TABLE, judged: 'all' },
  })
const codes = (given: Given) => judge(given).findings.flatMap(({ level, code }) => (level === 'fail' ? [code] : []))

/** What turns FAILED into PASSED, because somebody who may decides so. */
const SHOULD_PASS: readonly (readonly [what: string, of: string, turn: Turn])[] = [
  ['a profile that only reports', 'another repository', inPolicy(() => ({ profile: 'baseline' }))],
  [
    'rules that are off',
    'a trigger from outside',
    inPolicy(() => ({ rules: { 'signer-continuity': { level: 'off' }, 'ref-allow-list': { level: 'off' } } })),
  ],
  [
    'a trigger that the policy and the lock allow',
    'a trigger from outside',
    ({ subject, policy: before }) => ({
      subject: {
        ...subject,
        lock: lockOf({ signers: [lockedFrom(attested({ buildTrigger: 'pull_request_target' }))] }),
      },
      policy: { ...before, rules: { 'ref-allow-list': { triggers: ['pull_request_target'] } } },
    }),
  ],
  [
    'a waiver that names what was found',
    'an attestation that is gone',
    inPolicy(() => parsePolicy(`version: 1\n${waivers('pkg:npm/@acme/app@1.2.3', '2026-10-20')}`, 'it')),
  ],
  [
    'the real signer beside the stranger',
    'another repository',
    inSubject(({ evidence }) => ({ evidence: { ...evidence, accepted: [...evidence.accepted, attested()] } })),
  ],
  [
    'nobody who was ever accepted',
    'an attestation that is gone',
    inSubject(() => ({ lock: undefined, change: 'first-sight' })),
  ],
]

describe('a verdict that is FAILED', () => {
  it('is PASSED without the attack', () => {
    expect(codes(GOOD)).toEqual([])
    expect(judge(GOOD).result).toBe('PASSED')
  })

  it.each(ATTACKS)(
    'stays so however it is disguised: $title',
    async (attack) => {
      const attacked = attack.turn(GOOD)
      expect(codes(attacked)).toContain(attack.code)
      const property = fc.property(fc.array(disguise, { minLength: 1, maxLength: 4 }), (list) => {
        const given = list.reduce((before, one) => one(attack)(before), attacked)
        expect(judge(given).result).toBe('FAILED')
      })
      await hold(property, 400)
    },
    PROPERTY_TIMEOUT,
  )

  it.each(SHOULD_PASS)('is PASSED with %s (%s)', (_, title, turn) => {
    const attack = ATTACKS.find((one) => one.title === title)
    if (attack === undefined) throw new Error(`there is no attack ${title}`)
    expect(codes(turn(attack.turn(GOOD)))).toEqual([])
  })
})
