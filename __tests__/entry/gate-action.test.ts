import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { EmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import { resign } from '../../src/embedded/world/change.ts'
import { gateDocumentSchema } from '../../src/model/gate-document.ts'
import { FACTS_V1 } from '../../src/model/predicates/facts.ts'
import { VSA_V1 } from '../../src/model/predicates/vsa.ts'
import { start } from '../embedded/signing.ts'
import { runCli, scratch } from '../support/built.ts'
import { DEPENDENCIES, type GateProject, LOCK, openGateProject, POLICY } from '../support/gate-project.ts'
import {
  type Document,
  type Job,
  type JobOptions,
  makeJob,
  REPOSITORY,
  readJson,
  statementIn,
  verifyBundle,
} from '../support/github-job.ts'

const folder = scratch()
let sigstore: EmbeddedSigstore
let project: GateProject
let lock: string

beforeAll(async () => {
  sigstore = await start(folder.path('sigstore'))
  project = await openGateProject({ clock: () => new Date() })
  await project.init()
  lock = project.read(LOCK)
})
afterAll(async () => {
  await Promise.all([sigstore.close(), project.close()])
  folder.remove()
})
beforeEach(() => {
  project.restore()
  project.write(LOCK, lock)
  project.world.setDescription(project.good)
})

const EVENT = {
  repository: {
    id: 700100200,
    full_name: REPOSITORY,
    visibility: 'public',
    default_branch: 'main',
    owner: { type: 'Organization' },
  },
}

/** A job with the project checked out. */
function job(more: Partial<JobOptions> = {}): Job {
  const made = makeJob({ folder: folder.path(), sigstore, ...more, event: { ...EVENT, ...more.event } })
  cpSync(project.root, made.workspace, { recursive: true, filter: (path) => !path.endsWith('/.home') })
  return made
}
const given = () => ({ 'github-token': project.world.token, store: 'none' })
const steal = () =>
  project.world.setDescription(
    resign(project.good, { name: 'tool' }, { repository: 'mallory/tool', ref: 'refs/tags/v1.2.0' }),
  )

function git(cwd: string, ...argv: string[]): string {
  const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'init.defaultBranch=main']
  return execFileSync('git', [...who, ...argv], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}

describe('a step that only gates', () => {
  it('passes, says what it saw, and signs the verdict on the default branch', async () => {
    const { step, workspace } = job()
    const { code, outputs, summary, stdout } = await step({ ...given(), profile: 'strict' })
    expect(code).toBe(0)
    expect(outputs).toMatchObject({ verdict: 'PASSED', signed: 'true', 'exit-code': '0' })
    const document = gateDocumentSchema.parse(readJson(outputs['verdict-path'] ?? ''))
    expect(document).toMatchObject({ verdict: 'PASSED', profile: 'strict', total: 14 })
    expect(summary).toContain('Gate passed')
    expect(stdout).not.toContain('::error')
    const bundles = (outputs['bundle-paths'] ?? '').split('\n')
    expect(bundles.map((path) => statementIn(path).predicateType)).toStrictEqual([VSA_V1, FACTS_V1])
    const { statement } = verifyBundle(bundles[0] ?? '', sigstore)
    expect(statement.predicate).toMatchObject({
      resourceUri: `git+https://github.com/${REPOSITORY}@refs/heads/main`,
      verifiedLevels: ['CLEANBILL_GATE_STRICT_V1'],
    })
    const verified = await runCli(
      [
        ...[
          'verify',
          'package-lock.json',
          '--bundle',
          bundles[0] ?? '',
          '--repo',
          REPOSITORY,
          '--predicate-type',
          VSA_V1,
        ],
        ...['--trusted-root', sigstore.trustedRootPath, '--cert-oidc-issuer', sigstore.issuer, '--offline'],
      ],
      { cwd: workspace },
    )
    expect([verified.stderr, verified.stdout, verified.code]).toStrictEqual([
      '',
      expect.stringContaining('VERIFIED'),
      0,
    ])
  })

  it('fails with the finding on the line of the lock, in the log, the summary and the document', async () => {
    steal()
    const { step, file } = job()
    const { code, outputs, summary, stdout } = await step({ ...given(), sarif: 'gate.sarif' })
    expect(code).toBe(10)
    expect(outputs).toMatchObject({ verdict: 'FAILED', 'exit-code': '10' })
    const [, path, line] = /^::error file=([^,]+),line=(\d+),title=[^:]*SIGNER_CHANGED/m.exec(stdout) ?? []
    expect(path).toBe('package-lock.json')
    expect(readFileSync(file('package-lock.json'), 'utf8').split('\n')[Number(line) - 1]).toContain('node_modules/tool')
    expect(summary).toContain('mallory/tool')
    expect(readJson(outputs['verdict-path'] ?? '').verdict).toBe('FAILED')
    expect(existsSync(file('gate.sarif'))).toBe(true)
    // Its absence would say less than a summary that says FAILED.
    expect(statementIn(outputs['bundle-path'] ?? '').predicate.verifiedLevels).toStrictEqual(['FAILED'])
  })

  it('judges what a pull request changes, and signs nothing there', async () => {
    const { workspace, file } = job()
    git(workspace, 'init', '--quiet')
    git(workspace, 'add', '--all')
    git(workspace, 'commit', '--quiet', '-m', 'base')
    const base = git(workspace, 'rev-parse', 'HEAD')
    file('README.md', 'hello\n')
    git(workspace, 'add', '--all')
    git(workspace, 'commit', '--quiet', '-m', 'head')
    const pull = {
      number: 7,
      user: { login: 'carol' },
      head: { sha: git(workspace, 'rev-parse', 'HEAD') },
      base: { sha: base },
    }
    const again = makeJob({
      folder: join(workspace, '..'),
      sigstore,
      event: { ...EVENT, pull_request: pull },
      env: { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge' },
    })
    const { code, outputs } = await again.step(given())
    expect(code).toBe(0)
    expect(outputs).toMatchObject({ verdict: 'PASSED', signed: 'false', 'bundle-paths': '' })
    expect(readJson(outputs['verdict-path'] ?? '').judged).toMatchObject({ changed: 0, found: 14 })
  })

  it('T-AC-17, T-AC-18: is no verdict, exit 1, when the base of a pull request is not there', async () => {
    const pull = { number: 7, user: { login: 'carol' }, head: { sha: 'a'.repeat(40) }, base: { sha: 'b'.repeat(40) } }
    const { step } = job({ event: { pull_request: pull }, env: { GITHUB_EVENT_NAME: 'pull_request' } })
    const { code, outputs, stdout } = await step(given())
    expect([code, outputs.verdict, outputs.signed]).toStrictEqual([1, '', 'false'])
    expect(stdout).toContain('BASE_UNREADABLE')
  })

  it('gates without the permission to sign', async () => {
    const { step } = job({ sigstore: undefined, env: { ACTIONS_ID_TOKEN_REQUEST_URL: undefined } })
    const { code, outputs } = await step(given())
    expect([code, outputs.verdict, outputs.signed]).toStrictEqual([0, 'PASSED', 'false'])
  })

  it('refuses gate: false with nothing else to do, and words that it does not know', async () => {
    const { step } = job()
    for (const inputs of [{ gate: 'false' }, { gate: 'maybe' }, { profile: 'lenient' }]) {
      const { code, stdout } = await step({ ...given(), ...inputs })
      expect(code).toBe(2)
      expect(stdout).toContain('INPUT_INVALID')
    }
  })
})

describe('a step that gates and runs', () => {
  const RUN = { run: 'echo trained | tee ran.txt', outputs: 'model: ran.txt' }

  it('does not run what fails the gate', async () => {
    steal()
    const { step, file } = job()
    const { code, outputs, stdout, summary } = await step({ ...given(), ...RUN })
    expect(code).toBe(10)
    expect(existsSync(file('ran.txt'))).toBe(false)
    expect(stdout).not.toMatch(/^trained$/m)
    expect(outputs).toMatchObject({
      verdict: 'FAILED',
      signed: 'false',
      'recording-path': '',
      'bundle-path': '',
      'exit-code': '10',
    })
    expect(stdout).toContain('SIGNER_CHANGED')
    expect(summary).toContain('mallory/tool')
  })

  it('runs what passes, and the provenance names what was judged and by which attestations', async () => {
    const { step } = job()
    const { code, outputs } = await step({ ...given(), ...RUN })
    expect(code).toBe(0)
    expect(outputs).toMatchObject({ verdict: 'PASSED', signed: 'true' })
    const { statement } = verifyBundle(outputs['bundle-path'] ?? '', sigstore)
    const { buildDefinition, runDetails } = statement.predicate
    const judged = buildDefinition.resolvedDependencies.filter(
      ({ annotations }: Document) => annotations?.role === 'dependency',
    )
    expect(judged).toHaveLength(DEPENDENCIES.verified.length + DEPENDENCIES.registered.length)
    const tool = judged.find(({ uri }: Document) => uri === 'pkg:npm/tool@1.2.0')
    const document = readJson(outputs['verdict-path'] ?? '')
    const own = document.dependencies.find(({ name }: Document) => name === 'tool')
    expect(tool.digest.sha512).toMatch(/^[0-9a-f]{128}$/)
    expect(tool.annotations).toMatchObject({ state: 'verified' })
    expect(tool.annotations.attestations.sort()).toStrictEqual(
      own.evidence.map(({ payloadSha256 }: Document) => `sha256:${payloadSha256}`).sort(),
    )
    const sha256 = createHash('sha256')
      .update(readFileSync(outputs['verdict-path'] ?? ''))
      .digest('hex')
    expect(runDetails.byproducts).toContainEqual(
      expect.objectContaining({
        name: 'verdict.json',
        digest: { sha256 },
        annotations: expect.objectContaining({ result: 'PASSED' }),
      }),
    )
  })

  it('gates where a policy or a lock is there, unless told otherwise', async () => {
    steal()
    const cases: readonly (readonly [string, readonly string[], string, boolean])[] = [
      ['auto', [], 'FAILED', false],
      ['auto', [POLICY, LOCK], '', true],
      ['false', [], '', true],
      ['true', [LOCK], 'PASSED', true],
    ]
    for (const [gate, absent, verdict, runs] of cases) {
      const { step, file } = job()
      for (const name of absent) rmSync(file(name))
      const result = await step({ ...given(), ...RUN, gate, sign: 'false' })
      expect([gate, absent, result.outputs.verdict]).toStrictEqual([gate, absent, verdict])
      expect(existsSync(file('ran.txt'))).toBe(runs)
    }
  })

  it('gives the command no token that the gate had', async () => {
    const { step, file } = job()
    await step({ ...given(), run: 'env > ran.txt; cat ran.txt > /dev/null', outputs: 'model: ran.txt', sign: 'false' })
    expect(readFileSync(file('ran.txt'), 'utf8')).not.toContain(project.world.token)
  })
})
