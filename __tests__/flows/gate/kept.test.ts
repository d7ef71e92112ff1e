import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  DEPENDENCIES,
  type GateProject,
  LOCK,
  openGateProject,
  served,
  withoutLockEntry,
} from '../../support/gate-project.ts'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

let project: GateProject
let lock: string
let cacheDir: string
let evidence: string

beforeAll(async () => {
  project = await openGateProject()
  await project.init()
  lock = project.read(LOCK)
  cacheDir = project.path('.kept')
  evidence = project.path('.papers')
})
afterAll(() => project.close())
beforeEach(() => {
  project.restore()
  project.write(LOCK, lock)
  project.world.setDescription(project.good)
  for (const folder of [cacheDir, evidence]) rmSync(folder, { recursive: true, force: true })
  project.world.clearRequests()
})

const gate = (more: Parameters<GateProject['gate']>[0] = {}) => project.gate({ cacheDir, ...more })
const asked = (part: string) => project.world.requests().filter(({ path }) => path.includes(part)).length
const entries = (): string[] =>
  readdirSync(cacheDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** The kept answer about something, with another body whose digest its first line names. */
function rewrite(about: string, body: Uint8Array | string): void {
  const path = entries().find((name) => readFileSync(name, 'utf8').split('\n', 1)[0]?.includes(about))
  if (path === undefined) throw new Error(`nothing is kept about ${about}`)
  const head = JSON.parse(readFileSync(path, 'utf8').split('\n', 1)[0] ?? '')
  const sha256 = createHash('sha256').update(body).digest('hex')
  writeFileSync(path, Buffer.concat([Buffer.from(`${JSON.stringify({ ...head, sha256 })}\n`), Buffer.from(body)]))
}

async function npmAttestations(world: TestWorld, name: string, version: string): Promise<string> {
  const answer = await fetch(`${world.origins.npm}/-/npm/v1/attestations/${name}@${version}`)
  return await answer.text()
}

describe('bundles that were kept', () => {
  it('are not asked for again, and verified again', async () => {
    await gate()
    expect(asked('/-/npm/v1/attestations/tool')).toBe(1)
    project.world.clearRequests()
    const { states, verdict } = await gate({ profile: 'strict' })
    expect([states.tool, verdict.result]).toStrictEqual(['verified', 'PASSED'])
    expect([asked('attestations/tool'), asked('attestations/@acme'), asked('/integrity/')]).toStrictEqual([0, 0, 0])
  })

  it('are all that is kept: no verdict, and no answer of an API', async () => {
    await gate()
    const keys = entries().map((path) => String(JSON.parse(readFileSync(path, 'utf8').split('\n', 1)[0] ?? '').key))
    expect(keys.length).toBeGreaterThan(3)
    expect(keys.filter((key) => /graphql|run|review|compare|verdict|pulls/i.test(key))).toStrictEqual([])
  })

  it('verify without a network, and what cannot be asked is unreachable and said', async () => {
    await gate()
    project.world.clearRequests()
    const { states, verdict, of } = await gate({ offline: true })
    expect(project.world.requests()).toStrictEqual([])
    expect([states.tool, states['@acme/ui'], states.numlib, states.rubylib]).toStrictEqual(Array(4).fill('verified'))
    // The checksum database signs what it says: that proves itself, as a bundle does.
    expect(states['example.com/mod']).toBe('registered')
    for (const name of DEPENDENCIES.registered.filter((one) => one !== 'example.com/mod')) {
      expect(states[name]).toBe('unreachable')
      expect(of(name).findings.map(({ code }) => code)).toContain('SOURCE_UNREACHABLE')
    }
    expect(verdict.result).toBe('FAILED')
  })

  it('are none on a cold machine: then nothing is a pass', async () => {
    const { verdict } = await gate({ offline: true })
    expect(verdict.counts).toMatchObject({ verified: 0, registered: 0, absent: 0, lost: 0 })
    expect(verdict.result).toBe('FAILED')
  })
})

describe('a cache that somebody else has written (T-NS-09)', () => {
  let evil: TestWorld
  beforeAll(async () => {
    evil = await startTestWorld(project.good)
  })
  afterAll(() => evil.close())

  it('makes nothing verified that is not: a bundle by other keys', async () => {
    await gate()
    rewrite('npm attestations', '{}')
    rewrite('acme/ui', await npmAttestations(evil, '@acme%2fui', '2.0.1'))
    const { states, fails } = await gate()
    expect(states['@acme/ui']).toBe('invalid')
    expect(fails.filter((fail) => fail.startsWith('valid-evidence'))).toHaveLength(1)
  })

  it('makes nothing verified that is not: a good bundle about something else', async () => {
    await gate()
    rewrite('tool@1.2.0', await npmAttestations(project.world, '@acme%2fui', '2.0.1'))
    const { of } = await gate()
    expect(of('tool').state).toBe('invalid')
    expect(of('tool').findings.map(({ code }) => code)).toContain('PUBLISH_ATTESTATION_MISSING')
  })

  it('does not lose what is there: an empty answer is asked anew', async () => {
    await gate()
    for (const body of ['{"attestations":[]}', '', 'null', '{"verified":true}']) {
      rewrite('tool@1.2.0', body)
      expect((await gate({ profile: 'strict' })).states.tool).toBe('verified')
    }
  })

  it('holds no word that is believed: markers of an earlier verdict', async () => {
    const { world, good, edit } = project
    await gate()
    edit('package-lock.json', (text) =>
      text.replace(served(world, 'npm', 'plain').integrity, served(world, 'npm', 'checker').integrity),
    )
    for (const name of ['verified', 'plain@1.0.0.verified', 'verdict.json']) {
      writeFileSync(
        join(cacheDir, name),
        JSON.stringify({ verdict: 'PASSED', state: 'verified', id: 'pkg:npm/plain@1.0.0' }),
      )
    }
    world.setDescription(good)
    expect((await gate()).fails).toStrictEqual(['lock-matches-registry REGISTRY_DIGEST_MISMATCH plain'])
  })
})

describe('attestations in a folder', () => {
  const about = (name: string) => {
    const { file, version } = served(project.world, 'npm', name)
    return { name: `pkg:npm/${name}@${version}`, digest: { sha512: file.digests.sha512 ?? '' } }
  }
  const put = async (file: string, subject: ReturnType<typeof about>, world = project.world) => {
    const ref = `refs/tags/v${subject.name.split('@').at(-1)}`
    const { bundle } = await world.state.attest(subject, { repository: 'acme/plain', ref })
    project.write(`.papers/${file}`, JSON.stringify(bundle))
  }

  it('count as those of a registry do', async () => {
    await put('plain.sigstore.json', about('plain'))
    const { of } = await gate({ evidence })
    expect(of('plain')).toMatchObject({ state: 'verified', evidence: [{ source: 'folder' }] })
  })

  it('count without a network', async () => {
    await put('plain.json', about('plain'))
    expect((await gate({ evidence, offline: true, cacheDir: undefined })).states).toMatchObject({
      plain: 'verified',
      checker: 'unreachable',
    })
  })

  it('are held to the same roots, digests and names', async () => {
    const evil = await startTestWorld()
    await put('a.json', about('plain'), evil)
    await put('b.json', { ...about('checker'), digest: { sha512: 'ab'.repeat(64) } })
    await put('c.json', { ...about('checker'), name: 'pkg:npm/other@3.1.0' })
    const { states } = await gate({ evidence })
    await evil.close()
    expect([states.plain, states.checker]).toStrictEqual(['invalid', 'invalid'])
  })

  it('leave everything as it was where they are about nothing here, or damaged', async () => {
    await put('a.json', { ...about('plain'), digest: { sha512: 'ab'.repeat(64) } })
    project.write('.papers/broken.json', '{"mediaType":')
    project.write('.papers/readme.md', 'hello\n')
    expect((await gate({ evidence })).states.plain).toBe('registered')
  })

  it('say nothing about what registries lost', async () => {
    const { world, good, edit } = project
    world.setDescription({ ...good, packages: good.packages.filter(({ name }) => name !== 'plain') })
    edit(LOCK, (text) => withoutLockEntry(text, 'plain'))
    await put('checker.json', about('checker'))
    const { states } = await gate({ evidence })
    expect([states.plain, states.checker]).toStrictEqual(['absent', 'verified'])
  })
})
