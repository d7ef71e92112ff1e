import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { osvService } from '../../../src/embedded/world/services/osv.ts'
import type { Dependency } from '../../../src/model/dependency.ts'
import { osvSource } from '../../../src/source/sources/osv.ts'
import { dependencyOf } from '../../support/dependencies.ts'
import { plainClient, plainSession, type ScriptedAnswer, scripted } from '../../support/plain-client.ts'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

const one = dependencyOf({ ecosystem: 'npm', name: 'left', version: '1.0.0' })
const two = dependencyOf({ ecosystem: 'golang', name: 'example.com/m', version: 'v1.2.3' })

async function ask(answers: Record<string, ScriptedAnswer>, dependencies: readonly Dependency[] = [one, two]) {
  const client = scripted(answers)
  const session = plainSession({ client, origins: { osv: 'https://api.osv.dev' } })
  const facts = (await osvSource.advisories?.(dependencies, session)) ?? []
  return { client, facts: facts.map((fact) => (fact.kind === 'known' ? fact.value : fact.code)) }
}
const batch = (...results: object[]) => ({ status: 200, body: { results } })

describe('OSV', () => {
  it('is asked once for many, in its own names, and again only about what is malicious', async () => {
    const { client, facts } = await ask({
      '/v1/querybatch': batch({ vulns: [{ id: 'GHSA-aaaa-bbbb-cccc' }, { id: 'MAL-2025-1' }] }, {}),
      '/v1/vulns/MAL-2025-1': { status: 200, body: { id: 'MAL-2025-1', summary: 'Malicious code' } },
    })
    expect(facts).toStrictEqual([[{ id: 'MAL-2025-1', summary: 'Malicious code', withdrawn: false }], []])
    expect(client.asked.map(({ url }) => new URL(url).pathname)).toStrictEqual([
      '/v1/querybatch',
      '/v1/vulns/MAL-2025-1',
    ])
    expect(JSON.parse(client.asked[0]?.body ?? '')).toStrictEqual({
      queries: [
        { package: { name: 'left', ecosystem: 'npm' }, version: '1.0.0' },
        { package: { name: 'example.com/m', ecosystem: 'Go' }, version: '1.2.3' },
      ],
    })
  })

  it('says when an advisory was withdrawn (T-PP-22)', async () => {
    const { facts } = await ask({
      '/v1/querybatch': batch({ vulns: [{ id: 'MAL-2025-41440' }] }, {}),
      '/v1/vulns/MAL-2025-41440': { status: 200, body: { id: 'MAL-2025-41440', withdrawn: '2025-09-01T00:00:00Z' } },
    })
    expect(facts[0]).toStrictEqual([{ id: 'MAL-2025-41440', summary: '', withdrawn: true }])
  })

  it.each<[string, Record<string, ScriptedAnswer>]>([
    ['no answer', { '/v1/querybatch': 'reset' }],
    ['a refusal', { '/v1/querybatch': { status: 400 } }],
    ['a web page', { '/v1/querybatch': { status: 200, body: '<html>' } }],
    ['fewer answers than questions', { '/v1/querybatch': batch({}) }],
    [
      'an advisory that cannot be read',
      { '/v1/querybatch': batch({ vulns: [{ id: 'MAL-1' }] }, { vulns: [{ id: 'MAL-1' }] }) },
    ],
    [
      'another advisory than the one asked for',
      {
        '/v1/querybatch': batch({ vulns: [{ id: 'MAL-1' }] }, { vulns: [{ id: 'MAL-1' }] }),
        '/v1/vulns/MAL-1': { status: 200, body: { id: 'MAL-2', withdrawn: '2025-01-01T00:00:00Z' } },
      },
    ],
    ['pages without end (T-NS-06)', { '/v1/querybatch': batch({ next_page_token: 'x' }, { next_page_token: 'y' }) }],
  ])('with %s has said nothing, which is not "no advisory"', async (_, answers) => {
    expect((await ask(answers)).facts).toStrictEqual(['CONTEXT_UNKNOWN', 'CONTEXT_UNKNOWN'])
  })

  it('keeps the pages of several packages apart', async () => {
    let round = 0
    const client = plainClient((request) => {
      const { queries } = JSON.parse(request.body ?? '{"queries":[]}') as { queries: { page_token?: string }[] }
      const body = request.url.endsWith('/querybatch')
        ? {
            results:
              round++ === 0
                ? [{ vulns: [{ id: 'MAL-1' }] }, { next_page_token: 'next' }]
                : queries.map(() => ({ vulns: [{ id: 'MAL-2' }] })),
          }
        : { id: request.url.split('/').at(-1) }
      return { kind: 'answer', status: 200, headers: new Headers(), body: Buffer.from(JSON.stringify(body)) }
    })
    const facts = await osvSource.advisories?.(
      [one, two],
      plainSession({ client, origins: { osv: 'https://api.osv.dev' } }),
    )
    const ids = facts?.map((fact) => (fact.kind === 'known' ? fact.value.map(({ id }) => id) : fact.code))
    expect(ids).toStrictEqual([['MAL-1'], ['MAL-2']])
    expect(JSON.parse(client.asked[1]?.body ?? '').queries).toMatchObject([{ page_token: 'next' }])
  })
})

describe('advisories in a simulated world', () => {
  let world: TestWorld
  beforeAll(async () => {
    const advisories = [
      { id: 'MAL-2026-1', ecosystem: 'npm', name: 'left', versions: ['1.0.0'] },
      { id: 'MAL-2026-2', ecosystem: 'npm', name: 'left', versions: ['1.0.0'], withdrawn: '2026-02-01T00:00:00Z' },
      { id: 'MAL-2026-3', ecosystem: 'go', name: 'example.com/m', versions: ['v1.2.3'] },
    ] as const
    world = await startTestWorld({ advisories }, { services: [osvService] })
  })
  afterAll(() => world.close())

  it('are about exactly the version they name (T-PP-22)', async () => {
    const session = plainSession({ origins: world.origins })
    const other = { ...one, version: '1.0.1' }
    // 2,001 questions are three requests.
    const many = [one, other, two, ...Array.from({ length: 1998 }, (_, i) => ({ ...one, name: `other-${i}` }))]
    const facts = (await osvSource.advisories?.(many, session)) ?? []
    const ids = facts.map((fact) =>
      fact.kind === 'known' ? fact.value.map(({ id, withdrawn }) => `${id} ${withdrawn}`) : fact.code,
    )
    expect(ids.slice(0, 3)).toStrictEqual([['MAL-2026-1 false', 'MAL-2026-2 true'], [], ['MAL-2026-3 false']])
    expect(facts).toHaveLength(2001)
    expect(world.requests().filter(({ path }) => path === '/v1/querybatch')).toHaveLength(3)
  })

  it('refuse a question of an ecosystem that there is not', async () => {
    const body = JSON.stringify({ queries: [{ package: { name: 'x', ecosystem: 'Npm' }, version: '1' }] })
    expect((await fetch(`${world.origins.osv}/v1/querybatch`, { method: 'POST', body })).status).toBe(400)
  })
})
