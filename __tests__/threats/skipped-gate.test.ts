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

/** What the gate says of this workflow, by level. */
async function judged(workflow: string, ...argv: string[]) {
  bench.project.write('.github/workflows/gate.yml', workflow)
  const { code, document } = await bench.gate(...argv)
  const own = document.findings.filter(({ file }) => file === '.github/workflows/gate.yml')
  return { code, found: own.map((one) => `${one.rule} ${one.code} ${one.level} ${one.line}`), own }
}

describe('a workflow whose gate can be skipped', () => {
  it('T-AC-08: is told so, whichever way round the gate there is; the ones that we show have none', async () => {
    for (const name of ['workflow.yml', 'workflow-target.yml', 'workflow-last.yml', 'workflow-signed.yml']) {
      const { own } = await judged(example(name), '--profile', 'strict')
      const ofWorkflows = own.filter(({ rule }) => ['before-install', 'pinned-actions'].includes(rule))
      expect([name, ofWorkflows]).toStrictEqual([name, []])
    }
    const good = example('workflow.yml')
    const last = example('workflow-last.yml')
    const job = (lines: string) => good.replace(/^( {2}gate:).*\n/m, `$1\n${lines}`)
    const step = (lines: string) => good.replace(/^( {6}- uses: cleanbill\/\S+).*\n/m, `$1\n${lines}`)
    const ways = {
      'a condition': job("    if: github.actor != 'bot'\n"),
      never: job(`    if: \${{ false }}\n`),
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
    for (const [way, workflow] of Object.entries(ways)) {
      expect([way, [good, last].includes(workflow)]).toStrictEqual([way, false])
      const strict = await judged(workflow, '--profile', 'strict')
      const codes = strict.found.filter((one) => one.startsWith('before-install GATE_SKIPPABLE fail'))
      expect([way, strict.code, codes.length]).toStrictEqual([way, 10, 1])
    }
    const { found } = await judged(ways.never)
    expect(found).toContain('before-install GATE_SKIPPABLE warn 13')
    // Nobody's check: it decides over no change, or does the work that it gates.
    for (const other of [
      ways.never.replace('  pull_request:\n  merge_group:\n', '  schedule: [{ cron: "1 1 * * *" }]\n'),
      step('        if: github.ref_name == github.event.repository.default_branch\n        with: { run: make }\n'),
      job('    if: always()\n'),
    ]) {
      expect((await judged(other)).found.filter((one) => one.includes('GATE_SKIPPABLE'))).toStrictEqual([])
    }
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
