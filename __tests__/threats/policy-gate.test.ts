import { rmSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addVersion, dropAttestation, failRun, resign, withRepository } from '../../src/embedded/world/change.ts'
import type { WorldAdvisory, WorldRun } from '../../src/embedded/world/description.ts'
import { VSA_V1 } from '../../src/model/predicates/vsa.ts'
import { npmLock, POLICY, served, withVersion } from '../support/gate-project.ts'
import { type GateBench, startGateBench } from './gate-bench.ts'

let bench: GateBench
beforeAll(async () => {
  bench = await startGateBench()
})
afterAll(() => bench.close())
beforeEach(() => {
  bench.reset()
  rmSync(bench.project.path('papers'), { recursive: true, force: true })
})

const DAY = 86_400_000
const date = (days: number) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10)
const NPM = [{ name: 'tool' }, { name: '@acme/ui' }, { name: 'plain' }, { name: 'checker', dev: true }]
const lockNpm = () => bench.project.write('package-lock.json', npmLock(bench.project.world, NPM))

describe('verification summaries', () => {
  const VERIFIER = 'https://coop.example/verifier'
  /** `plain` needs the word of the cooperative, which is a month old at most. */
  const askForSummary = () => {
    bench.world((good) => ({
      ...good,
      repositories: [...good.repositories, { name: 'coop/verify' }, { name: 'mallory/verify' }],
    }))
    bench.project.edit(POLICY, (text) =>
      text.replace('require:\n', 'require:\n  - match: { purl: "pkg:npm/plain" }\n    evidence: [vsa]\n    level: 2\n'),
    )
    bench.policy(
      `verifiers:\n  quorum: 1\n  max-age: 30d\n  any-of:\n    - { id: "${VERIFIER}", repository: coop/verify }\n`,
    )
  }
  const put = async (name: string, change: object = {}, repository = 'coop/verify') => {
    const { world } = bench.project
    const { file } = served(world, 'npm', 'plain')
    const predicate = {
      verifier: { id: VERIFIER },
      timeVerified: new Date(Date.now() - DAY).toISOString(),
      resourceUri: 'pkg:npm/plain@1.0.0',
      policy: { uri: 'https://coop.example/policy' },
      verificationResult: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
      ...change,
    }
    const subject = [{ name: 'pkg:npm/plain@1.0.0', digest: { sha512: file.digests.sha512 ?? '' } }]
    const statement = { _type: 'https://in-toto.io/Statement/v1', subject, predicateType: VSA_V1, predicate }
    const signed = await world.state.sign(statement, { repository, signedAt: new Date(Date.now() - DAY).toISOString() })
    bench.project.write(`papers/${name}.json`, JSON.stringify(signed))
  }
  const gate = () => bench.gate('--evidence', 'papers')
  const FAILED = { verificationResult: 'FAILED', verifiedLevels: ['FAILED'] }

  it('T-PP-05: count when they pass this artifact at the level that is asked, by the verifier that is named', async () => {
    askForSummary()
    await put('good')
    expect((await gate()).code).toBe(0)
    for (const [change, repository] of [
      [FAILED, 'coop/verify'],
      [{ resourceUri: 'pkg:npm/plain@1.0.1' }, 'coop/verify'],
      [{ verifier: { id: 'https://other.example' } }, 'coop/verify'],
      [{}, 'mallory/verify'],
      [{ verifiedLevels: ['SLSA_BUILD_LEVEL_1'] }, 'coop/verify'],
    ] as const) {
      await put('good', change, repository)
      const { code, codesOf } = await gate()
      expect([JSON.stringify(change), code]).toStrictEqual([JSON.stringify(change), 10])
      expect(codesOf('plain')).toContain('VSA_REJECTED')
    }
  })

  it('T-PP-04: that fail beat those that pass, and one that is not renewed is none', async () => {
    askForSummary()
    await put('good')
    await put('bad', FAILED)
    const both = await gate()
    expect([both.code, both.states.plain]).toStrictEqual([10, 'invalid'])
    expect(both.codesOf('plain').some((code) => ['ATTESTATION_CONFLICT', 'VSA_REJECTED'].includes(code))).toBe(true)
    rmSync(bench.project.path('papers/bad.json'))
    await put('good', { timeVerified: new Date(Date.now() - 31 * DAY).toISOString() })
    const old = await gate()
    expect([old.code, old.codesOf('plain')]).toStrictEqual([10, expect.arrayContaining(['QUORUM_MISSING'])])
  })
})

describe('a waiver', () => {
  const waiver = (change: Readonly<Record<string, string>> = {}) => {
    const fields = {
      match: '{ purl: "pkg:npm/plain@1.0.0" }',
      rule: 'missing-provenance',
      reason: 'the private copy has no registry behind it',
      owner: 'platform',
      expires: date(10),
      ...change,
    }
    return `  - { ${Object.entries(fields)
      .map(([name, value]) => `${name}: ${name === 'reason' ? JSON.stringify(value) : value}`)
      .join(', ')} }\n`
  }

  it('T-PP-07: ends, names what it is about, says why, and stands once', async () => {
    const gone = () => {
      bench.world((good) => ({ ...good, packages: good.packages.filter(({ name }) => name !== 'plain') }))
      bench.forget('plain')
    }
    gone()
    bench.policy(`waivers:\n${waiver()}`)
    expect(await bench.gate('--profile', 'strict')).toMatchObject({ code: 0, states: { plain: 'waived' } })
    for (const [text, code] of [
      [waiver({ expires: date(-1) }), 'WAIVER_EXPIRED'],
      [waiver({ expires: date(200) }), 'WAIVER_INVALID'],
      [waiver({ reason: ' ' }), 'WAIVER_INVALID'],
      [waiver({ owner: '""' }), 'WAIVER_INVALID'],
      [waiver({ match: '{ purl: "**" }' }), 'WAIVER_INVALID'],
      [waiver() + waiver({ expires: date(11) }), 'WAIVER_INVALID'],
    ] as const) {
      bench.reset()
      gone()
      bench.policy(`waivers:\n${text}`)
      const { code: exit, states, document } = await bench.gate()
      expect([text, exit, states.plain]).toStrictEqual([text, 10, 'absent'])
      expect(document.findings.map((finding) => finding.code)).toContain(code)
    }
  })
})

describe('a package that changes', () => {
  it('T-PP-12: is judged by its own release line: a backport without provenance is none lost, its own line’s next is', async () => {
    const bare = (version: string) =>
      bench.world((good) => addVersion(good, { name: 'tool' }, version, ({ attestation: _, ...pack }) => pack))
    bare('0.9.5')
    lockNpm()
    const backport = await bench.gate()
    expect([backport.code, backport.states.tool]).toStrictEqual([0, 'registered'])
    const levels = backport.document.dependencies
      .find(({ name }) => name === 'tool')
      ?.findings.map(({ level }) => level)
    expect(levels).not.toContain('fail')
    bare('1.2.1')
    lockNpm()
    const { code, states } = await bench.gate()
    expect([code, states.tool]).toStrictEqual([10, 'lost'])
  })

  it('T-PP-11: that is new is said to be, and goes into the lock by nobody’s hand but a reviewer’s', async () => {
    bench.forget('@acme/ui')
    const before = bench.project.read('cleanbill.lock')
    const { document } = await bench.gate()
    const ui = document.dependencies.find(({ name }) => name === '@acme/ui')
    expect(ui).toMatchObject({ state: 'verified', qualifiers: expect.arrayContaining(['new']) })
    expect(document.limits.map(({ code }) => code)).toContain('TOFU_FIRST_SEEN')
    expect(bench.project.read('cleanbill.lock')).toBe(before)
  })

  it('T-PP-14: and lost its evidence fails, as does one whose evidence the policy demands', async () => {
    bench.world((good) => dropAttestation(dropAttestation(good, { name: 'rsdata' }), { name: 'tool' }))
    bench.forget('rsdata')
    const { code, states, codesOf } = await bench.gate()
    expect([code, states.tool]).toStrictEqual([10, 'lost'])
    expect(codesOf('tool')).toContain('ATTESTATION_LOST')
    expect(codesOf('rsdata')).toContain('ATTESTATION_ABSENT')
  })

  it('T-PP-16: is reported beside every other that is objected to', async () => {
    bench.world((good) =>
      resign(dropAttestation(good, { name: 'tool' }), { name: 'numlib' }, { repository: 'mallory/numlib' }),
    )
    bench.policy('rules:\n  cooldown: warn\n')
    const { document } = await bench.gate()
    const failed = document.findings.filter(({ level }) => level === 'fail').map(({ code }) => code)
    expect(failed).toEqual(expect.arrayContaining(['ATTESTATION_LOST', 'SIGNER_CHANGED']))
  })
})

describe('a run', () => {
  const runOf = () => bench.project.good.packages.find(({ name }) => name === 'tool')?.attestation?.run ?? ''
  const turn = (change: (run: WorldRun) => WorldRun) =>
    bench.world((good) =>
      withRepository(good, 'acme/tool', (one) => ({
        ...one,
        runs: (one.runs ?? []).map((run) => (run.id === runOf() ? change(run) : run)),
      })),
    )

  it('T-PP-21: that has not ended is asked about later, one that failed fails, and one that is gone is not known', async () => {
    turn(({ conclusion: _, ...run }) => ({ ...run, status: 'in_progress' }))
    const early = await bench.gate('--profile', 'strict')
    expect([early.code, early.codesOf('tool')]).toStrictEqual([10, expect.arrayContaining(['RUN_IN_PROGRESS'])])
    bench.world((good) => failRun(good, 'acme/tool', runOf()))
    const failed = await bench.gate()
    expect([failed.code, failed.codesOf('tool')]).toStrictEqual([10, expect.arrayContaining(['RUN_FAILED'])])
    turn((run) => ({ ...run, deleted: true }))
    const gone = await bench.gate()
    expect(gone.codesOf('tool')).toEqual(expect.arrayContaining([expect.stringMatching(/UNKNOWN|EXPIRED/)]))
  })

  it('T-PP-13: that failed after it had published is found out, and no verdict says safe', async () => {
    bench.world((good) => failRun(withVersion(good, 'tool', '1.2.1'), 'acme/tool', runOf()))
    const { document } = await bench.gate()
    expect(document.limits.length).toBeGreaterThan(0)
    bench.world((good) => failRun(good, 'acme/tool', runOf()))
    const { code, states, codesOf } = await bench.gate()
    expect([code, states.tool]).not.toStrictEqual([0, 'verified'])
    expect(codesOf('tool')).toContain('RUN_FAILED')
    const text = (await bench.cli('gate')).stdout
    expect(text).not.toMatch(/\bsafe\b/i)
  })
})

describe('what was revoked', () => {
  it('T-PP-22: is invalid by its advisory, in the versions that it names, unless it was withdrawn', async () => {
    const advise = (more: Partial<WorldAdvisory>) =>
      bench.world((good) => ({
        ...good,
        advisories: [{ id: 'MAL-2026-4711', ecosystem: 'npm', name: 'tool', versions: ['1.2.0'], ...more }],
      }))
    advise({})
    const { code, states, codesOf, document } = await bench.gate()
    expect([code, states.tool]).toStrictEqual([10, 'invalid'])
    expect(codesOf('tool')).toContain('REVOKED')
    expect(JSON.stringify(document.findings)).toContain('MAL-2026-4711')
    advise({ withdrawn: new Date(Date.now() - DAY).toISOString() })
    expect((await bench.gate()).codesOf('tool')).not.toContain('REVOKED')
    advise({ versions: ['1.1.0'] })
    expect((await bench.gate()).codesOf('tool')).not.toContain('REVOKED')
  })
})

describe('a rule', () => {
  it('T-PP-15: over nothing fails: an entry of the policy that no dependency matches', async () => {
    bench.project.edit(POLICY, (text) => text.replace('pkg:cargo/rsdata', 'pkg:cargo/mistyped'))
    const { code, document } = await bench.gate()
    expect(code).toBe(10)
    expect(document.findings).toContainEqual(expect.objectContaining({ code: 'RULE_VACUOUS', level: 'fail' }))
  })
})
