import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { WorldModel, WorldRepository } from '../../src/embedded/world/description.ts'
import { CHECKOUT, POLICY, REVISION } from '../support/gate-project.ts'
import { type GateBench, startGateBench } from './gate-bench.ts'

let bench: GateBench
beforeAll(async () => {
  bench = await startGateBench()
})
afterAll(() => bench.close())
beforeEach(() => bench.reset())

const WORKFLOW = '.github/workflows/train.yml'
const PIN = 'ab'.repeat(20)
const ORPHAN = 'cd'.repeat(20)
const steps = (...lines: readonly string[]) =>
  bench.project.edit(WORKFLOW, (text) =>
    text.replace('      - run: "true"\n', lines.map((line) => `      - ${line}\n`).join('')),
  )
const repositories = (...more: readonly WorldRepository[]) =>
  bench.world((good) => ({ ...good, repositories: [...good.repositories, ...more] }))
/** Exit under `strict`, and what fails in it by rule and code. */
async function strict(): Promise<readonly [number | null, readonly string[]]> {
  const { code, document } = await bench.gate('--profile', 'strict')
  const failing = document.findings.filter(({ level }) => level === 'fail')
  return [code, failing.map((finding) => `${finding.rule} ${finding.code}`)]
}

describe('a workflow', () => {
  it('T-AC-22: that downloads a tool while it runs is told so', async () => {
    steps('run: curl -fsSLo tool https://tools.example/tool && chmod +x tool && ./tool')
    const [code, failing] = await strict()
    expect([code, failing]).toStrictEqual([10, expect.arrayContaining(['before-install RUNTIME_DOWNLOAD'])])
  })

  it('T-AC-23: that installs before the gate runs is too late', async () => {
    steps('run: npm ci', `uses: cleanbill/cleanbill@${PIN}`)
    repositories({ name: 'cleanbill/cleanbill', branches: { main: [PIN] }, trees: { [PIN]: { 'action.yml': LEAF } } })
    expect((await strict())[1]).toContain('before-install GATE_TOO_LATE')
  })

  it('T-AC-24: that pins an action which uses a moving tag inside is not pinned', async () => {
    const inner = 'runs:\n  using: composite\n  steps:\n    - uses: acme/inner@v1\n'
    steps(`uses: acme/outer@${PIN}`)
    repositories(
      { name: 'acme/outer', branches: { main: [PIN] }, trees: { [PIN]: { 'action.yml': inner } } },
      { name: 'acme/inner', branches: { main: [CHECKOUT] }, tags: [{ name: 'v1', commit: CHECKOUT }] },
    )
    const { document } = await bench.gate('--profile', 'strict')
    const [finding] = document.findings.filter(({ code }) => code === 'UNPINNED_ACTION')
    expect([finding?.level, finding?.dependency]).toStrictEqual(['fail', 'pkg:github/acme/inner@v1'])
  })

  it('T-AC-25: that pins a commit of the fork network only is refused, though the commit answers', async () => {
    steps(`uses: acme/outer@${ORPHAN}`)
    repositories({
      ...{ name: 'acme/outer', branches: { main: [PIN] }, orphans: [ORPHAN] },
      trees: { [PIN]: { 'action.yml': LEAF }, [ORPHAN]: { 'action.yml': LEAF } },
    })
    const [code, failing] = await strict()
    expect([code, failing.includes('reachable-commit COMMIT_UNREACHABLE')]).toStrictEqual([10, true])
  })

  it('T-AC-26: whose comment names another version than its pin is told so', async () => {
    steps(`uses: acme/outer@${PIN} # v2.0.0`)
    repositories({
      ...{ name: 'acme/outer', branches: { main: [PIN, CHECKOUT] }, trees: { [PIN]: { 'action.yml': LEAF } } },
      tags: [
        { name: 'v1.0.0', commit: PIN },
        { name: 'v2.0.0', commit: CHECKOUT },
      ],
    })
    const { document } = await bench.gate('--profile', 'strict')
    expect(document.findings.map(({ code }) => code)).toContain('PIN_COMMENT_MISMATCH')
  })
})

const LEAF = 'name: leaf\nruns:\n  using: node24\n  main: index.js\n'

describe('a model or data set of the policy', () => {
  const model = (change: (one: WorldModel) => WorldModel) =>
    bench.world((good) => ({ ...good, models: (good.models ?? []).map(change) }))

  it('T-MF-12: that brings code beside its weights is refused', async () => {
    model(({ signed: _, ...one }) => ({ ...one, files: { ...one.files, 'loader.py': 'import os', 'x.pkl': 'pickle' } }))
    const [code, failing] = await strict()
    expect([code, failing.includes('pinned-models MODEL_CODE')]).toStrictEqual([10, true])
  })

  it('T-MF-13: by the name of a branch, or under an owner that changed, is refused', async () => {
    bench.project.edit(POLICY, (text) => text.replace(REVISION, 'main'))
    expect((await strict())[1]).toContain('pinned-models REVISION_MUTABLE')
    bench.reset()
    model((one) => ({ ...one, ownerId: 'f0'.repeat(12) }))
    const { code, document } = await bench.gate()
    expect([code, document.findings.some((finding) => finding.code === 'OWNER_CHANGED')]).toStrictEqual([10, true])
  })

  it('T-MF-16: at an address that serves other bytes than were pinned, or none, does not pass', async () => {
    const { huggingface = '' } = bench.project.world.origins
    const at = (name: string) => `${huggingface}/acme/bert/resolve/${REVISION}/${name}`
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    const states = async (name: string, digest: string) => {
      bench.reset()
      bench.project.edit(POLICY, (text) =>
        text.replace('inputs:\n', `inputs:\n  - { role: dataset, ref: "${at(name)}", sha256: ${digest} }\n`),
      )
      const { code, document } = await bench.gate('--profile', 'strict')
      return [code, document.dependencies.find(({ id }) => id.startsWith('url:'))?.state]
    }
    expect((await states('model.safetensors', sha256('weights')))[1]).toBe('absent')
    expect(await states('model.safetensors', sha256('other'))).toStrictEqual([10, 'invalid'])
    expect(await states('gone.bin', sha256('weights'))).toStrictEqual([10, 'unreachable'])
  })
})
