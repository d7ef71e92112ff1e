import { createHash, generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dropAttestation } from '../../src/embedded/world/change.ts'
import { FACTS_V1 } from '../../src/model/predicates/facts.ts'
import { VSA_V1 } from '../../src/model/predicates/vsa.ts'
import { cliOf } from '../support/gate-cli.ts'
import { DEPENDENCIES, type GateProject, LOCK, openGateProject, POLICY } from '../support/gate-project.ts'
import { type Document, statementIn } from '../support/github-job.ts'

const FILES = ['.github/workflows/train.yml', 'Cargo.lock', 'Gemfile.lock', 'go.sum', 'package-lock.json', 'uv.lock']

let project: GateProject
let lock: string
let out: string

beforeAll(async () => {
  project = await openGateProject({ clock: () => new Date() })
  await project.init()
  lock = project.read(LOCK)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  project.write('.home/key.pem', String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  project.write('.home/key.pub', String(publicKey.export({ type: 'spki', format: 'pem' })))
  out = project.path('.home/out')
})
afterAll(() => project.close())
beforeEach(() => {
  project.restore()
  project.write(LOCK, lock)
  project.world.setDescription(project.good)
  if (existsSync(out)) project.remove('.home/out')
})

const attest = (...argv: string[]) =>
  cliOf(project, ['gate', '--attest', '--signing-key', '.home/key.pem', '--out', out, ...argv])
const summary = (): Document => statementIn(join(out, 'attestation.json'))
const verify = (artifact: string, ...argv: string[]) =>
  cliOf(project, [
    ...['verify', artifact, '--bundle', join(out, 'attestation.json'), '--key', '.home/key.pub', '--offline', '--json'],
    ...['--predicate-type', VSA_V1, ...argv],
  ])

function digestsOf(name: string) {
  const text = project.read(name)
  const hash = (algorithm: string, prefix = '') => createHash(algorithm).update(prefix).update(text).digest('hex')
  return { sha256: hash('sha256'), gitBlob: hash('sha1', `blob ${Buffer.byteLength(text)}\0`) }
}

describe('gate --attest', () => {
  it('signs a summary about the judged files, which verifies for each of them', async () => {
    const { code, stdout } = await attest('--profile', 'strict')
    expect(code).toBe(0)
    expect(stdout).toContain('attestation.json')
    const { subject, predicateType, predicate } = summary()
    expect(predicateType).toBe(VSA_V1)
    const judged = [...FILES, POLICY, LOCK].sort()
    expect(subject.map(({ name }: Document) => name).sort()).toStrictEqual(judged)
    for (const { name, digest } of subject) expect(digest).toStrictEqual(digestsOf(name))
    expect(predicate).toMatchObject({
      verificationResult: 'PASSED',
      verifiedLevels: ['CLEANBILL_GATE_STRICT_V1'],
      policy: { digest: { sha256: digestsOf(POLICY).sha256 } },
    })
    const levels: Record<string, number> = predicate.dependencyLevels
    const total = Object.values(levels).reduce((sum, count) => sum + count, 0)
    expect(total).toBe(DEPENDENCIES.verified.length + DEPENDENCIES.registered.length)
    expect(levels.SLSA_BUILD_LEVEL_0).toBeGreaterThanOrEqual(DEPENDENCIES.registered.length)
    expect(levels.SLSA_BUILD_LEVEL_2).toBeGreaterThan(0)
    for (const file of ['package-lock.json', LOCK]) expect((await verify(file)).code).toBe(0)
  })

  it('names the attestations that were relied on, each by its digest', async () => {
    await attest('--json')
    const { inputAttestations } = summary().predicate
    expect(inputAttestations.length).toBeGreaterThanOrEqual(DEPENDENCIES.verified.length)
    for (const { digest } of inputAttestations) expect(digest.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  it('signs what was learned as well, as facts', async () => {
    await attest()
    const facts = statementIn(join(out, 'attestation-2.json'))
    expect(facts.predicateType).toBe(FACTS_V1)
    expect(facts.predicate.sources.length).toBeGreaterThan(3)
  })

  it('is refused for a file that was changed afterwards, and for another type', async () => {
    await attest()
    project.edit('go.sum', (text) => `${text}\n`)
    const changed = await verify('go.sum')
    expect([changed.code, JSON.parse(changed.stdout).code]).toStrictEqual([10, 'SUBJECT_MISMATCH'])
    const asProvenance = await cliOf(project, [
      ...['verify', 'uv.lock', '--bundle', join(out, 'attestation.json'), '--key', '.home/key.pub', '--offline'],
    ])
    expect(asProvenance.code).toBe(10)
  })

  it('T-PP-05: signs a FAILED verdict as that, and nobody can take it for the other', async () => {
    project.world.setDescription(dropAttestation(project.good, { name: 'tool' }))
    const { code } = await attest('--no-cache')
    expect(code).toBe(10)
    expect(summary().predicate).toMatchObject({ verificationResult: 'FAILED', verifiedLevels: ['FAILED'] })
    const { code: verified, stdout } = await verify('package-lock.json')
    expect([verified, JSON.parse(stdout).code]).toStrictEqual([10, 'VSA_REJECTED'])
  })

  it('counts levels of dependencies only when all of them were judged', async () => {
    project.write('.gitignore', '.home\n')
    project.git('init', '--quiet')
    project.commit('base')
    await attest('--base', 'main')
    expect(summary().predicate).not.toHaveProperty('dependencyLevels')
    expect(summary().predicate.verificationResult).toBe('PASSED')
    project.remove('.git')
    project.remove('.gitignore')
  })

  it('signs nothing when nothing could be judged', async () => {
    for (const name of FILES) project.remove(name)
    project.edit(POLICY, (text) => text.replace(/require:[\s\S]*/, ''))
    const { code } = await attest()
    expect([code, existsSync(out)]).toStrictEqual([1, false])
  })
})
