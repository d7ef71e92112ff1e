import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import { start } from '../embedded/signing.ts'
import { runCli, scratch } from '../support/built.ts'
import { type Fault, startGithubApi, type TokenSetup } from '../support/github-api.ts'
import { instance, makeJob, REPOSITORY, readJson, STORE_TOKEN, verifyBundle } from '../support/github-job.ts'
import { type OciRegistry, startOciRegistry } from '../support/oci-registry.ts'

const folder = scratch()
let sigstore: EmbeddedSigstore

beforeAll(async () => {
  sigstore = await start(folder.path('sigstore'))
})
afterAll(async () => {
  await sigstore.close()
  folder.remove()
})

const STEP = { run: 'echo 1 > a.bin', outputs: 'model: a.bin', 'github-token': STORE_TOKEN }
const POST = `POST /repos/${REPOSITORY}/attestations`

/** One step against a GitHub API that does what the test wants; the API is gone afterwards. */
async function stepWith(faults: readonly Fault[], setup: { token?: TokenSetup; inputs?: Record<string, string> } = {}) {
  const tokens = { [STORE_TOKEN]: setup.token ?? { attestations: 'write' as const } }
  const api = await startGithubApi({ repositories: [{ name: REPOSITORY }], tokens })
  api.misbehave(POST, ...faults)
  const job = makeJob({ folder: folder.path(), sigstore, apiUrl: api.url })
  try {
    const result = await job.step({ ...STEP, ...setup.inputs })
    return {
      ...job,
      api,
      result,
      bundle: join(job.workspace, '.cleanbill/attestation.json'),
      outbox: join(job.workspace, '.cleanbill/outbox'),
    }
  } finally {
    await api.close()
  }
}

const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status: code,
  headers,
})

describe.concurrent('GitHub’s attestation store', () => {
  it.each([
    ['a token without attestations: write', [], { attestations: 'read' }, 'STORE_DENIED'],
    ['403', [status(403)], undefined, 'STORE_DENIED'],
    ['404', [status(404)], undefined, 'STORE_DENIED'],
    ['422', [status(422)], undefined, 'STORE_REFUSED'],
  ] as const)('refuses with %s: the step fails, the signed bundle is on disk', async (_, faults, token, code) => {
    const { result, bundle, outbox } = await stepWith(faults, token === undefined ? {} : { token })
    expect(result.stdout).toMatch(new RegExp(`^::error title=Cleanbill ${code}::`, 'm'))
    expect(result.code).toBe(1)
    expect(result.stdout).toContain(bundle)
    expect(verifyBundle(bundle, sigstore).statement.subject).toHaveLength(1)
    expect(existsSync(outbox)).toBe(false)
    expect(result.outputs).toMatchObject({ 'bundle-path': bundle, signed: 'true', 'attestation-id': '' })
    expect(result.summary).toContain('refused by a store')
  })

  it('writes no output through a link that the command put in place of the runner’s file', async () => {
    const job = makeJob({ folder: folder.path(), sigstore })
    const run = 'echo 1 > a.bin; rm -f "$GITHUB_OUTPUT"; ln -s "$PWD/a.bin" "$GITHUB_OUTPUT"'
    const result = await job.step({ ...STEP, store: 'none', run })
    expect(result.code).toBe(1)
    expect(result.stdout).toContain('WRITE_FAILED')
  })

  it('keeps the papers of an earlier step of the job where they were announced', async () => {
    const job = makeJob({ folder: folder.path(), sigstore })
    const first = await job.step({ ...STEP, store: 'none' })
    const second = await job.step({ ...STEP, store: 'none', run: 'echo 2 > a.bin' })
    expect(second.outputs['bundle-path']).not.toBe(first.outputs['bundle-path'])
    const digests = [first, second].map(({ outputs }) => {
      const { statement } = verifyBundle(outputs['bundle-path'] ?? '', sigstore)
      return `sha256:${statement.subject[0]?.digest.sha256}`
    })
    expect(digests).toEqual([first.outputs['subject-digest'], second.outputs['subject-digest']])
    expect(new Set(digests).size).toBe(2)
  })

  it.each([
    ['429 with an hour to wait', [status(429, { 'retry-after': '3600' })], 'STORE_RATE_LIMITED'],
    [
      '403 with a spent quota',
      [status(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '4102444800' })],
      'STORE_RATE_LIMITED',
    ],
    ['503 with an hour to wait', [status(503, { 'retry-after': '3600' })], 'STORE_UNAVAILABLE'],
    ['500 every time', Array.from({ length: 5 }, () => status(500)), 'STORE_UNAVAILABLE'],
  ] as const)('answers %s: signed, and the upload waits', async (_, faults, code) => {
    const { result, bundle, outbox } = await stepWith(faults)
    expect(result.code).toBe(0)
    expect(result.stdout).toContain(code)
    expect(result.outputs).toMatchObject({
      signed: 'true',
      pending: 'true',
      'bundle-path': bundle,
      'outbox-path': outbox,
      'attestation-id': '',
    })
    expect(verifyBundle(bundle, sigstore).statement.subject).toHaveLength(1)
    expect(readdirSync(outbox)).toStrictEqual([expect.stringMatching(/^[0-9a-f]{32}-github-store\.unpublished\.json$/)])
    expect(result.summary).toContain('Waiting in the outbox')
  })

  it('exits 11 for the same with on-outage: fail', async () => {
    const { result, outbox } = await stepWith([status(503, { 'retry-after': '3600' })], {
      inputs: { 'on-outage': 'fail' },
    })
    expect(result.code).toBe(11)
    expect(readdirSync(outbox)).toHaveLength(1)
  })

  it.each([
    ['half a body', [{ kind: 'half-body' }]],
    ['a reset connection', [{ kind: 'reset' }]],
    ['429 with a second to wait', [status(429, { 'retry-after': '1' })]],
  ] as const)('answers %s once: the step asks again and is stored once', async (_, faults) => {
    const { result, api } = await stepWith(faults)
    expect(result.code).toBe(0)
    expect(result.outputs).toMatchObject({ pending: 'false', 'attestation-id': '4711' })
    expect(api.attestations).toHaveLength(1)
  })

  it('takes what waited when sign --outbox runs later, and the outbox is empty', async () => {
    const { result, outbox, bundle, env, workspace } = await stepWith([status(503, { 'retry-after': '3600' })])
    expect(result.outputs.pending).toBe('true')
    const before = readJson(bundle)
    const api = await startGithubApi({
      repositories: [{ name: REPOSITORY }],
      tokens: { [STORE_TOKEN]: { attestations: 'write' } },
    })
    try {
      const environment = { ...env, GITHUB_API_URL: api.url, GITHUB_TOKEN: STORE_TOKEN }
      const finished = await runCli(['sign', '--outbox', outbox, '--json'], { cwd: workspace, env: environment })
      expect(finished.stderr).not.toContain('error')
      expect(finished.code).toBe(0)
      expect(JSON.parse(finished.stdout).signed).toMatchObject([
        { late: false, published: [{ publisher: 'github-store', id: '4711' }] },
      ])
      expect(api.attestations).toHaveLength(1)
      expect(api.attestations[0]?.bundle).toStrictEqual(before)
      expect(readdirSync(outbox)).toStrictEqual([])
    } finally {
      await api.close()
    }
  })
})

describe('an image among the outputs', () => {
  let registry: OciRegistry
  beforeAll(async () => {
    registry = await startOciRegistry()
  })
  afterAll(() => registry.close())

  it('is looked up after the command, becomes a subject by digest, and gets the bundle as a referrer', async () => {
    const { digest } = registry.seed('acme/app', 'v1')
    const job = makeJob({ folder: folder.path(), sigstore })
    const image = `oci://${registry.host}/acme/app:v1`
    const result = await job.step({
      run: 'true',
      outputs: `image: ${image}`,
      'push-to-registry': `oci://${registry.host}/acme/app@${digest}`,
    })
    expect(result.stdout).not.toContain('::error')
    expect(result.code).toBe(0)
    const { statement } = verifyBundle(join(job.workspace, '.cleanbill/attestation.json'), sigstore)
    expect(statement.subject).toMatchObject([
      { name: `${registry.host}/acme/app`, digest: { sha256: digest.slice(7) } },
    ])
    const referrers = [...registry.manifests.values()].map(({ bytes }) => JSON.parse(bytes.toString('utf8')))
    expect(referrers.some((manifest) => manifest.subject?.digest === digest)).toBe(true)
  })

  it('that is not there costs no recording, and what is recorded is not to be signed', async () => {
    const job = makeJob({ folder: folder.path(), sigstore })
    const result = await job.step({
      run: 'echo 1 > a',
      outputs: `model: a\nimage: oci://${registry.host}/acme/none:v1`,
    })
    expect(result.code).not.toBe(0)
    const path = join(job.workspace, '.cleanbill/recording.json')
    expect(readJson(path).outputs).toMatchObject([{ path: 'a' }])
    const later = await runCli(['attest', '--recording', path, ...flags()], { cwd: job.workspace, env: job.env })
    expect(later.stderr).toContain('RECORDING_MALFORMED')
    expect(later.code).toBe(2)
  })
})

const flags = () => Object.entries(instance(sigstore)).flatMap(([name, value]) => [`--${name}`, value])
