import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { breakAttestation, withPackage, withRepository } from '../../src/embedded/world/change.ts'
import { imageContent } from '../../src/embedded/world/services/oci-content.ts'
import { CHECKOUT, served } from '../support/gate-project.ts'
import { type GateBench, startGateBench } from './gate-bench.ts'

let bench: GateBench
beforeAll(async () => {
  bench = await startGateBench()
})
afterAll(() => bench.close())
beforeEach(() => bench.reset())

const WORKFLOW = '.github/workflows/train.yml'

describe('an attestation of a package', () => {
  it('T-SU-01, T-SU-02: is about the bytes and the name that the lock has', async () => {
    bench.world((good) =>
      breakAttestation(breakAttestation(good, { name: 'tool' }, 'digest'), { name: '@acme/ui' }, 'name'),
    )
    const { code, states, codesOf } = await bench.gate()
    expect([code, states.tool, states['@acme/ui']]).toStrictEqual([10, 'invalid', 'invalid'])
    expect(codesOf('tool')).toContain('SUBJECT_MISMATCH')
    expect(codesOf('@acme/ui')).toContain('SUBJECT_NAME_MISMATCH')
  })

  it('T-SU-06: is compared with every hash that the lock gives, and sha1 alone is none', async () => {
    const { integrity } = served(bench.project.world, 'npm', 'plain')
    const tool = served(bench.project.world, 'npm', 'tool').integrity
    // As the registry itself has it, so that nothing but its weakness is wrong.
    const sha1 = (name: string) => `sha1-${createHash('sha1').update(name).digest('base64')}`
    bench.project.edit('package-lock.json', (text) =>
      text.replace(integrity, sha1('plain@1.0.0')).replace(tool, sha1('tool@1.2.0')),
    )
    const weak = await bench.gate('--profile', 'strict')
    expect([weak.code, weak.states.plain, weak.states.tool]).toStrictEqual([10, 'absent', 'unsupported'])
    expect(weak.codesOf('plain')).toContain('REGISTRY_NOT_VOUCHED')
    bench.reset()
    const sha512 = `sha512-${Buffer.alloc(64, 1).toString('base64')}`
    bench.project.edit('package-lock.json', (text) => text.replace(integrity, `${integrity} ${sha512}`))
    const several = await bench.gate()
    expect(several.code).toBe(10)
    expect(several.document.findings.map(({ code }) => code)).toContain('FILE_UNREAD')
  })

  it('T-SU-12: is about one file of a release: the other one that may be installed is not covered by it', async () => {
    const { world } = bench.project
    const wheel = { name: 'numlib-1.4.0-py3-none-any.whl' }
    const sdist = { name: 'numlib-1.4.0.tar.gz', attestation: null }
    bench.world((good) => withPackage(good, { name: 'numlib' }, (one) => ({ ...one, files: [wheel, sdist] })))
    const pack = world.state.versions('pypi', 'numlib').at(-1)
    if (pack === undefined) throw new Error('no numlib')
    const [first, second] = world.state
      .filesOf(pack)
      .map(
        ({ name, digests, bytes }) =>
          `{ url = "https://files.pythonhosted.org/packages/aa/${name}", hash = "sha256:${digests.sha256}", size = ${bytes} }`,
      )
    const lock = (sdistLine: string) =>
      bench.project.write(
        'uv.lock',
        `version = 1\n\n[[package]]\nname = "numlib"\nversion = "1.4.0"\nsource = { registry = "https://pypi.org/simple" }\n${sdistLine}wheels = [\n    ${first},\n]\n`,
      )
    lock('')
    expect((await bench.gate()).states.numlib).toBe('verified')
    lock(`sdist = ${second}\n`)
    // On a platform that the wheel is for, no installer builds the archive: it is pinned, and that is said.
    const pinned = await bench.gate()
    expect(pinned.states.numlib).toBe('verified')
    expect(pinned.document.limits.map((limit) => limit.code)).toContain('FILES_PINNED')
    bench.project.edit('.github/cleanbill.yml', (text) => text.replace('platforms: [linux-x64]', 'platforms: []'))
    const { code, states, codesOf } = await bench.gate()
    expect([code, states.numlib]).toStrictEqual([10, 'lost'])
    expect(codesOf('numlib')).toContain('ATTESTATION_LOST')
  })
})

describe('an attestation of an image', () => {
  it('T-SU-13: is about the index that the workflow names, and about no manifest beside it', async () => {
    const [image] = bench.project.good.images ?? []
    if (image === undefined) throw new Error('no image')
    const { index, platforms } = imageContent(image)
    const [platform] = platforms
    bench.project.edit(WORKFLOW, (text) => text.replace(index.digest, platform?.digest ?? ''))
    const other = await bench.gate('--profile', 'strict')
    expect(other.code).toBe(10)
    expect(other.states['ghcr.io/acme/base']).toBe('lost')
    bench.reset()
    bench.project.edit(WORKFLOW, (text) => text.replace(index.digest, `sha256:${'0'.repeat(64)}`))
    const gone = await bench.gate('--profile', 'strict')
    expect([gone.code, gone.states['ghcr.io/acme/base']]).toStrictEqual([10, 'unreadable'])
  })
})

describe('an attestation of a release', () => {
  const tagged = (tag: { commit: string; annotated: boolean }) =>
    bench.world((good) =>
      withRepository(good, 'actions/checkout', (one) => ({
        ...one,
        branches: { main: [CHECKOUT, 'd1'.repeat(20)] },
        tags: [{ name: 'v4.2.1', ...tag }],
      })),
    )

  it('T-SU-15: counts at a tag of its own and at a light one, and not when the tag is elsewhere', async () => {
    for (const annotated of [true, false]) {
      tagged({ commit: CHECKOUT, annotated })
      expect((await bench.gate()).states['actions/checkout']).toBe('verified')
    }
    tagged({ commit: 'd1'.repeat(20), annotated: true })
    const { code, states, codesOf } = await bench.gate()
    expect([code, states['actions/checkout']]).toStrictEqual([10, 'lost'])
    expect(codesOf('actions/checkout')).toContain('PIN_COMMENT_MISMATCH')
  })

  it.each([
    ['T-SU-02: that names another repository is none of this one', 'name', 'SUBJECT_NAME_MISMATCH'],
    ['T-SU-02: that names another tag than its subject says neither', 'claims', 'CLAIM_CONFLICT'],
    ['T-ID-01: that a workflow signed is not GitHub’s word', 'signer', 'IDENTITY_MISMATCH'],
  ] as const)('%s', async (_, broken, code) => {
    bench.world((good) =>
      withRepository(good, 'actions/checkout', (one) => ({
        ...one,
        releases: [{ tag: 'v4.2.1', immutable: true, broken }],
      })),
    )
    const { code: exit, states, codesOf } = await bench.gate()
    expect([exit, states['actions/checkout']]).toStrictEqual([10, 'invalid'])
    expect(codesOf('actions/checkout')).toContain(code)
  })
})
