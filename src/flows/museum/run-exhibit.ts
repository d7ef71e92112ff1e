import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorldRepository } from '../../embedded/world/description.ts'
import { settle } from '../../embedded/world/settle.ts'
import type { World as Simulated } from '../../embedded/world/world.ts'
import type { GithubContext } from '../../io/github.ts'
import { compareCodePoints } from '../../model/json.ts'
import type { Expected, ExpectedProfile, RuleAnswer, SignatureAnswer } from '../../model/museum-document.ts'
import { PROFILES, type RuleId } from '../../model/rules.ts'
import type { Finding, Verdict } from '../../model/verdict.ts'
import type { Subject } from '../../policy/rule.ts'
import { LOCK_PATH } from '../gate/config.ts'
import { type GateResult, runGate } from '../gate.ts'
import { initProject } from '../init.ts'
import type { World } from '../world.ts'
import { AFTER, BEFORE, type Exhibit } from './exhibit.ts'
import { commitAll, withoutPorts, withPorts, writeProject, writeTrust } from './stage.ts'

/** The simulated world of all exhibits; its clock is set to the scene that is played. */
export interface Theatre {
  readonly simulated: Simulated
  readonly setClock: (now: Date) => void
  /** What flows are given; `now` is the theatre's. */
  readonly world: World
  /** A folder for projects. */
  readonly scratch: string
}

/**
 * Plays one exhibit: the consumer adopts the gate in the world as it was, the change comes in, and the gate judges it as it
 * judges every pull request. Nothing is left out: real requests, real signatures, a real commit as the base.
 */
export async function playExhibit(exhibit: Exhibit, theatre: Theatre): Promise<Expected> {
  const { simulated, scratch, setClock, world } = theatre
  const root = join(scratch, exhibit.slug)
  const { judged } = exhibit.story
  const scene = (which: 'before' | 'attack', own: readonly WorldRepository[] = []) => {
    const { [which]: told } = exhibit.story
    const now = new Date(told.now)
    setClock(now)
    simulated.setDescription(settle({ ...told, repositories: [...told.repositories, ...own] }, () => now))
  }
  try {
    scene('before')
    await writeProject(root, exhibit.before, simulated, `${exhibit.slug}/${BEFORE}`)
    await writeTrust(root, exhibit.before, simulated)
    const request = { root, offline: false, facts: [], trustedRoots: [], githubToken: simulated.token, version: '' }
    if (!exhibit.before.has(LOCK_PATH)) await initProject(request, world)
    const first = judged === 'all' ? '' : await commitAll(root, world)
    scene('attack')
    await writeProject(root, exhibit.after, simulated, `${exhibit.slug}/${AFTER}`)
    if (judged === 'push') scene('attack', [pushed(first, await commitAll(root, world))])
    const how = { ...(judged === 'all' ? { all: true } : { all: false, base: first }), profile: 'strict' as const }
    // The strictest asks everything; the others judge what it learned.
    const where = { ...world, github: judged === 'push' ? PUSH : undefined }
    const strict = await runGate({ ...request, ...how, updateLock: false }, where)
    const attacked = exhibit.story.attacked.map((id) => withPorts(id, simulated))
    return withoutPorts(toActual(exhibit, attacked, strict), simulated)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** The project, where it has a place of its own. */
const PUSH: GithubContext = {
  repository: 'octo-org/project',
  serverUrl: 'https://github.com',
  apiUrl: 'https://api.github.com',
  eventName: 'push',
  visibility: 'public',
  ownerType: 'Organization',
  forkPullRequest: false,
}

/** The project's repository: its first commit was reviewed, its second was pushed. */
const pushed = (first: string, second: string): WorldRepository => ({
  name: PUSH.repository,
  branches: { main: [first, second] },
  pullRequests: [{ number: 1, commit: first, author: 'octo-dev', merged: true, approvers: ['octo-reviewer'] }],
})

function toActual(
  { expected }: Exhibit,
  attacked: readonly string[],
  { subjects, verdict, under }: GateResult,
): Expected {
  const asked = Object.keys(expected?.rules ?? {}) as RuleId[]
  return {
    signatureOnly: signatureAnswer(subjects, attacked),
    rules: Object.fromEntries(asked.map((rule) => [rule, ruleAnswer(verdict, rule, attacked)])),
    profiles: {
      baseline: toProfile(under('baseline')),
      recommended: toProfile(under('recommended')),
      strict: toProfile(verdict),
    },
  }
}

/** Cryptography and names hold, or not; who signed is not looked at. That is what most tools call verified. */
function signatureAnswer(subjects: readonly Subject[], attacked: readonly string[]): SignatureAnswer {
  const answers = subjects
    .filter(({ dependency: { id } }) => isAttacked(id, attacked))
    .map(({ evidence: { accepted, refused } }): SignatureAnswer => {
      if (refused.length > 0) return 'invalid'
      return accepted.length > 0 ? 'valid' : 'nothing'
    })
  const [first = 'nothing', ...others] = new Set(answers)
  return others.length > 0 ? 'mixed' : first
}

/** By the whole id, or by what stands before its version: the digest of an image follows from what the world serves. */
const isAttacked = (id: string, attacked: readonly string[]): boolean =>
  attacked.some((one) => id === one || id.startsWith(`${one}@`))

function ruleAnswer({ findings }: Verdict, rule: RuleId, attacked: readonly string[]): RuleAnswer {
  const own = findings.filter(
    (finding) =>
      finding.rule === rule && (finding.dependency === undefined || isAttacked(finding.dependency, attacked)),
  )
  const fired = own.filter(({ outcome }) => outcome === 'fire')
  if (fired.some(({ level }) => level === 'fail' || level === 'warn')) return 'fire'
  if (own.length > fired.length) return 'unknown'
  return fired.length > 0 ? 'unusual' : 'quiet'
}

function toProfile({ result, dependencies, findings, limits }: Verdict): ExpectedProfile {
  const states = dependencies.map(({ id, state }) => [id, state] as const)
  return {
    verdict: result,
    states: Object.fromEntries(states.sort(([a], [b]) => compareCodePoints(a, b))),
    findings: [...new Set(findings.map(describe))].sort(compareCodePoints),
    limits: [...new Set(limits.map(({ code }) => code))].sort(compareCodePoints),
  }
}

const describe = ({ level, rule, outcome, code, dependency = '-' }: Finding): string =>
  `${level} ${rule} ${outcome === 'unknown' ? `${code}?` : code} ${dependency}`

/** What differs, a line each, in the words of the file. */
export function compareWithExpected(actual: Expected, expected: Expected | undefined): readonly string[] {
  if (expected === undefined) return ['there is no expected.json']
  const lines: string[] = []
  const note = (what: string, is: unknown, should: unknown) => {
    if (JSON.stringify(is) !== JSON.stringify(should)) {
      lines.push(`${what}: expected ${JSON.stringify(should)}, is ${JSON.stringify(is)}`)
    }
  }
  note('signatureOnly', actual.signatureOnly, expected.signatureOnly)
  for (const [rule, answer] of Object.entries(expected.rules)) {
    note(`rule ${rule}`, actual.rules[rule as RuleId], answer)
  }
  for (const profile of PROFILES) {
    const [is, should] = [actual.profiles[profile], expected.profiles[profile]]
    note(`${profile}: verdict`, is.verdict, should.verdict)
    for (const id of new Set([...Object.keys(should.states), ...Object.keys(is.states)])) {
      note(`${profile}: state of ${id}`, is.states[id], should.states[id])
    }
    for (const part of ['findings', 'limits'] as const) {
      const missing = should[part].filter((one) => !is[part].includes(one))
      const more = is[part].filter((one) => !should[part].includes(one))
      lines.push(...missing.map((one) => `${profile}: no ${part.slice(0, -1)} ${one}`))
      lines.push(...more.map((one) => `${profile}: unexpected ${part.slice(0, -1)} ${one}`))
    }
  }
  return lines
}
