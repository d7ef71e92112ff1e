import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addVersion, withPackage, withRepository } from '../../src/embedded/world/change.ts'
import type { WorldDescription } from '../../src/embedded/world/description.ts'
import type { RuleId } from '../../src/model/rules.ts'
import type { CliRun } from '../support/gate-cli.ts'
import { npmLock, withVersion } from '../support/gate-project.ts'
import { type GateBench, startGateBench } from './gate-bench.ts'

const NPM = [{ name: 'tool' }, { name: '@acme/ui' }, { name: 'plain' }, { name: 'checker', dev: true }]
const HOUR = 3_600_000
let bench: GateBench
beforeAll(async () => {
  bench = await startGateBench()
  bench.project.write('.gitignore', '.home\n.world\n')
  bench.project.commit('base')
})
afterAll(() => bench.close())
beforeEach(() => bench.reset())

const said = ({ document }: CliRun, rule: RuleId, name: string): readonly string[] =>
  document.dependencies
    .filter((one) => one.name === name)
    .flatMap(({ findings }) => findings.filter((finding) => finding.rule === rule))
    .map(({ level, code }) => `${level} ${code}`)

/** The next version of five packages, each signed as ever where it was signed, and each with something wrong in one place. */
function takenOver(good: WorldDescription): WorldDescription {
  const smuggled = withPackage(withVersion(good, 'tool', '1.3.0'), { name: 'tool', version: '1.3.0' }, (pack) => ({
    ...pack,
    archive: { ...pack.archive, 'router_init.js': '// new\n' },
  }))
  const scripted = addVersion(smuggled, { name: 'plain' }, '1.0.1', (pack) => ({
    ...pack,
    scripts: { postinstall: 'node bundle.js' },
  }))
  const young = addVersion(scripted, { name: 'checker' }, '3.2.0', (pack) => ({
    ...pack,
    publishedAt: new Date(Date.now() - HOUR).toISOString(),
  }))
  const alone = withRepository(withVersion(young, '@acme/ui', '2.1.0'), 'acme/ui', (one) => ({
    ...one,
    pullRequests: (one.pullRequests ?? []).map((request) => ({ ...request, approvers: [] })),
  }))
  const stranger = { ecosystem: 'npm', name: 'stranger', version: '0.0.1' } as const
  return {
    ...alone,
    packages: [...alone.packages, stranger],
    rebuilds: [{ ecosystem: 'npm', name: 'plain', version: '1.0.1', result: 'differs' }],
  }
}

describe('a builder that was taken over', () => {
  it('T-PP-13: signs as ever; what is otherwise about the release is found by the rule that looks there', async () => {
    bench.world(takenOver)
    bench.project.write('package-lock.json', npmLock(bench.project.world, [...NPM, { name: 'stranger' }]))
    bench.policy('rules:\n  independent-rebuild: fail\n  reviewed-source: fail\n')
    const run = await bench.gate('--base', 'main', '--profile', 'strict')
    expect(run.code).toBe(10)
    for (const [rule, name, code] of [
      ['source-matches-archive', 'tool', 'ARCHIVE_DRIFT'],
      ['new-entry-points', 'plain', 'NEW_INSTALL_SCRIPT'],
      ['independent-rebuild', 'plain', 'REBUILD_DIFFERS'],
      ['cooldown', 'checker', 'TOO_YOUNG'],
      ['reviewed-source', '@acme/ui', 'UNREVIEWED'],
      ['closed-world-dependencies', 'stranger', 'NEW_UNATTESTED'],
    ] as const) {
      expect([rule, said(run, rule, name)]).toStrictEqual([rule, [`fail ${code}`]])
    }
    // And who signed is none of it.
    for (const name of ['tool', '@acme/ui']) expect(said(run, 'signer-continuity', name)).toStrictEqual([])
  })

  it('T-PP-12: or whose token was stolen publishes without evidence: where no lock knows it, the version before does', async () => {
    bench.forget('tool')
    bench.project.commit('nobody has seen tool before')
    bench.world((good) => addVersion(good, { name: 'tool' }, '1.2.1', ({ attestation: _, ...pack }) => pack))
    bench.project.write('package-lock.json', npmLock(bench.project.world, NPM))
    const run = await bench.gate('--base', 'main')
    expect(run.code).toBe(10)
    expect(said(run, 'no-downgrade', 'tool')).toStrictEqual(['fail ATTESTATION_LOST'])
  })

  it('T-PP-13, T-NS-09: by a cache that any job may fill is told before: a job that releases restores none', async () => {
    const workflow = `on: push\njobs:\n  release:\n    permissions: { id-token: write }\n    steps:\n      - uses: actions/cache@${'ab'.repeat(20)}\n`
    bench.project.write('.github/workflows/release.yml', workflow)
    const { code, document } = await bench.gate('--profile', 'strict')
    bench.project.remove('.github/workflows/release.yml')
    const found = document.findings.filter(({ rule }) => rule === 'no-cache-restore')
    expect([code, found.map((one) => [one.code, one.level, one.line])]).toStrictEqual([
      10,
      [['CACHE_RESTORED', 'fail', 6]],
    ])
  })
})
