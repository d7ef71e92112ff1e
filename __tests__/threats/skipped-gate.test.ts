import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dropAttestation } from '../../src/embedded/world/change.ts'
import { VSA_V1 } from '../../src/model/predicates/vsa.ts'
import { CHECKOUT } from '../support/gate-project.ts'
import { type GateBench, startGateBench } from './gate-bench.ts'

const EXAMPLES = resolve(import.meta.dirname, '../../examples/gate')
const PIN = 'ab'.repeat(20)
const LEAF = 'name: leaf\nruns:\n  using: node24\n  main: index.js\n'
let bench: GateBench
beforeAll(async () => {
  bench = await startGateBench()
})
afterAll(() => bench.close())
beforeEach(() => {
  bench.reset()
  bench.world((good) => ({
    ...good,
    repositories: [
      ...good.repositories,
      { name: 'cleanbill/cleanbill', branches: { main: [PIN] }, trees: { [PIN]: { 'action.yml': LEAF } } },
    ],
  }))
})

/** As somebody copies it, with its actions pinned. */
const example = (name: string): string =>
  readFileSync(join(EXAMPLES, name), 'utf8')
    .replaceAll('checkout@<40-hex commit>', `checkout@${CHECKOUT}`)
    .replaceAll('<40-hex commit>', PIN)

/** What the rules on workflows say of each of these, all of them judged at once. */
async function judged(workflows: Readonly<Record<string, string>>, ...argv: string[]) {
  const { project } = bench
  const paths = Object.keys(workflows).map((_, index) => `.github/workflows/gate-${index}.yml`)
  for (const [index, text] of Object.values(workflows).entries()) project.write(paths[index] ?? '', text)
  const { code, document } = await bench.gate(...argv)
  for (const path of paths) project.remove(path)
  const said = document.findings.filter(({ rule }) => rule === 'before-install' || rule === 'pinned-actions')
  const of = (path: string | undefined) => said.filter(({ file }) => file === path)
  const found = Object.keys(workflows).map((name, index) => [
    name,
    of(paths[index]).map((one) => `${one.rule} ${one.code} ${one.level}`),
  ])
  return { code, found: Object.fromEntries(found), lines: said.map(({ line }) => line) }
}

describe('a workflow whose gate can be skipped', () => {
  const good = example('workflow.yml')
  const last = example('workflow-last.yml')
  const job = (lines: string) => good.replace(/^( {2}gate:).*\n/m, `$1\n${lines}`)
  const step = (lines: string) => good.replace(/^( {6}- uses: cleanbill\/\S+).*\n/m, `$1\n${lines}`)
  const never = job(`    if: \${{ false }}\n`)
  const ways = {
    'a condition': job("    if: github.actor != 'bot'\n"),
    never,
    'a job before it': job('    needs: other\n').replace(
      'jobs:\n',
      'jobs:\n  other:\n    runs-on: ubuntu-latest\n    steps: [{ run: "false" }]\n',
    ),
    'a failure that is tolerated': job('    continue-on-error: true\n'),
    'a failure that may be tolerated': job(`    continue-on-error: \${{ matrix.soft }}\n`),
    'a step with a condition': step('        if: success() && github.event.pull_request.draft == false\n'),
    'a step that may fail': step('        continue-on-error: true\n'),
    'no last job that always runs': last.replace('    if: always()\n', ''),
    'a last job that looks at another': last.replace('needs.gate.result', 'needs.changes.result'),
  }

  it('T-AC-08: is told so, whichever way round the gate there is', async () => {
    expect(new Set([good, last, ...Object.values(ways)]).size).toBe(2 + Object.keys(ways).length)
    const fails = Object.keys(ways).map((way) => [way, ['before-install GATE_SKIPPABLE fail']])
    const { code, found } = await judged(ways, '--profile', 'strict')
    expect([code, found]).toStrictEqual([10, Object.fromEntries(fails)])
    const one = await judged({ never })
    expect(one.found).toStrictEqual({ never: ['before-install GATE_SKIPPABLE warn'] })
    expect(one.lines).toStrictEqual([13])
  })

  it('T-AC-08: is none that we show, and none that decides over no change', async () => {
    const names = ['workflow.yml', 'workflow-target.yml', 'workflow-last.yml', 'workflow-signed.yml']
    const { found } = await judged(
      {
        ...Object.fromEntries(names.map((name) => [name, example(name)])),
        'on no change': never.replace('  pull_request:\n  merge_group:\n', '  schedule: [{ cron: "1 1 * * *" }]\n'),
        'with the work': step('        if: github.ref_name == github.base_ref\n        with: { run: make }\n'),
        always: job('    if: always()\n'),
      },
      ...['--profile', 'strict'],
    )
    expect(Object.values(found).flat()).toStrictEqual([])
  })

  it('T-AC-08: has signed no verdict, and whoever asks for one is refused', async () => {
    const { project } = bench
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    project.write('.home/key.pem', String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
    project.write('.home/key.pub', String(publicKey.export({ type: 'spki', format: 'pem' })))
    const attest = () =>
      bench.cli('gate', '--no-cache', '--attest', '--signing-key', '.home/key.pem', '--out', '.home/out')
    /** The job behind it, which does not know whether the gate ran. */
    const asked = async (...bundle: string[]) => {
      const who = ['--key', '.home/key.pub', '--offline', '--json', '--predicate-type', VSA_V1]
      const { code, stdout } = await bench.cli('verify', 'package-lock.json', ...bundle, ...who)
      return [code, JSON.parse(stdout).code]
    }
    const bundle = ['--bundle', '.home/out/attestation.json']
    expect(await asked()).toStrictEqual([10, 'ATTESTATION_ABSENT'])
    expect((await attest()).code).toBe(0)
    expect(await asked(...bundle)).toStrictEqual([0, null])
    bench.world((good) => dropAttestation(good, { name: 'tool' }))
    expect((await attest()).code).toBe(10)
    expect(await asked(...bundle)).toStrictEqual([10, 'VSA_REJECTED'])
  })
})
