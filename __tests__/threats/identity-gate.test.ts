import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { resign, withRepository } from '../../src/embedded/world/change.ts'
import type { WorldAttestation } from '../../src/embedded/world/description.ts'
import type { RuleId } from '../../src/model/rules.ts'
import type { CliRun } from '../support/gate-cli.ts'
import { type GateBench, startGateBench } from './gate-bench.ts'

let bench: GateBench
beforeAll(async () => {
  bench = await startGateBench()
})
afterAll(() => bench.close())
beforeEach(() => bench.reset())

/** Packages of the project whose signer can be somebody else, each in an ecosystem of its own. */
const TAGS = { tool: '1.2.0', numlib: '1.4.0', rsdata: '1.0.0', rubylib: '1.1.0' } as const
type Name = keyof typeof TAGS
const signed = (name: Name, more: Partial<WorldAttestation>) =>
  ({ repository: `acme/${name}`, ref: `refs/tags/v${TAGS[name]}`, ...more }) satisfies WorldAttestation

/** The same repositories sign, otherwise. */
function resignAll(changes: Partial<Record<Name, Partial<WorldAttestation>>>): void {
  bench.world((good) =>
    Object.entries(changes).reduce((world, [name, more]) => resign(world, { name }, signed(name as Name, more)), good),
  )
}

/**
 * What one rule says of one package. Another rule may object to the same run with the same code (a signer that is not the
 * lock's), which would hide that this one is silent.
 */
const said = ({ document }: CliRun, rule: RuleId, name: string): readonly string[] =>
  document.dependencies
    .filter((one) => one.name === name)
    .flatMap(({ findings }) => findings.filter((finding) => finding.rule === rule))
    .map(({ level, code, message }) => `${level} ${code} ${message}`)
const REFS = 'ref-allow-list'
const CONTINUITY = 'signer-continuity'

describe('a signer that the trust lock knows', () => {
  it('T-ID-05: is another one under a trigger of strangers, unless the policy lets this package', async () => {
    const triggers = {
      tool: 'pull_request',
      numlib: 'pull_request_target',
      rsdata: 'issue_comment',
      rubylib: 'workflow_run',
    } as const
    const changes = Object.fromEntries(Object.entries(triggers).map(([name, trigger]) => [name, { trigger }]))
    resignAll(changes)
    const run = await bench.gate()
    expect(run.code).toBe(10)
    for (const [name, trigger] of Object.entries(triggers)) {
      expect([name, run.states[name]]).toStrictEqual([name, 'changed'])
      const refs = [expect.stringMatching(`^fail TRIGGER_DENIED .*a run that "${trigger}" triggered, not by a push`)]
      expect(said(run, REFS, name)).toStrictEqual(refs)
      expect(said(run, CONTINUITY, name)).toStrictEqual([
        expect.stringMatching(`^fail TRIGGER_DENIED .*triggers "${trigger}", not "push"`),
      ])
    }
    const except = '{ except: ["pkg:npm/tool"] }'
    bench.policy(`rules:\n  ref-allow-list: ${except}\n  signer-continuity: ${except}\n`)
    const excepted = await bench.gate()
    expect(excepted.codesOf('tool')).not.toContain('TRIGGER_DENIED')
    expect(excepted.codesOf('numlib')).toContain('TRIGGER_DENIED')
  })

  it('T-ID-06: is refused from a throw-away branch, and with the tag of another version', async () => {
    resignAll({
      tool: { ref: 'refs/heads/snapshot-a1b2c3d4' },
      numlib: { ref: 'refs/tags/v1.3.9' },
      rubylib: { ref: 'refs/heads/main-evil' },
    })
    const run = await bench.gate()
    expect(run.code).toBe(10)
    for (const [name, why] of [
      ['tool', 'from "refs/heads/snapshot-a1b2c3d4", which is no tag, not the default branch'],
      ['numlib', 'from "refs/tags/v1.3.9", which is not the tag of version "1.4.0"'],
      ['rubylib', 'from "refs/heads/main-evil", which is no tag, not the default branch'],
    ] as const) {
      expect([name, run.states[name]]).toStrictEqual([name, 'changed'])
      expect(said(run, REFS, name)).toStrictEqual([expect.stringContaining(why)])
      expect(said(run, REFS, name)[0]).toMatch(/^fail REF_DENIED /)
    }
    for (const name of ['tool', 'rubylib']) {
      expect(said(run, CONTINUITY, name)).toStrictEqual([
        expect.stringMatching(/^fail REF_DENIED .*refs "refs\/heads\//),
      ])
    }
  })

  it('T-ID-07: is refused on a runner that is not hosted, and on one that the certificate does not name', async () => {
    resignAll({ tool: { runner: 'self-hosted' }, rubylib: { runner: null } })
    const run = await bench.gate()
    expect([run.code, run.states.tool, run.states.rubylib]).toStrictEqual([10, 'changed', 'changed'])
    for (const [name, refs, continuity] of [
      [
        'tool',
        'built on a runner that is "self-hosted", not on a hosted one',
        'runner "self-hosted", not "github-hosted"',
      ],
      ['rubylib', 'built on a runner of which the certificate says nothing', 'not "github-hosted"'],
    ] as const) {
      expect(said(run, REFS, name)).toStrictEqual([expect.stringContaining(refs)])
      expect(said(run, REFS, name)[0]).toMatch(/^fail RUNNER_DENIED /)
      expect(said(run, CONTINUITY, name)).toStrictEqual([expect.stringContaining(continuity)])
    }
  })

  it('T-ID-05, T-ID-06, T-ID-07: is judged by its run where there is no lock to compare it with, too', async () => {
    bench.forget('tool', 'numlib', 'rsdata')
    resignAll({
      tool: { trigger: 'pull_request_target' },
      numlib: { ref: 'refs/heads/snapshot-a1b2c3d4' },
      rsdata: { runner: 'self-hosted' },
    })
    const run = await bench.gate('--profile', 'strict')
    expect(run.code).toBe(10)
    for (const [name, code] of [
      ['tool', 'TRIGGER_DENIED'],
      ['numlib', 'REF_DENIED'],
      ['rsdata', 'RUNNER_DENIED'],
    ] as const) {
      expect(said(run, REFS, name)).toStrictEqual([expect.stringMatching(`^fail ${code} `)])
      expect([name, said(run, CONTINUITY, name)]).toStrictEqual([name, []])
    }
  })

  it('T-ID-08: is not a repository of that name which was made anew', async () => {
    bench.world((good) =>
      resign(
        withRepository(good, 'acme/tool', (one) => ({ ...one, id: '990001', ownerId: '990002' })),
        { name: 'tool' },
        signed('tool', {}),
      ),
    )
    const { code, states, codesOf } = await bench.gate()
    expect([code, states.tool]).toStrictEqual([10, 'changed'])
    expect(codesOf('tool')).toContain('REPOSITORY_ID_MISMATCH')
  })

  it('T-ID-02: is not the same name from another issuer', async () => {
    resignAll({ tool: { issuer: 'https://token.example' } })
    const { code, states, codesOf } = await bench.gate()
    expect([code, states.tool]).toStrictEqual([10, 'changed'])
    expect(codesOf('tool')).toContain('SIGNER_CHANGED')
  })

  it('T-ID-09: is not who the registry says it is, however well index and certificate agree', async () => {
    bench.world((good) => {
      const stolen = resign(good, { name: 'numlib' }, { repository: 'mallory/numlib', ref: 'refs/tags/v1.4.0' })
      const named = stolen.packages.map((one) =>
        one.name === 'numlib' ? { ...one, repository: 'mallory/numlib', publisher: 'mallory/numlib' } : one,
      )
      return { ...stolen, packages: named }
    })
    const { code, states, codesOf } = await bench.gate()
    expect([code, states.numlib]).toStrictEqual([10, 'changed'])
    expect(codesOf('numlib')).toContain('SIGNER_CHANGED')
  })
})

describe('a signer that nobody named', () => {
  it('T-ID-03: is new, and said to be: not any signer, and not silently', async () => {
    bench.forget('tool')
    const { document } = await bench.gate()
    const tool = document.dependencies.find(({ name }) => name === 'tool')
    expect(tool).toMatchObject({ state: 'verified', qualifiers: expect.arrayContaining(['new']) })
    expect(document.limits.map(({ code }) => code)).toContain('TOFU_FIRST_SEEN')
  })
})

describe('a level', () => {
  it('T-ID-14: of three is nobody’s whom the policy does not name', async () => {
    bench.project.edit('.github/cleanbill.yml', (text) =>
      text.replace('source: { repository: acme/rsdata }', 'source: { repository: acme/rsdata }\n    level: 3'),
    )
    const { code, codesOf } = await bench.gate()
    expect(code).toBe(10)
    expect(codesOf('rsdata')).toContain('BUILDER_UNTRUSTED')
    bench.policy('builders:\n  - { signer: "acme/rsdata/.github/workflows/release.yml", level: 3 }\n')
    expect((await bench.gate()).code).toBe(0)
  })
})

describe('npm', () => {
  it('T-ID-11: vouches for provenance by a publish attestation, and without it there is none', async () => {
    bench.world((good) => resign(good, { name: 'tool' }, signed('tool', { broken: 'no-publish' })))
    const { code, states, codesOf } = await bench.gate()
    expect([code, states.tool]).toStrictEqual([10, 'invalid'])
    expect(codesOf('tool')).toContain('PUBLISH_ATTESTATION_MISSING')
  })
})
