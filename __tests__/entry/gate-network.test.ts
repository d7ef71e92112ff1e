import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WorldFault } from '../../src/embedded/world/description.ts'
import { type CliRun, gateByCli } from '../support/gate-cli.ts'
import { DEPENDENCIES, type GateProject, openGateProject } from '../support/gate-project.ts'

const NOW = () => new Date()
const TOOL = 'npm /-/npm/v1/attestations/tool'
let project: GateProject
/** Slow answers take their time: they have a project of their own, so that others need not wait for them. */
let slowly: GateProject
let slowRun: Promise<CliRun>

beforeAll(async () => {
  project = await openGateProject({ clock: NOW })
  slowly = await openGateProject({ clock: NOW })
  await Promise.all([project.init(), slowly.init()])
  slowly.world.setFaults([
    { kind: 'timeout', match: TOOL },
    { kind: 'slow', match: 'pypi /integrity/numlib' },
  ])
  slowRun = gateByCli(slowly, ['--profile', 'strict', '--no-cache'])
})
afterAll(() => Promise.all([project.close(), slowly.close()]))

type Fault = Omit<WorldFault, 'match'>
const CASES: readonly (readonly [string, Fault])[] = [
  ['500', { kind: 'status', status: 500 }],
  ['503', { kind: 'status', status: 503 }],
  ['407, of a proxy that wants a password', { kind: 'status', status: 407 }],
  ['404, of a proxy that knows no such path', { kind: 'status', status: 404 }],
  ['403 with a rate limit', { kind: 'rate-limit', status: 403 }],
  ['429 without Retry-After', { kind: 'rate-limit' }],
  ['429 with an hour of Retry-After', { kind: 'rate-limit', retryAfter: 3600 }],
  ['a connection that is reset', { kind: 'reset' }],
  ['half a body', { kind: 'truncated' }],
  ['a sign-in page with 200', { kind: 'wrong-type' }],
  ['a redirect to the metadata service', { kind: 'redirect' }],
  ['a redirect to a neighbour', { kind: 'redirect', location: 'http://10.0.0.1/tool' }],
  ['a gigabyte in a megabyte', { kind: 'bomb' }],
]

describe('T-NS-01: a source that answers otherwise than it should', () => {
  it.each(CASES)('is no pass and no "nothing": %s', async (_, fault) => {
    project.world.setFaults([{ ...fault, match: TOOL }])
    const { code, states, document, codesOf } = await gateByCli(project, ['--profile', 'strict', '--no-cache'])
    expect(code).toBe(10)
    expect(states.tool).toBe('unreachable')
    expect(codesOf('tool')).toContain('SOURCE_UNREACHABLE')
    for (const name of DEPENDENCIES.verified) {
      // A rate limit is the host's: the other npm package may have to wait as long.
      if (name !== 'tool' && name !== '@acme/ui') expect(states[name]).toBe('verified')
    }
    expect(document.verdict).toBe('FAILED')
  })

  it('is asked again when it says when: 429 with Retry-After, then an answer', async () => {
    project.world.setFaults([{ kind: 'rate-limit', retryAfter: 1, times: 1, match: TOOL }])
    const { code, states } = await gateByCli(project, ['--profile', 'strict', '--no-cache'])
    expect([code, states.tool]).toStrictEqual([0, 'verified'])
  })

  it('is asked again after a fault that passes', async () => {
    project.world.setFaults([{ kind: 'reset', times: 2, match: TOOL }])
    const { code, states } = await gateByCli(project, ['--profile', 'strict', '--no-cache'])
    expect([code, states.tool]).toStrictEqual([0, 'verified'])
  })

  it.each<[string, string, Fault['kind'], string]>([
    ['the attestations at GitHub', 'github /repos/acme/rsdata/attestations', 'endless-pages', 'rsdata'],
    ['the files of a model', 'huggingface /api/models/acme/bert/tree', 'endless-pages', 'acme/bert'],
    ['the referrers of an image', 'oci:ghcr.io /v2/acme/base/referrers', 'endless-pages', 'ghcr.io/acme/base'],
  ])('T-NS-02, T-NS-06: is not followed for ever: pages without end of %s', async (_, match, kind, name) => {
    project.world.setFaults([
      { kind, match },
      { kind: 'status', status: 404, match: 'github /orgs/acme/attestations' },
    ])
    const { code, states, codesOf } = await gateByCli(project, ['--profile', 'strict', '--no-cache'])
    expect(code).toBe(10)
    expect(states[name]).toBe('unreachable')
    expect(codesOf(name)).toContain('SOURCE_TRUNCATED')
  })

  it('is no pass when every source is down, and nothing is called absent', async () => {
    project.world.setFaults([{ kind: 'status', status: 502, match: '/' }])
    const { code, document } = await gateByCli(project, ['--profile', 'recommended', '--no-cache'])
    expect(code).toBe(10)
    expect(document.counts).toMatchObject({ unreachable: 14, verified: 0, registered: 0, absent: 0, lost: 0 })
  })

  it('is waited for no longer than the run can wait: it never answers, or a few bytes at a time', async () => {
    const { code, states } = await slowRun
    expect([code, states.tool, states.numlib]).toStrictEqual([10, 'unreachable', 'unreachable'])
  })
})

describe('T-NS-10: a mirror that strips evidence', () => {
  const MIRROR: readonly WorldFault[] = [
    { kind: 'status', status: 404, match: 'npm /-/npm/v1/attestations/' },
    { kind: 'status', status: 404, match: 'npm /-/npm/v1/keys' },
  ]

  it('cannot say that there is none', async () => {
    project.world.setFaults(MIRROR)
    const { code, states, codesOf } = await gateByCli(project, ['--no-cache'])
    expect(code).toBe(10)
    expect([states.tool, states['@acme/ui']]).toStrictEqual(['unreachable', 'unreachable'])
    expect(codesOf('tool')).toContain('SOURCE_UNREACHABLE')
  })
})
