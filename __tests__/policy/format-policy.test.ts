import { describe, expect, it } from 'vitest'
import type { Policy } from '../../src/model/policy.ts'
import { PROFILES, RULE_IDS } from '../../src/model/rules.ts'
import { formatPolicy } from '../../src/policy/format-policy.ts'
import { LEVEL_TABLE } from '../../src/policy/levels.ts'
import { defaultPolicy, parsePolicy } from '../../src/policy/parse-policy.ts'

const written = (more: Partial<Policy> = {}) => formatPolicy({ ...defaultPolicy(), ...more })
const read = (text: string) => parsePolicy(text, 'cleanbill.yml')

/** What stands in the comments as an example, made a part of the file. */
const uncomment = (text: string) =>
  text
    .split('\n')
    .map((line) => line.replace(/^# (?=[a-z-]+:(?: \[|$)| {2})/, ''))
    .join('\n')
    .replace(/^rules:\n(?=rules:)/m, '')

describe('the policy that is written first', () => {
  it('is read back as what was decided', () => {
    const decided = {
      profile: 'strict',
      platforms: ['linux-x64', 'darwin-arm64'],
      evidence: { npm: 'https://npm.example', 'oci:ghcr.io': 'https://mirror.example' },
      acceptUnsupported: ['workspace', 'link'],
      rules: { cooldown: { level: 'warn' }, revoked: { level: 'off' } },
    } as const
    expect(read(written(decided))).toMatchObject(decided)
  })

  it('decides nothing more than profile and platforms by itself', () => {
    expect(read(written())).toStrictEqual({
      ...defaultPolicy(),
      file: 'cleanbill.yml',
      given: ['platforms', 'profile', 'version'],
    })
  })

  it('names the level of every rule as its profile has it', () => {
    for (const profile of PROFILES) {
      const text = written({ profile })
      for (const id of RULE_IDS) {
        const level = LEVEL_TABLE[id].fire[profile === 'strict' ? 1 : 0]
        expect(text).toContain(`\n#   ${id}: ${level}  # `)
      }
    }
  })

  it('has examples that can be taken as they stand', () => {
    const policy = read(uncomment(written()))
    expect(policy).toMatchObject({
      evidence: { npm: 'https://registry.npmjs.org' },
      acceptUnsupported: ['workspace'],
      require: [
        {
          match: { purl: 'pkg:npm/@acme/**' },
          source: { repository: 'acme/*' },
          signers: [{ workflow: 'acme/builders/.github/workflows/npm.yml', ref: 'refs/tags/v*' }],
        },
      ],
      waivers: [{ rule: 'missing-provenance', owner: 'platform', expires: '2027-01-31' }],
    })
  })
})
