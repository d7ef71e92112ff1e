import { describe, expect, it } from 'vitest'
import { extendPolicy } from '../../src/policy/extend-policy.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { catchError } from '../policy/support.ts'

const parse = (text: string, file: string) => parsePolicy(`version: 1\n${text}\n`, file)
const extend = (base: string, own: string) => extendPolicy(parse(base, 'central.yml'), parse(own, 'cleanbill.yml'))
const TRUST = 'trust: { roots: [sigstore, github], npm-keys: keys.json }'
const VERIFIERS = 'verifiers: { quorum: 1, max-age: 30d, any-of: [{ repository: coop-a/verify }] }'

describe('a policy on top of a central one', () => {
  it('that loosens is refused: what, of which file, and in which', () => {
    expect(catchError(() => extend('profile: strict', 'profile: baseline'))).toMatchObject({
      code: 'POLICY_LOOSENED',
      message: 'profile loosens central.yml: strict becomes baseline',
      file: 'cleanbill.yml',
      hint: expect.stringContaining('central policy'),
    })
  })

  it.for<[string, base: string, own: string, expected: object]>([
    [
      'keeps the keys and takes fewer roots',
      TRUST,
      'trust: { roots: [github] }',
      { trust: { roots: ['github'], npmKeys: 'keys.json' } },
    ],
    ['keeps the trust', TRUST, '', { trust: { roots: ['sigstore', 'github'], npmKeys: 'keys.json' } }],
    [
      'keeps the origins of evidence',
      'evidence: { npm: "https://npm.example", pypi: "https://pypi.example" }',
      'evidence: { npm: "https://npm.example" }',
      { evidence: { npm: 'https://npm.example', pypi: 'https://pypi.example' } },
    ],
    ['keeps the platforms', 'platforms: [darwin-arm64]', '', { platforms: ['darwin-arm64'] }],
    [
      'accepts less',
      'accept-unsupported: [workspace, git]',
      'accept-unsupported: [git]',
      { acceptUnsupported: ['git'] },
    ],
    ['accepts as much', 'accept-unsupported: [git]', '', { acceptUnsupported: ['git'] }],
    [
      'adds inputs',
      'inputs: [{ role: model, ref: a.bin }]',
      'inputs: [{ role: file, ref: b.bin }]',
      { inputs: [{ ref: 'a.bin' }, { ref: 'b.bin' }] },
    ],
    [
      'waives alone where both do',
      'waiver-limits: { solo: true, max-days: 20 }',
      'waiver-limits: { solo: true, max-days: 10 }',
      { waiverLimits: { maxDays: 10, solo: true } },
    ],
    [
      'does not waive alone where it does not say so',
      'waiver-limits: { solo: true, max-days: 10 }',
      'waiver-limits: { max-days: 10 }',
      { waiverLimits: { maxDays: 10, solo: false } },
    ],
    [
      'keeps who approves',
      'waiver-limits: { approvers: "@a" }',
      'waiver-limits: { max-days: 3 }',
      { waiverLimits: { maxDays: 3, approvers: ['a'], solo: false } },
    ],
    ['names who approves', '', 'waiver-limits: { approvers: "@a" }', { waiverLimits: { approvers: ['a'] } }],
    [
      'keeps the limits',
      'waiver-limits: { approvers: "@a", max-days: 3 }',
      '',
      { waiverLimits: { maxDays: 3, approvers: ['a'], solo: false } },
    ],
    ['keeps the verifiers', VERIFIERS, '', { verifiers: { maxAgeDays: 30 } }],
    ['takes younger summaries', VERIFIERS, VERIFIERS.replace('30d', '7d'), { verifiers: { maxAgeDays: 7 } }],
    ['enforces more', 'profile: baseline', 'profile: strict', { profile: 'strict' }],
    ['enforces as much', 'profile: strict', '', { profile: 'strict' }],
    [
      'says what it extends',
      '',
      `extends: acme/.github//cleanbill.yml@${'a'.repeat(40)}`,
      { extends: `acme/.github//cleanbill.yml@${'a'.repeat(40)}`, given: ['extends', 'version'] },
    ],
    [
      'knows all that was written',
      'profile: strict\nallow: []',
      'waivers: []\nbuilders: []',
      { given: ['allow', 'builders', 'profile', 'version', 'waivers'] },
    ],
  ])('%s', ([, base, own, expected]) => {
    expect(extend(base, own)).toMatchObject(expected)
  })

  it('says nothing that neither says', () => {
    const merged = extend('', 'waiver-limits: { max-days: 3 }')
    expect([
      Object.keys(merged).filter((key) => ['extends', 'verifiers'].includes(key)),
      merged.waiverLimits,
    ]).toStrictEqual([[], { maxDays: 3, solo: false }])
    expect(merged.rules).toStrictEqual({})
  })

  it('takes its place within a kind of which both speak, and nowhere else', () => {
    const base =
      'allow:\n  - { kind: action, owner: acme }\n  - { kind: action, owner: actions }\n  - { kind: image, owner: acme }'
    const own = 'allow:\n  - { kind: action, owner: acme }'
    // The line of an entry is no part of what it allows.
    expect(extend(base, own).allow).toMatchObject([
      { kind: 'image', file: 'central.yml', line: 5 },
      { kind: 'action', owner: ['acme'], line: 3 },
    ])
    expect(extend(base, own).allow[1]?.file).toBeUndefined()
  })

  it('keeps the place of what was inherited twice', () => {
    const middle = extendPolicy(
      parse(
        'require: [{ match: { kind: model } }]\nwaivers: [{ match: { purl: "pkg:npm/x" }, rule: cooldown, reason: r, owner: o, expires: 2026-10-20 }]',
        'central.yml',
      ),
      parse('require: [{ match: { kind: package } }]', 'group.yml'),
    )
    const last = extendPolicy(middle, parse('', 'cleanbill.yml'))
    expect(last.require.map(({ file }) => file)).toEqual(['central.yml', 'group.yml'])
    expect(last.waivers.map(({ file }) => file)).toEqual(['central.yml'])
  })

  it('of which all was meant gives what it says, and keeps what it cannot say', () => {
    const base = parse(`profile: recommended\nplatforms: [linux-x64]\n${VERIFIERS}`, 'central.yml')
    const own = { ...parse('profile: strict\nplatforms: [linux-x64, darwin-arm64]', 'cleanbill.yml'), given: undefined }
    const merged = extendPolicy({ ...base, given: undefined }, own)
    expect(merged).toMatchObject({
      profile: 'strict',
      platforms: ['linux-x64', 'darwin-arm64'],
      verifiers: { maxAgeDays: 30 },
      given: [],
    })
  })
})
