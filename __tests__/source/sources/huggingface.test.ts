import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { huggingfaceService } from '../../../src/embedded/world/services/huggingface.ts'
import { huggingfaceSource } from '../../../src/source/sources/huggingface.ts'
import { verifyAttestation } from '../../../src/verify/verify-attestation.ts'
import { dependencyOf } from '../../support/dependencies.ts'
import { plainSession, type ScriptedAnswer, scripted } from '../../support/plain-client.ts'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

const HUB = 'https://huggingface.co'
const COMMIT = 'c'.repeat(40)
const bert = dependencyOf({ ecosystem: 'huggingface', kind: 'model', name: 'acme/bert', version: COMMIT })
const at = (rest: string) => `/api/models/acme/bert/${rest}`
const REVISION = at(`revision/${COMMIT}`)
const TREE = at(`tree/${COMMIT}?recursive=true`)
const found = { status: 200, body: { sha: COMMIT } }
const OWNER = { '/api/organizations/acme/overview': { status: 200, body: { _id: 'a'.repeat(24) } } }

const session = (answers: Record<string, ScriptedAnswer>) =>
  plainSession({ client: scripted(answers), origins: { huggingface: HUB } })

async function looked(answers: Record<string, ScriptedAnswer>, dependency = bert) {
  const lookup = await huggingfaceSource.lookup?.({ dependency, digests: {} }, session(answers), { claimed: undefined })
  return lookup?.kind === 'unavailable' ? lookup.error.fault : lookup?.kind
}

describe('Hugging Face', () => {
  it.each<[string, Record<string, ScriptedAnswer>, string]>([
    [
      'files and no signature',
      { [REVISION]: found, [TREE]: { status: 200, body: [{ type: 'file', path: 'a.bin' }] } },
      'none',
    ],
    [
      'a repository that is private, or not there',
      { [REVISION]: { status: 401, headers: { 'x-error-code': 'RepoNotFound' } } },
      'unreadable',
    ],
    ['404 RepoNotFound', { [REVISION]: { status: 404, headers: { 'x-error-code': 'RepoNotFound' } } }, 'unreadable'],
    [
      'a revision that is gone',
      { [REVISION]: { status: 404, headers: { 'x-error-code': 'RevisionNotFound' } } },
      'unreadable',
    ],
    ['a gated model', { [REVISION]: { status: 403 } }, 'unreadable'],
    ['a rate limit', { [REVISION]: { status: 429 } }, 'rate-limited'],
    ['no answer', { [REVISION]: 'timeout' }, 'unreachable'],
    ['a revision that is no commit', { [REVISION]: { status: 200, body: { sha: 'main' } } }, 'malformed'],
    ['a list of files that breaks off', { [REVISION]: found, [TREE]: { status: 200, body: '[{"type":' } }, 'malformed'],
    [
      'a SHA-256 of 40 digits (T-MF-15)',
      { [REVISION]: found, [TREE]: { status: 200, body: [{ type: 'file', path: 'a', lfs: { oid: 'a'.repeat(40) } }] } },
      'malformed',
    ],
    [
      'pages without end (T-NS-06)',
      { [REVISION]: found, [TREE]: { status: 200, body: [], headers: { link: `<${HUB}${TREE}>; rel="next"` } } },
      'truncated',
    ],
    [
      'a next page elsewhere',
      {
        [REVISION]: found,
        [TREE]: { status: 200, body: [], headers: { link: '<https://evil.example/x>; rel="next"' } },
      },
      'truncated',
    ],
    [
      'a signature that is no bundle (T-NS-17)',
      {
        [REVISION]: found,
        [TREE]: { status: 200, body: [{ type: 'file', path: 'model.sig' }] },
        [`/acme/bert/resolve/${COMMIT}/model.sig`]: { status: 200, body: 'x' },
      },
      'malformed',
    ],
    [
      'a listed signature that is not there',
      { [REVISION]: found, [TREE]: { status: 200, body: [{ type: 'file', path: 'x.sig' }] } },
      'unreadable',
    ],
  ])('with %s is %s', async (_, answers, state) => {
    expect(await looked(answers)).toBe(state)
  })

  it('says of a revision that is gone what the name leads to, and takes no signature of that for one of this', async () => {
    const now = 'd'.repeat(40)
    const answers: Record<string, ScriptedAnswer> = {
      [REVISION]: { status: 404, headers: { 'x-error-code': 'RevisionNotFound' } },
      [at('revision/main')]: { status: 200, body: { sha: now, createdAt: '2026-01-02T00:00:00.000Z' } },
      [at(`tree/${now}?recursive=true`)]: { status: 200, body: [{ type: 'file', path: 'model.sig' }] },
      ...OWNER,
    }
    expect(await looked(answers)).toBe('none')
    expect(await huggingfaceSource.model?.(bert, session(answers))).toMatchObject({
      kind: 'known',
      value: { revision: now, createdAt: '2026-01-02T00:00:00.000Z' },
    })
  })

  it('encodes a revision whole, and asks for no name that climbs', async () => {
    const client = scripted({})
    const own = plainSession({ client, origins: { huggingface: HUB } })
    await huggingfaceSource.lookup?.({ dependency: { ...bert, version: 'refs/pr/1' }, digests: {} }, own, {
      claimed: undefined,
    })
    expect(client.asked[0]?.url).toBe(`${HUB}/api/models/acme/bert/revision/refs%2Fpr%2F1`)
    expect(await looked({}, { ...bert, name: '../secrets' })).toBe('unsupported')
    expect(await looked({}, { ...bert, name: 'a/b/c' })).toBe('unsupported')
  })

  it('says which files there are, who owns the name, and what a branch means today (T-MF-12, T-MF-13)', async () => {
    const files = [
      { type: 'directory', path: 'sub' },
      { type: 'file', path: 'loader.py' },
      { type: 'file', path: 'model.safetensors', lfs: { oid: 'ab'.repeat(32) } },
    ]
    const answers = { [at('revision/main')]: found, [TREE]: { status: 200, body: files }, ...OWNER }
    expect(await huggingfaceSource.model?.({ ...bert, version: 'main' }, session(answers))).toMatchObject({
      kind: 'known',
      value: {
        revision: COMMIT,
        ownerId: 'a'.repeat(24),
        signed: false,
        files: [
          { path: 'loader.py', sha256: undefined },
          { path: 'model.safetensors', sha256: 'ab'.repeat(32) },
        ],
      },
    })
  })

  it('does not know the owner where the hub does not say, and then says nothing of it', async () => {
    const answers = { [REVISION]: found, [TREE]: { status: 200, body: [] } }
    expect(await huggingfaceSource.model?.(bert, session(answers))).toMatchObject({ value: { ownerId: undefined } })
    expect(await huggingfaceSource.model?.(bert, session({}))).toMatchObject({
      kind: 'unknown',
      code: 'CONTEXT_UNKNOWN',
    })
  })
})

describe('models in a simulated world', () => {
  let world: TestWorld
  const files = { 'config.json': '{}', 'model.safetensors': 'weights' }
  beforeAll(async () => {
    const common = { ownerId: 'b'.repeat(24), revision: COMMIT, files }
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`shard-${i}.bin`, 'x']))
    world = await startTestWorld(
      {
        models: [
          { ...common, name: 'acme/bert', type: 'models', signed: { repository: 'acme/bert' } },
          { ...common, name: 'acme/plain', type: 'datasets', files: many },
        ],
      },
      { services: [huggingfaceService] },
    )
  })
  afterAll(() => world.close())

  it('have an OMS signature that verifies', async () => {
    const session = plainSession({ origins: world.origins })
    const lookup = await huggingfaceSource.lookup?.({ dependency: bert, digests: {} }, session, { claimed: undefined })
    const attestation = lookup?.kind === 'found' ? lookup.documents[0]?.attestations[0] : undefined
    if (attestation === undefined) throw new Error('none')
    const { statement } = verifyAttestation(attestation, world.trust)
    expect(statement?.predicateType).toBe('https://model_signing/signature/v1.0')
    expect(await huggingfaceSource.model?.(bert, session)).toMatchObject({
      value: { signed: true, ownerId: 'b'.repeat(24) },
    })
  })

  it('are listed page by page', async () => {
    const dependency = { ...bert, kind: 'dataset' as const, name: 'acme/plain' }
    const session = plainSession({ origins: world.origins })
    const fact = await huggingfaceSource.model?.(dependency, session)
    expect(fact?.kind === 'known' && fact.value.files.length).toBe(1500)
    expect(
      await huggingfaceSource.lookup?.({ dependency, digests: {} }, session, { claimed: undefined }),
    ).toMatchObject({ kind: 'none' })
    expect(await huggingfaceSource.model?.(bert, session)).toMatchObject({ kind: 'known' })
    // A model is not found among the data sets.
    expect(await huggingfaceSource.model?.({ ...bert, name: 'acme/plain' }, session)).toMatchObject({ kind: 'unknown' })
  })
})
