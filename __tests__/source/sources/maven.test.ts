import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mavenService } from '../../../src/embedded/world/services/maven.ts'
import { mavenSource } from '../../../src/source/sources/maven.ts'
import { verifyAttestation } from '../../../src/verify/verify-attestation.ts'
import { dependencyOf } from '../../support/dependencies.ts'
import { plainSession, type ScriptedAnswer, scripted } from '../../support/plain-client.ts'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

const CENTRAL = 'https://repo1.maven.org/maven2'
const SHA = createHash('sha256').update('jar').digest('hex')
const file = { name: 'api-2.0.jar', digests: { sha256: SHA } }
const api = dependencyOf({
  ecosystem: 'maven',
  name: 'org.acme:api',
  version: '2.0',
  digests: file.digests,
  files: [file],
})
const nameless = dependencyOf({ ecosystem: 'maven', name: 'org.acme:api', version: '2.0' })

const session = (answers: Record<string, ScriptedAnswer>, maven = CENTRAL) =>
  plainSession({ client: scripted(answers), origins: { maven } })

async function looked(answers: Record<string, ScriptedAnswer>, dependency = api, maven = CENTRAL) {
  const found = await mavenSource.lookup?.({ dependency, digests: {} }, session(answers, maven), { claimed: undefined })
  return found?.kind === 'unavailable' ? found.error.fault : found?.kind
}
async function registered(answers: Record<string, ScriptedAnswer>, dependency = api, maven = CENTRAL) {
  const found = await mavenSource.register?.(dependency, session(answers, maven))
  return found?.kind === 'unavailable' ? found.error.fault : found?.kind === 'found' ? found.record.files : found?.kind
}

describe('Maven Central', () => {
  it.each<[string, ScriptedAnswer, string]>([
    ['no bundle', { status: 404 }, 'none'],
    ['cut JSON (T-NS-17)', { status: 200, body: '{"mediaType":' }, 'malformed'],
    ['a bundle of no known form', { status: 200, body: {} }, 'malformed'],
    ['403', { status: 403 }, 'unreadable'],
    ['no answer', 'timeout', 'unreachable'],
  ])('with %s beside a named file is %s', async (_, answer, state) => {
    expect(await looked({ '/org/acme/api/2.0/api-2.0.jar.sigstore.json': answer })).toBe(state)
  })

  it('does not say "no bundle" of a file that the lock does not name and that may not be a jar', async () => {
    expect(await looked({}, nameless)).toBe('unsupported')
    expect(await looked({ '/api-2.0.jar': { status: 200 } }, nameless)).toBe('none')
  })

  it('is not replaced by a mirror', async () => {
    expect(await looked({}, api, 'https://nexus.example/maven2')).toBe('stripped')
    expect(await registered({}, api, 'https://nexus.example/maven2')).toBe('stripped')
  })

  it('vouches by the bytes it serves, and not by the checksum files beside them', async () => {
    const answers = { '.jar.sha256': { status: 200, body: SHA }, '/api-2.0.jar': { status: 200, body: 'other jar' } }
    const sha256 = createHash('sha256').update('other jar').digest('hex')
    expect(await registered(answers)).toMatchObject([{ name: 'api-2.0.jar', digests: { sha256 } }])
    expect(await registered({ '.jar.sha256': { status: 200, body: SHA } })).toBe('none')
    expect(await registered({ '/api-2.0.jar': 'reset' })).toBe('unreachable')
    expect(await registered({ '/api-2.0.jar': { status: 403 } })).toBe('unreadable')
  })

  it('says unsupported where the lock has no strong digest, and for what are no coordinates', async () => {
    expect(await registered({}, nameless)).toBe('unsupported')
    expect(await registered({}, { ...api, files: [{ name: 'api-2.0.jar', digests: { sha1: 'a'.repeat(40) } }] })).toBe(
      'unsupported',
    )
    expect(await registered({}, { ...api, name: 'org..acme:../x' })).toBe('unsupported')
    expect(await looked({}, { ...api, name: 'org.acme:a:b' })).toBe('unsupported')
    expect(await registered({}, { ...api, files: [{ ...file, name: '../../evil' }] })).toBe('unsupported')
  })
})

describe('artifacts in a simulated world', () => {
  let world: TestWorld
  beforeAll(async () => {
    const attestation = { repository: 'acme/api' }
    const archive = { 'org/acme/Api.class': 'x' }
    world = await startTestWorld(
      { packages: [{ ecosystem: 'maven', name: 'org.acme:api', version: '2.0', attestation, archive }] },
      { services: [mavenService] },
    )
  })
  afterAll(() => world.close())

  it('have a bundle over the bytes of the jar, which is listed by ranges', async () => {
    const own = plainSession({ origins: world.origins })
    const found = await mavenSource.lookup?.({ dependency: nameless, digests: {} }, own, { claimed: undefined })
    const registered = await mavenSource.register?.(api, own)
    if (found?.kind !== 'found' || registered?.kind !== 'found') throw new Error('not found')
    const attestation = found.documents[0]?.attestations[0]
    if (attestation?.content.kind !== 'message') throw new Error('no signature over a file')
    const jar = await (await fetch(`${world.origins.maven}/org/acme/api/2.0/api-2.0.jar`)).bytes()
    verifyAttestation(attestation, world.trust, jar)
    expect(Buffer.from(attestation.content.digest).toString('hex')).toBe(registered.record.files[0]?.digests.sha256)
    const archive = await mavenSource.archive?.(nameless, own)
    expect(archive).toMatchObject({
      kind: 'known',
      value: { files: [{ path: 'META-INF/MANIFEST.MF' }, { path: 'org/acme/Api.class' }], truncated: false },
    })
  })
})
