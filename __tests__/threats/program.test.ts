import { appendFileSync, copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DIST, runNode, scratch } from '../support/built.ts'
import { cliOf } from '../support/gate-cli.ts'
import { makeJob } from '../support/github-job.ts'
import { sha256 } from '../support/real-signer.ts'
import { type GateBench, startGateBench } from './gate-bench.ts'

const folder = scratch()
let bench: GateBench
beforeAll(async () => {
  bench = await startGateBench()
})
afterAll(async () => {
  await bench.close()
  folder.remove()
})
beforeEach(() => bench.reset())

/** A copy of the program in which one thing is otherwise. */
function copyWith(change: (copy: string) => void): string {
  const copy = folder.path()
  cpSync(DIST, copy, { recursive: true })
  change(copy)
  return copy
}

const CHANGES: readonly (readonly [string, (copy: string) => void])[] = [
  ['the command', (copy) => appendFileSync(join(copy, 'main.mjs'), '\n')],
  ['the action', (copy) => appendFileSync(join(copy, 'action.mjs'), '\n')],
  ['the verifier of the threads', (copy) => writeFileSync(join(copy, 'verify-worker.mjs'), 'export {}\n')],
  ['the start file', (copy) => appendFileSync(join(copy, 'cli.js'), '// \n')],
  ['a file that is gone', (copy) => rmSync(join(copy, 'verify-worker.mjs'))],
  ['no list', (copy) => rmSync(join(copy, 'SHA256SUMS'))],
  ['a list that names nothing', (copy) => writeFileSync(join(copy, 'SHA256SUMS'), '')],
  [
    'a list without the verifier',
    (copy) => {
      const list = readFileSync(join(copy, 'SHA256SUMS'), 'utf8').split('\n')
      writeFileSync(join(copy, 'SHA256SUMS'), list.filter((line) => !line.endsWith('verify-worker.mjs')).join('\n'))
    },
  ],
  ['a part of another build', (copy) => copyFileSync(join(copy, 'index.mjs'), join(copy, 'verify-worker.mjs'))],
]

describe('the program', () => {
  it('T-AC-09: of which a part was replaced stops before it judges anything', async () => {
    const workspace = folder.path()
    for (const [what, change] of CHANGES) {
      const copy = copyWith(change)
      const env = { HOME: workspace }
      const gate = await runNode([join(copy, 'cli.js'), 'gate', '--json'], { cwd: workspace, env })
      expect([what, gate.code, JSON.parse(gate.stdout).code]).toStrictEqual([what, 1, 'PROGRAM_CHANGED'])
    }
  })

  it('T-AC-09: of which a part was replaced runs no command as an action either, and signs nothing', async () => {
    for (const [what, change] of CHANGES.filter((_, index) => index % 3 === 1)) {
      const copy = copyWith(change)
      const job = makeJob({ folder: folder.path() })
      const inputs = { run: 'touch ran', outputs: 'model: ran', sign: 'false' }
      const step = await job.step(inputs, { action: join(copy, 'action.mjs') })
      expect([what, step.code, step.stdout]).toStrictEqual([what, 1, expect.stringContaining('PROGRAM_CHANGED')])
      expect(step.outputs.signed).toBe('false')
      expect(existsSync(job.file('ran'))).toBe(false)
    }
  })

  it('T-AC-09: as it is shipped starts, and its list is the one that sha256sum reads', async () => {
    const copy = copyWith(() => undefined)
    const job = makeJob({ folder: folder.path() })
    const inputs = { run: 'touch ran', outputs: 'model: ran', sign: 'false' }
    expect((await job.step(inputs, { action: join(copy, 'action.mjs') })).code).toBe(0)
    const list = readFileSync(join(copy, 'SHA256SUMS'), 'utf8').trimEnd().split('\n')
    for (const line of list) {
      const [digest, name = ''] = line.split('  ')
      expect([name, digest]).toStrictEqual([name, sha256(readFileSync(join(copy, name)))])
    }
    expect(list).toHaveLength(6)
  })

  it('T-AC-09: that a workflow names by a tag is not pinned, and a gate that was started so says it', async () => {
    bench.project.edit('.github/workflows/train.yml', (text) =>
      text.replace('      - run: "true"\n', '      - uses: cleanbill/cleanbill@v1\n'),
    )
    const { code, document } = await bench.gate('--profile', 'strict')
    const found = document.findings.filter(({ rule }) => rule === 'pinned-actions')
    expect([code, found.map((one) => [one.code, one.level, one.dependency])]).toStrictEqual([
      10,
      expect.arrayContaining([['UNPINNED_ACTION', 'fail', 'pkg:github/cleanbill/cleanbill@v1']]),
    ])
    bench.reset()
    const limits = async (ref: string) => {
      const env = { GITHUB_ACTION_REPOSITORY: 'cleanbill/cleanbill', GITHUB_ACTION_REF: ref }
      const { stdout } = await cliOf(bench.project, ['gate', '--json', '--no-cache'], env)
      return JSON.parse(stdout).limits.map((limit: { code: string }) => limit.code)
    }
    expect(await limits('v1')).toContain('GATE_REF_MUTABLE')
    expect(await limits('ab'.repeat(20))).not.toContain('GATE_REF_MUTABLE')
  })
})
