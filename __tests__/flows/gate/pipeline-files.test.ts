import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { WorldPullRequest } from '../../../src/embedded/world/description.ts'
import type { Finding } from '../../../src/model/verdict.ts'
import { eventJob, type GateProject, LOCK, openGateProject, POLICY } from '../../support/gate-project.ts'

const CI = '.github/workflows/ci.yml'
const TRAIN = '.github/workflows/train.yml'
const PUSH = { github: { eventName: 'push' } }

let project: GateProject
let first: string

beforeAll(async () => {
  project = await openGateProject()
  await project.init()
  first = project.commit('adopt the gate')
}, 60_000)
afterAll(() => project.close())
beforeEach(() => {
  project.git('checkout', '--quiet', '--force', '-B', 'main', first)
  project.git('clean', '--quiet', '-fd')
})

const review = (commit: string, more: Partial<WorldPullRequest> = {}): WorldPullRequest => ({
  ...{ number: 7, commit, author: 'alice', merged: true, approvers: ['bob'] },
  ...more,
})

/** On GitHub the project has these commits, oldest first, and these pull requests. */
function onGithub(commits: readonly string[], pullRequests: readonly WorldPullRequest[]): void {
  const own = { name: 'acme/app', branches: { main: commits }, pullRequests }
  project.world.setDescription({ ...project.good, repositories: [...project.good.repositories, own] })
}

/** A workflow that somebody with a stolen account pushes. */
function push(path = CI, text = 'on: push\npermissions: {}\njobs: {}\n'): string {
  project.write(path, text)
  return project.commit('push')
}

const about = (findings: readonly Finding[]) =>
  findings
    .filter(({ rule, dependency }) => rule === 'reviewed-source' && dependency === undefined)
    .map(({ level, code, file, outcome }) => `${level} ${code}${outcome === 'unknown' ? '?' : ''} ${file}`)

async function judged(request: Parameters<GateProject['gate']>[0] = {}): Promise<readonly string[]> {
  const { verdict } = await project.gate({ ...PUSH, all: true, profile: 'strict', ...request })
  return about(verdict.findings)
}

describe('a workflow of the project itself', () => {
  it('that was pushed without a review is named, with its commit and how it came in', async () => {
    const second = push()
    onGithub([first, second], [review(first)])
    const { verdict } = await project.gate({ ...PUSH, all: true, profile: 'strict' })
    expect(about(verdict.findings)).toStrictEqual([`warn UNREVIEWED ${CI}`])
    const [finding] = verdict.findings.filter(({ code }) => code === 'UNREVIEWED')
    expect(finding?.message).toContain(second.slice(0, 12))
    expect(finding?.message).toContain('pushed without a pull request')
    expect(verdict.result).toBe('PASSED')
  })

  it('that only its author approved is named too', async () => {
    const second = push()
    onGithub([first, second], [review(first), review(second, { number: 8, author: 'alice', approvers: [] })])
    expect(await judged()).toStrictEqual([`warn UNREVIEWED ${CI}`])
  })

  it('fails where the policy says so', async () => {
    const second = push(POLICY, `${project.read(POLICY)}rules:\n  reviewed-source: fail\n`)
    onGithub([first, second], [review(first)])
    const { verdict, fails } = await project.gate({ ...PUSH, all: true })
    expect([verdict.result, fails]).toStrictEqual(['FAILED', ['reviewed-source UNREVIEWED']])
    expect(about(verdict.findings)).toStrictEqual([`fail UNREVIEWED ${POLICY}`])
  })

  it('that somebody else approved is fine, and so is all that came with it', async () => {
    const second = push()
    onGithub([first, second], [review(first), review(second, { number: 8 })])
    expect(await judged()).toStrictEqual([])
  })

  it('is asked about by the commit that changed it last, whatever was pushed since', async () => {
    const second = push()
    const third = push('README.md', 'hello\n')
    onGithub([first, second, third], [review(first), review(third, { number: 9 })])
    expect(await judged()).toStrictEqual([`warn UNREVIEWED ${CI}`])
  })

  it('that the change left alone is not asked about', async () => {
    const second = push()
    const third = push('README.md', 'hello\n')
    onGithub([first, second, third], [])
    expect(await judged({ all: false, base: second })).toStrictEqual([])
    expect(await judged({ all: false, base: first })).toStrictEqual([`warn UNREVIEWED ${CI}`])
  })
})

describe('what decides beside workflows', () => {
  it('is the trust lock, the policy and the project’s own actions', async () => {
    const second = push(LOCK, `${project.read(LOCK)}# pushed\n`)
    const third = push('.github/actions/build/action.yml', 'runs:\n  using: composite\n  steps: []\n')
    onGithub([first, second, third], [review(first)])
    const named = ['.github/actions/build/action.yml', LOCK].map((path) => `warn UNREVIEWED ${path}`)
    expect((await judged()).toSorted()).toStrictEqual(named)
  })

  it('is no policy that lies outside of the repository, which hides nothing of what lies in it', async () => {
    const second = push()
    onGithub([first, second], [review(first)])
    cpSync(project.path(POLICY), join(project.root, '../outside.yml'))
    try {
      expect(await judged({ policyPath: '../outside.yml' })).toStrictEqual([`warn UNREVIEWED ${CI}`])
    } finally {
      rmSync(join(project.root, '../outside.yml'))
    }
  })

  it('is looked for in a project that is a folder of its repository', async () => {
    const outer = await openGateProject()
    try {
      outer.write('app/package-lock.json', outer.read('package-lock.json'))
      outer.write(`app/${POLICY}`, outer.read(POLICY))
      cpSync(outer.path('.world'), outer.path('app/.world'), { recursive: true })
      const only = outer.commit('all of it')
      const own = { name: 'acme/app', branches: { main: [only] } }
      outer.world.setDescription({ ...outer.good, repositories: [...outer.good.repositories, own] })
      const request = { ...PUSH, root: outer.path('app'), all: true, profile: 'strict' as const }
      const { verdict } = await outer.gate(request)
      const named = ['../.github/workflows/train.yml', POLICY].map((path) => `warn UNREVIEWED ${path}`)
      expect(about(verdict.findings).toSorted()).toStrictEqual(named)
    } finally {
      await outer.close()
    }
  }, 60_000)
})

describe('nobody is asked', () => {
  it('under a profile in which the rule is off', async () => {
    onGithub([first, push()], [])
    const { verdict } = await project.gate({ ...PUSH, all: true, profile: 'recommended' })
    expect(about(verdict.findings)).toStrictEqual([])
  })

  it('in a pull request, whose reviewers have not spoken yet', async () => {
    const second = push()
    onGithub([first, second], [])
    const event = {
      pull_request: { number: 8, base: { sha: first }, head: { sha: second }, user: { login: 'mallory' } },
    }
    expect(await judged({ ...eventJob(project, 'pull_request', event), all: false })).toStrictEqual([])
  })

  it('outside of a job, where nothing says whose repository this is', async () => {
    onGithub([first, push()], [])
    const { verdict } = await project.gate({ all: true, profile: 'strict' })
    expect(about(verdict.findings)).toStrictEqual([])
  })
})

describe('it is not known, and said once,', () => {
  it('where the clone ends before the change: there one commit seems to have made everything', async () => {
    const second = push()
    onGithub([first, second], [review(second)])
    writeFileSync(join(project.path('.git'), 'shallow'), `${second}\n`)
    try {
      const { verdict } = await project.gate({ ...PUSH, all: true, profile: 'strict' })
      const said = verdict.findings.filter(({ rule, dependency }) => rule === 'reviewed-source' && !dependency)
      expect(about(said)).toStrictEqual([`warn CONTEXT_UNKNOWN? ${POLICY}`])
      for (const part of [CI, TRAIN, 'fetch-depth: 0']) expect(said[0]?.message).toContain(part)
    } finally {
      rmSync(join(project.path('.git'), 'shallow'))
    }
  })

  it('of what comes after more files than anybody has', async () => {
    for (let n = 0; n < 200; n++) project.write(`.github/actions/n/${1000 + n}.txt`, '')
    const second = push()
    onGithub([first, second], [review(first), review(second, { number: 8 })])
    expect(await judged()).toStrictEqual([`warn CONTEXT_UNKNOWN? ${POLICY}`])
  })

  it('where there is no history at all', async () => {
    const bare = await openGateProject()
    try {
      const { verdict } = await bare.gate({ ...PUSH, all: true, profile: 'strict' })
      expect(about(verdict.findings)).toStrictEqual(['warn CONTEXT_UNKNOWN? .github/workflows'])
      bare.git('init', '--quiet')
      const unborn = await bare.gate({ ...PUSH, all: true, profile: 'strict' })
      expect(about(unborn.verdict.findings)).toStrictEqual(['warn CONTEXT_UNKNOWN? .github/workflows'])
    } finally {
      await bare.close()
    }
  })

  it('where GitHub does not answer', async () => {
    const second = push()
    onGithub([first, second], [])
    project.world.setFaults([{ match: 'github /graphql', kind: 'status', status: 500 }])
    const said = await judged()
    project.world.setFaults([])
    expect(said).toStrictEqual([`warn CONTEXT_UNKNOWN? ${POLICY}`])
  })
})
