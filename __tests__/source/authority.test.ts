import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../src/model/dependency.ts'
import { EVIDENCE_ORIGINS, type EvidenceOrigin } from '../../src/model/policy.ts'
import type { Source } from '../../src/source/source.ts'
import { cargoSource } from '../../src/source/sources/cargo.ts'
import { mavenSource } from '../../src/source/sources/maven.ts'
import { ossRebuildSource } from '../../src/source/sources/oss-rebuild.ts'
import { rubygemsSource } from '../../src/source/sources/rubygems.ts'
import { dependencyOf } from '../support/dependencies.ts'
import { plainSession, type ScriptedAnswer, scripted } from '../support/plain-client.ts'

const SHA = 'ab'.repeat(32)
const gem = dependencyOf({ ecosystem: 'gem', name: 'rack', version: '3.0.0', digests: { sha256: SHA } })
const jar = dependencyOf({
  ...{ ecosystem: 'maven', name: 'org.acme:api', version: '2.0', digests: {} },
  files: [{ name: 'api-2.0.jar', digests: { sha256: SHA } }],
})
const crate = dependencyOf({ ecosystem: 'cargo', name: 'left', version: '1.0.0', digests: { sha256: SHA } })

interface Row {
  readonly origin: EvidenceOrigin
  readonly what: 'register' | 'lookup'
  readonly source: Source
  readonly dependency: Dependency
  /** By the end of the URL. */
  readonly control: readonly [string, ScriptedAnswer]
  /** Answers of a server that has a page for everything. */
  readonly shallow: ScriptedAnswer
}

const CRATES = { status: 200, body: '{"name":"serde","vers":"1.0.0"}\n' }
const GEMS = ['/attestations/sigstore-1.0.0.json', { status: 200, body: [{}] }] as const
const JARS = ['/sigstore-java-1.0.0.jar.sigstore.json', { status: 200, body: {} }] as const
const PAGE = { status: 200, body: '<!doctype html>' }
const ROWS: readonly Row[] = [
  {
    ...{ origin: 'cargo', what: 'register', source: cargoSource, dependency: crate },
    ...{ control: ['/se/rd/serde', CRATES], shallow: PAGE },
  },
  { origin: 'rubygems', what: 'register', source: rubygemsSource, dependency: gem, control: GEMS, shallow: PAGE },
  {
    ...{ origin: 'rubygems', what: 'lookup', source: rubygemsSource, dependency: gem },
    ...{ control: GEMS, shallow: { status: 200, body: [] } },
  },
  { origin: 'maven', what: 'register', source: mavenSource, dependency: jar, control: JARS, shallow: PAGE },
  { origin: 'maven', what: 'lookup', source: mavenSource, dependency: jar, control: JARS, shallow: PAGE },
  {
    ...{ origin: 'oss-rebuild', what: 'lookup', source: ossRebuildSource, dependency: crate },
    ...{ control: ['/lodash-4.17.21.tgz/rebuild.intoto.jsonl', { status: 200, body: '' }], shallow: { status: 206 } },
  },
]

async function ask({ origin, what, source, dependency }: Row, url: string, answers: Record<string, ScriptedAnswer>) {
  const client = scripted(answers)
  const session = plainSession({ client, origins: { [origin]: url } })
  const once = () =>
    what === 'register'
      ? source.register?.(dependency, session)
      : source.lookup?.({ dependency, digests: dependency.digests }, session, { claimed: undefined })
  const found = [await once(), await once()]
  return { outcomes: found.map((one) => (one?.kind === 'unavailable' ? one.error.fault : one?.kind)), client }
}

describe.each(ROWS.map((row) => [`${row.source.id} ${row.what}`, row] as const))('the silence of %s', (_, row) => {
  const [end, answer] = row.control
  const controls = ({ asked }: { asked: readonly { url: string }[] }) => asked.filter(({ url }) => url.endsWith(end))

  it('is an answer at the public origin, which needs to show nothing', async () => {
    const { outcomes, client } = await ask(row, EVIDENCE_ORIGINS[row.origin], {})
    expect(outcomes).toStrictEqual(['none', 'none'])
    expect(controls(client)).toHaveLength(0)
  })

  it.each(['https://mirror.example', 'http://127.0.0.1:8080', 'http://localhost:8080', 'http://[::1]:8080'])(
    'is none at %s, which does not show the control either',
    async (url) => {
      const { outcomes, client } = await ask(row, url, {})
      expect(outcomes).toStrictEqual(['stripped', 'stripped'])
      expect(controls(client)).toHaveLength(1)
    },
  )

  it('is none at a server that answers the control with something else', async () => {
    const { outcomes } = await ask(row, 'https://mirror.example', { [end]: row.shallow })
    expect(outcomes).toStrictEqual(['stripped', 'stripped'])
  })

  it('is an answer at a mirror that shows the control', async () => {
    const { outcomes, client } = await ask(row, 'https://mirror.example', { [end]: answer })
    expect(outcomes).toStrictEqual(['none', 'none'])
    expect(controls(client)).toHaveLength(1)
  })
})
