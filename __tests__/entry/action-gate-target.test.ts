import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { resign } from '../../src/embedded/world/change.ts'
import { scratch } from '../support/built.ts'
import { type GateProject, npmLock, openGateProject, POLICY, withVersion } from '../support/gate-project.ts'
import { type GitServer, HAS_GIT_SERVER, startGitServer } from '../support/git-server.ts'
import { type JobOptions, makeJob, REPOSITORY, readJson, type StepResult } from '../support/github-job.ts'

const TOKEN = 'ghs_reading-token-52aa'
const folder = scratch()
let project: GateProject
let server: GitServer
let base: string

beforeAll(async () => {
  if (!HAS_GIT_SERVER) return
  project = await openGateProject({ clock: () => new Date() })
  await project.init()
  base = project.commit('base')
  server = await startGitServer({
    ...{ folder: folder.path('served'), name: REPOSITORY, repository: project.root, token: TOKEN },
  })
})
afterAll(async () => {
  await server?.close()
  await project?.close()
  folder.remove()
})
beforeEach(() => {
  if (!HAS_GIT_SERVER) return
  const { git, world, good } = project
  git('checkout', '--quiet', '--force', '-B', 'main', base)
  git('clean', '--quiet', '-fd')
  world.setDescription(good)
})

/** The commit of a pull request from a fork: in the repository it is reached through `refs/pull` alone. */
function propose(change: () => void): string {
  const { git, commit } = project
  git('checkout', '--quiet', '--detach', base)
  change()
  const head = commit('proposal')
  git('update-ref', 'refs/pull/7/head', head)
  git('checkout', '--quiet', '--force', 'main')
  return head
}

const loosen = () => project.edit(POLICY, (text) => text.replace('profile: recommended', 'profile: baseline'))
/** What only the head has, and the verdict tells: milder words, so far without a consequence. */
const loosened = () => propose(loosen)
const NPM = [{ name: 'tool' }, { name: '@acme/ui' }, { name: 'plain' }, { name: 'checker', dev: true }]
const swapSigner = () => {
  const next = withVersion(project.good, 'tool', '1.3.0')
  const mallory = { repository: 'mallory/tool', ref: 'refs/tags/v1.3.0' }
  project.world.setDescription(resign(next, { name: 'tool', version: '1.3.0' }, mallory))
  project.write('package-lock.json', npmLock(project.world, NPM))
}
const pull = (head: string, more: object = {}) => ({
  pull_request: { number: 7, user: { login: 'carol' }, head: { sha: head }, base: { sha: base }, ...more },
})
const group = (head: string) => ({ merge_group: { head_sha: head, base_sha: base, base_ref: 'refs/heads/main' } })

function open(eventName: string, event: object, env: JobOptions['env'] = {}) {
  return makeJob({
    folder: folder.path(),
    event,
    env: {
      ...{ GITHUB_EVENT_NAME: eventName, GITHUB_SERVER_URL: server.url, GITHUB_SHA: base, GITHUB_TOKEN: undefined },
      ACTIONS_ID_TOKEN_REQUEST_URL: undefined,
      ...env,
    },
  })
}
/** The step of examples/gate/workflow-target.yml, in a workspace without a checkout. */
const gate = (eventName: string, event: object, inputs: Readonly<Record<string, string>> = {}) => {
  const job = open(eventName, event)
  return job.step({ 'github-token': TOKEN, ...inputs }).then((result) => ({ ...result, job }))
}

const verdictOf = ({ outputs }: StepResult) => readJson(outputs['verdict-path'] ?? '')
const codesOf = (result: StepResult): string[] => verdictOf(result).findings.map(({ code }: { code: string }) => code)
const failsOf = (result: StepResult): string[] =>
  verdictOf(result)
    .findings.filter(({ level }: { level: string }) => level === 'fail')
    .map(({ rule, code }: { rule: string; code: string }) => `${rule} ${code}`)
const errorOf = ({ stdout }: StepResult) => /^::error title=Cleanbill ([A-Z_]+)::/m.exec(stdout)?.[1]
const clone = (workspace: string, commit: string) => {
  execFileSync('git', ['clone', '--quiet', '--no-checkout', project.root, workspace])
  execFileSync('git', ['fetch', '--quiet', 'origin', commit], { cwd: workspace })
  execFileSync('git', ['checkout', '--quiet', '--detach', commit], { cwd: workspace })
}

describe.skipIf(!HAS_GIT_SERVER)(
  'T-AC-27: a gate that the pull request cannot edit: pull_request_target without a checkout',
  () => {
    it('passes when no dependency changed, and leaves nothing but its papers', async () => {
      const head = propose(() => project.write('README.md', 'hello\n'))
      const result = await gate('pull_request_target', pull(head))
      expect([result.code, errorOf(result)]).toStrictEqual([0, undefined])
      expect(verdictOf(result)).toMatchObject({ verdict: 'PASSED', total: 0 })
      expect(verdictOf(result).limits.map(({ code }: { code: string }) => code)).not.toContain('GATE_EDITABLE_BY_PR')
      expect(result.outputs['verdict-path']).toBe(join(result.job.workspace, '.cleanbill/verdict.json'))
      expect(readdirSync(result.job.workspace)).toStrictEqual(['.cleanbill'])
      expect(readdirSync(result.job.temp)).toStrictEqual([])
    })

    it('judges what the head commit of the event brings in, against the merge base', async () => {
      const head = propose(() => {
        project.world.setDescription(withVersion(project.good, 'plain', '1.0.1'))
        project.write('package-lock.json', npmLock(project.world, NPM))
      })
      project.write('Gemfile.lock', 'GEM\n  specs:\n\nPLATFORMS\n  ruby\n')
      const moved = project.commit('main moves on')
      const result = await gate('pull_request_target', pull(head, { base: { sha: moved } }))
      expect(verdictOf(result).dependencies).toMatchObject([{ name: 'plain', file: 'package-lock.json' }])
    })

    it('fails a signer that the pull request swapped', async () => {
      const head = propose(swapSigner)
      const result = await gate('pull_request_target', pull(head))
      expect(result.code).toBe(10)
      expect(failsOf(result)).toContain('signer-continuity SIGNER_CHANGED')
      expect(readdirSync(result.job.temp)).toStrictEqual([])
    })

    it('T-PP-08: is no easier on a pull request that loosens the policy', async () => {
      const head = propose(() => {
        loosen()
        swapSigner()
      })
      const result = await gate('pull_request_target', pull(head))
      expect(result.code).toBe(10)
      expect(failsOf(result)).toContain('policy-change POLICY_WEAKENED')
    })

    it('reads what the commit has: no attribute hides or changes a file', async () => {
      const head = propose(() => {
        project.world.setDescription(withVersion(project.good, 'plain', '1.0.1'))
        project.write('package-lock.json', npmLock(project.world, NPM))
        project.write('.gitattributes', '* export-ignore eol=crlf text ident filter=evil\n*.lock export-ignore\n')
      })
      const result = await gate('pull_request_target', pull(head))
      expect(result.code).toBe(0)
      expect(verdictOf(result).dependencies.map(({ name }: { name: string }) => name)).toStrictEqual(['plain'])
    })

    it('follows no symlink that stands for a lockfile', async () => {
      const lockfile = propose(() => {
        project.remove('package-lock.json')
        symlinkSync('/etc/passwd', project.path('package-lock.json'))
      })
      const result = await gate('pull_request_target', pull(lockfile))
      expect(result.code).toBe(10)
      expect(failsOf(result)).toStrictEqual(['readable FILE_UNREAD'])
      expect(`${result.stdout}${JSON.stringify(verdictOf(result))}`).not.toContain('root:')
    })

    it('judges the pull request, not a checkout of the base', async () => {
      const head = loosened()
      const job = open('pull_request_target', pull(head))
      clone(job.workspace, base)
      const result = await job.step({ 'github-token': TOKEN })
      expect(codesOf(result)).toContain('POLICY_WEAKENED')
    })

    it('T-AC-07: is refused where the code of the pull request is checked out, also in a folder', async () => {
      const head = propose(() => project.write('README.md', 'hello\n'))
      for (const path of ['.', 'code']) {
        const job = open('pull_request_target', pull(head))
        const at = join(job.workspace, path)
        mkdirSync(at, { recursive: true })
        clone(at, head)
        const result = await job.step({ 'github-token': TOKEN, 'working-directory': path })
        expect([result.code, errorOf(result)]).toStrictEqual([2, 'UNSAFE_TRIGGER'])
        expect(existsSync(join(at, '.cleanbill'))).toBe(false)
      }
    })

    it('takes the working directory from the fetched commit', async () => {
      const head = propose(() => project.write('app/package-lock.json', 'no lock'))
      const result = await gate('pull_request_target', pull(head), { 'working-directory': 'app' })
      expect(failsOf(result)).toContain('readable FILE_UNREAD')
      expect(result.stdout).toMatch(/^::error file=app\/package-lock.json,/m)
      const outside = await gate('pull_request_target', pull(head), { 'working-directory': 'no-such' })
      expect(errorOf(outside)).toBe('BASE_UNREADABLE')
    })

    it.each([
      ['a token that reads nothing', { 'github-token': 'ghs_wrong' }, undefined],
      ['no token', { 'github-token': '' }, undefined],
      ['a head that is no commit id', {}, 'main --upload-pack=x'],
      ['a head that is gone', {}, 'd'.repeat(40)],
    ])('is no verdict with %s', async (_, inputs, sha) => {
      const head = sha ?? propose(() => project.write('README.md', 'hello\n'))
      const result = await gate('pull_request_target', pull(head), inputs)
      expect([result.code, errorOf(result)]).toStrictEqual([1, 'CHANGE_UNREADABLE'])
      expect(result.outputs.verdict).toBe('')
      expect(readdirSync(result.job.temp)).toStrictEqual([])
    })

    it('does not take a base of its own', async () => {
      const head = propose(() => project.write('README.md', 'hello\n'))
      expect(errorOf(await gate('pull_request_target', pull(head), { base: 'main' }))).toBe('INPUT_INVALID')
    })
  },
)

describe.skipIf(!HAS_GIT_SERVER)('T-AC-18: a merge queue', () => {
  it('is judged without a checkout', async () => {
    const result = await gate('merge_group', group(loosened()))
    expect(codesOf(result)).toContain('POLICY_WEAKENED')
    expect(readdirSync(result.job.temp)).toStrictEqual([])
  })

  it('is judged where its head is checked out, and fetched where an earlier job left another commit', async () => {
    const head = loosened()
    for (const [commit, fetches] of [
      [head, false],
      [base, true],
    ] as const) {
      const job = open('merge_group', group(head))
      clone(job.workspace, commit)
      const before = server.asked.length
      expect(codesOf(await job.step({ 'github-token': TOKEN }))).toContain('POLICY_WEAKENED')
      expect(server.asked.length > before).toBe(fetches)
    }
  })
})

describe.skipIf(!HAS_GIT_SERVER)('any other event', () => {
  it.each([['push'], ['schedule'], ['pull_request']])('fetches nothing: %s', async (eventName) => {
    const head = propose(() => project.write('README.md', 'hello\n'))
    const before = server.asked.length
    const result = await gate(eventName, pull(head))
    expect(errorOf(result)).toBe(eventName === 'pull_request' ? 'BASE_UNREADABLE' : 'INPUT_EMPTY')
    expect(server.asked.length).toBe(before)
  })
})
