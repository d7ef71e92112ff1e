import { describe, expect, it } from 'vitest'
import type { WorldPackage } from '../../../src/embedded/world/description.ts'
import { questionKey, type SourceFacts, type SourceQuestion } from '../../../src/model/facts.ts'
import {
  applyFacts,
  buildFactsPredicate,
  isAnswered,
  parseFactsPredicate,
} from '../../../src/model/predicates/facts.ts'
import { askGithubFacts } from '../../../src/source/github-facts.ts'
import { github } from '../../../src/source/sources/github.ts'
import { commit, githubWorld, question, repository, sha, target, worldClock } from './github-world.ts'

/** 800 attested packages of 300 repositories, each with a run of its own. */
const names = Array.from({ length: 800 }, (_, i) => ({ pack: `p${i}`, repository: `org${i % 40}/repo${i % 300}` }))
const questions = names.map(({ pack, repository: name }, i) =>
  question(name, { commit: commit(pack), run: { id: String(3_000_000_000 + i), attempt: '1' }, review: true }),
)
const packages = names.map(
  ({ pack, repository: name }, i): WorldPackage => ({
    ecosystem: 'npm',
    name: pack,
    version: '1.0.0',
    files: [{ name: `${pack}.tgz`, digests: { sha256: sha(String(i).padStart(8, '0')) } }],
    attestation: { repository: name, commit: commit(pack), run: String(3_000_000_000 + i) },
  }),
)

const count = (facts: ReadonlyMap<string, SourceFacts>, fact: 'run' | 'reachability' | 'review', what: string) =>
  [...facts.values()].filter((one) => (one[fact].kind === 'known' ? 'known' : one[fact].code) === what).length

describe('800 attested packages', () => {
  it('cost well under 300 requests, evidence and facts together, and half of a job’s quota at most', async () => {
    const world = await githubWorld({ packages, repositories: [] })
    const session = {
      ...world.session(),
      repositoriesOf: ({ name }: { name: string }) =>
        names.filter(({ pack }) => pack === name).map((one) => one.repository),
    }
    const targets = names.map(({ pack }, i) => target(pack, sha(String(i).padStart(8, '0')), { ecosystem: 'npm' }))
    const lookups = (await github.lookupMany?.(targets, session)) ?? []
    expect(new Set(lookups.map(({ kind }) => kind))).toStrictEqual(new Set(['none']))
    const evidence = world.asked().length
    const facts = await askGithubFacts(questions, session)
    for (const kind of ['run', 'reachability', 'review'] as const) expect(count(facts, kind, 'known')).toBe(800)
    const requests = world.asked().length
    expect(requests).toBeLessThan(300)
    expect(requests - evidence).toBeLessThan(50)
    expect(world.asked('/graphql').length).toBeGreaterThan(0)
  }, 60_000)

  it('equal questions are asked once', async () => {
    const world = await githubWorld({ repositories: [repository('acme/app')] })
    const one = question('acme/app')
    const facts = await askGithubFacts([one, { ...one, review: true }, { ...one, owner: 'ACME' }], world.session())
    expect(facts.size).toBe(1)
    expect(facts.get(questionKey(one))?.review.kind).toBe('known')
    expect(world.asked('/graphql')).toHaveLength(1)
  })
})

describe('the budget', () => {
  it('stops at half of what was left, and the next run goes on from there', async () => {
    const world = await githubWorld({ packages, repositories: [], github: { quota: { core: 100, graphql: 100 } } })
    const all = questions.slice(0, 300)
    let open: readonly SourceQuestion[] = all
    let known: ReadonlyMap<string, SourceFacts> = new Map()
    const left: number[] = []
    for (let round = 0; round < 8 && open.length > 0; round++) {
      // Each round is another run, an hour later, with another token.
      const facts = await askGithubFacts(open, world.session({ token: `round-${round}` }))
      for (const fact of ['run', 'reachability', 'review'] as const) {
        expect(count(facts, fact, 'known') + count(facts, fact, 'NOT_ASKED_BUDGET')).toBe(open.length)
      }
      known = new Map([...known, ...facts])
      const signed = parseFactsPredicate(
        JSON.parse(JSON.stringify(buildFactsPredicate(all, known, '2026-11-22T12:00:00Z'))),
      )
      const answers = applyFacts(all, signed, { now: worldClock(), maxAgeHours: 24 })
      open = all.filter((one) => !isAnswered(one, answers.get(questionKey(one))))
      left.push(open.length)
    }
    expect(left.length).toBeGreaterThan(1)
    expect(left).toStrictEqual(left.toSorted((a, b) => b - a))
    expect(left.at(-1)).toBe(0)
  }, 60_000)

  it('never spends more than half, in points or in requests', async () => {
    const world = await githubWorld({ packages, repositories: [], github: { quota: { core: 20, graphql: 60 } } })
    const facts = await askGithubFacts(questions, world.session({ token: 'job' }))
    expect(count(facts, 'reachability', 'known')).toBeGreaterThan(0)
    expect(count(facts, 'run', 'NOT_ASKED_BUDGET')).toBeGreaterThan(0)
    const session = world.session({ token: 'job' })
    const answer = await session.client.fetch({ source: 'github', url: `${session.origin('github')}/rate_limit` })
    const { resources } = JSON.parse(Buffer.from(answer.kind === 'answer' ? answer.body : []).toString())
    expect(resources.graphql.remaining).toBeGreaterThanOrEqual(30)
    expect(resources.core.remaining).toBeGreaterThanOrEqual(10)
  }, 60_000)

  it('a stranger has 60 requests an hour: some questions are answered whole, the rest is not asked', async () => {
    const world = await githubWorld({ packages, repositories: [] })
    const facts = await askGithubFacts(questions.slice(0, 50), world.session({ token: null }))
    expect(world.asked().length).toBeLessThanOrEqual(31)
    const whole = [...facts.values()].filter(({ run, reachability, review }) =>
      [run, reachability, review].every(({ kind }) => kind === 'known'),
    )
    expect(whole.length).toBeGreaterThanOrEqual(5)
    expect(count(facts, 'reachability', 'NOT_ASKED_BUDGET')).toBeGreaterThan(40)
  })

  it('T-NS-01: an API that is away leaves every fact unknown and denies nothing', async () => {
    const world = await githubWorld({ packages, repositories: [] })
    for (const match of ['rate_limit', 'graphql']) {
      world.setFaults([{ match, kind: 'status', status: 502 }])
      const facts = await askGithubFacts(questions.slice(0, 60), world.session())
      expect(count(facts, 'reachability', 'CONTEXT_UNKNOWN')).toBe(60)
    }
  })

  it('a batch that is too slow is halved, and then answered', async () => {
    const world = await githubWorld({ packages, repositories: [] })
    world.setFaults([{ match: 'graphql', kind: 'status', status: 502, times: 1 }])
    const facts = await askGithubFacts(questions.slice(0, 50), world.session())
    expect(count(facts, 'reachability', 'known')).toBe(50)
  })
})
