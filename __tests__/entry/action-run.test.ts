import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import { start } from '../embedded/signing.ts'
import { scratch } from '../support/built.ts'
import { type GithubApi, startGithubApi } from '../support/github-api.ts'
import {
  type JobOptions,
  makeJob,
  REPOSITORY,
  readJson,
  readText,
  STORE_TOKEN,
  statementIn,
  verifyBundle,
  WORKFLOW,
} from '../support/github-job.ts'

const folder = scratch()
let sigstore: EmbeddedSigstore
let api: GithubApi

beforeAll(async () => {
  sigstore = await start(folder.path('sigstore'))
  const tokens = { [STORE_TOKEN]: { attestations: 'write' } } as const
  api = await startGithubApi({ repositories: [{ name: REPOSITORY }], tokens })
})
afterAll(async () => {
  await Promise.all([sigstore.close(), api.close()])
  folder.remove()
})

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const job = (more: Partial<JobOptions> = {}) => makeJob({ folder: folder.path(), sigstore, apiUrl: api.url, ...more })

describe('a step that wraps a command', () => {
  it('signs, verifies, writes the bundle, stores it at GitHub and says where everything is', async () => {
    const { workspace, temp, step, file } = job()
    file('data/train.csv', 'a,b\n1,2\n')
    const result = await step({
      run: 'mkdir out && printf weights > out/model.bin && echo trained && echo noise >&2',
      kind: 'train',
      inputs: 'dataset: data',
      outputs: 'model: out/model.bin',
      'github-token': STORE_TOKEN,
    })
    expect(result.stderr).toBe('noise\n')
    expect(result.code).toBe(0)
    const bundlePath = join(workspace, '.cleanbill/attestation.json')
    const stored = api.attestations.at(-1)
    expect(result.outputs).toStrictEqual({
      'bundle-path': bundlePath,
      'bundle-paths': bundlePath,
      'attestation-id': String(stored?.id),
      'attestation-url': `https://github.com/${REPOSITORY}/attestations/${stored?.id}`,
      'recording-path': join(workspace, '.cleanbill/recording.json'),
      signed: 'true',
      pending: 'false',
      'outbox-path': '',
      'exit-code': '0',
      'subject-digest': `sha256:${sha256('weights')}`,
      // There is no policy here, so nothing was judged.
      verdict: '',
      'verdict-path': '',
    })
    const { statement, identity } = verifyBundle(bundlePath, sigstore)
    expect(identity).toBe(`https://github.com/${WORKFLOW}`)
    expect(statement.subject).toMatchObject([{ name: 'out/model.bin', digest: { sha256: sha256('weights') } }])
    expect(statement.predicate.runDetails.builder.id).toBe(`https://github.com/${WORKFLOW}#same-job`)
    expect(statement.predicate.buildDefinition.resolvedDependencies).toContainEqual(
      expect.objectContaining({ name: 'data', annotations: expect.objectContaining({ role: 'dataset' }) }),
    )
    expect(stored?.bundle).toStrictEqual(readJson(bundlePath))
    expect(stored?.digests).toStrictEqual([`sha256:${sha256('weights')}`])
    expect(readText(join(temp, 'created_attestation_paths.txt'))).toBe(`${bundlePath}\n`)
    expect(result.summary).toContain('Clean bill: recorded and signed')
    expect(result.summary).toContain(`--repo ${REPOSITORY}`)
    expect(result.stdout).toMatch(/^trained$/m)
  })

  it('signs through a Rekor v1 log as well', async () => {
    const { workspace, step } = job()
    const inputs = { run: 'echo 1 > a.bin', outputs: 'model: a.bin', 'signing-config': sigstore.signingConfigV1Path }
    expect((await step(inputs)).code).toBe(0)
    const bundle = join(workspace, '.cleanbill/attestation.json')
    expect(readJson(bundle).verificationMaterial.tlogEntries[0].kindVersion.kind).toBe('dsse')
    expect(verifyBundle(bundle, sigstore).statement.subject).toHaveLength(1)
  })

  it('tells the runner which files it made, in the file that the runner names', async () => {
    const artifacts = join(folder.path(), 'artifacts')
    writeFileSync(artifacts, '')
    const { step, workspace } = job({ env: { GITHUB_ARTIFACTS: artifacts } })
    const { code } = await step({ run: 'echo 1 > a.bin; echo 2 > b.bin', outputs: 'model: a.bin\nmodel: b.bin' })
    expect(code).toBe(0)
    expect(readText(artifacts)).toBe(`file://${workspace}/a.bin\nfile://${workspace}/b.bin\n`)
  })

  it('writes one bundle for each output in subject-mode single', async () => {
    const { step, workspace } = job()
    const run = 'for n in 1 2 3; do echo $n > $n.bin; done'
    const result = await step({ run, outputs: 'model: *.bin', 'subject-mode': 'single' })
    const paths = ['attestation', 'attestation-2', 'attestation-3'].map((n) => join(workspace, `.cleanbill/${n}.json`))
    expect(result.outputs['bundle-paths']).toBe(paths.join('\n'))
    expect(paths.map((path) => verifyBundle(path, sigstore).statement.subject)).toMatchObject(
      ['1.bin', '2.bin', '3.bin'].map((name) => [{ name }]),
    )
  })

  it('names the reusable workflow that holds the job, as the certificate does', async () => {
    const called = 'acme/builders/.github/workflows/build.yml@refs/tags/v1'
    const { step, workspace } = job({ claims: { job_workflow_ref: called } })
    expect((await step({ run: 'echo 1 > a.bin', outputs: 'model: a.bin' })).code).toBe(0)
    const { statement, identity } = verifyBundle(join(workspace, '.cleanbill/attestation.json'), sigstore)
    expect(identity).toBe(`https://github.com/${called}`)
    expect(statement.predicate.runDetails.builder.id).toBe(`https://github.com/${called}#same-job`)
  })

  it('only records with sign: false, asks for no token and leaves nothing signed', async () => {
    const { step, workspace } = job({ env: { ACTIONS_ID_TOKEN_REQUEST_URL: undefined } })
    const result = await step({ run: 'echo 1 > a.bin', outputs: 'model: a.bin', sign: 'false' })
    expect(result.code).toBe(0)
    expect(readdirSync(join(workspace, '.cleanbill'))).toStrictEqual(['recording.json'])
    expect(result.outputs).toMatchObject({ signed: 'false', pending: 'false', 'bundle-path': '' })
    expect(result.summary).toContain('Recorded, not signed')
  })

  it.each([
    ['the first line break ends the name', { run: 'exit 1', recording: 'x' }],
    ['nothing to do', { gate: 'false' }],
  ])('refuses inputs that name none of the three modes, or two: %s', async (_, inputs) => {
    const { code, stdout } = await job().step(inputs)
    expect(code).toBe(2)
    expect(stdout).toMatch(/^::error title=Cleanbill INPUT_INVALID::/m)
  })

  it.each([
    ['sign', 'yes'],
    ['subject-mode', 'some'],
    ['kind', 'bake'],
    ['shell', 'zsh'],
    ['on-outage', 'ignore'],
    ['store', 'everywhere'],
    ['pass-env', 'ACTIONS_RUNTIME_TOKEN'],
    ['outputs', 'out/model'],
  ])('refuses %s: %s before the command runs', async (name, value) => {
    const { step, workspace } = job()
    const { code } = await step({ run: 'touch ran a.bin', outputs: 'model: a.bin', [name]: value })
    expect(code).toBe(2)
    expect(existsSync(join(workspace, 'ran'))).toBe(false)
  })
})

describe('a command that fails', () => {
  it('T-AC-13: passes exit code 7 through, signs nothing and keeps the recording', async () => {
    const { step, workspace } = job()
    const stored = api.attestations.length
    const inputs = { run: 'echo 1 > a.bin; exit 7', outputs: 'model: a.bin', 'github-token': STORE_TOKEN }
    const result = await step(inputs)
    expect(result.code).toBe(7)
    expect(result.outputs).toMatchObject({ 'exit-code': '7', signed: 'false', 'bundle-path': '', 'attestation-id': '' })
    expect(readdirSync(join(workspace, '.cleanbill'))).toStrictEqual(['recording.json'])
    expect(readJson(join(workspace, '.cleanbill/recording.json')).exit).toStrictEqual({ code: 7, signal: null })
    expect(api.attestations).toHaveLength(stored)
    expect(result.summary).toContain('nothing was signed')
  })

  it('T-AC-13: exits 137 when the command was killed', async () => {
    const { step, workspace } = job()
    const result = await step({ run: 'kill -9 $$', outputs: 'model: a.bin' })
    expect(result.code).toBe(137)
    expect(readJson(join(workspace, '.cleanbill/recording.json')).exit).toStrictEqual({ code: null, signal: 'SIGKILL' })
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('forwards %s to the command and exits %i', async (signal, code) => {
    const { step, workspace } = job()
    let sent = false
    const result = await step(
      {
        run: `trap 'echo told; trap - ${signal}; kill -s ${signal} $$' ${signal}; echo ready; while :; do sleep 0.05; done`,
        outputs: 'model: a.bin',
      },
      {
        onStdout: (text, child) => {
          if (sent || !text.includes('ready')) return
          sent = true
          child.kill(signal)
        },
      },
    )
    expect(result.stdout).toContain('told')
    expect(result.code).toBe(code)
    expect(readdirSync(join(workspace, '.cleanbill'))).toStrictEqual(['recording.json'])
  })

  it('is an error of its own when the program is not there', async () => {
    const { code, stdout, outputs } = await job().step(
      { run: 'true', outputs: 'model: a.bin' },
      { env: { PATH: '/nowhere' } },
    )
    expect(code).toBe(2)
    expect(stdout).toContain('COMMAND_NOT_FOUND')
    expect(outputs.signed).toBe('false')
  })
})

describe('outputs that cannot be signed', () => {
  it.each([
    ['a pattern that matches nothing', 'true', 'model: out/*.bin', 'PATTERN_NO_MATCH'],
    ['an empty directory', 'mkdir out', 'model: out', 'SUBJECT_EMPTY'],
    ['a symlink', 'ln -s /etc/hostname out', 'model: out', 'PATH_UNSAFE'],
    ['one path with two roles', 'echo 1 > a', 'model: a\nbinary: a', 'SUBJECT_NAME_DUPLICATE'],
    ['names that differ in case only', 'echo 1 > a.bin; echo 1 > A.bin', 'model: *.bin', 'PATH_UNSAFE'],
  ])('T-SU-07, T-SU-08, T-SU-09, T-SU-11: refuses %s, and keeps the recording', async (_, run, outputs, code) => {
    const { step, workspace } = job()
    const result = await step({ run, outputs })
    expect(result.stdout).toMatch(new RegExp(`^::error title=Cleanbill ${code}::`, 'm'))
    expect(result.code).toBe(2)
    expect(existsSync(join(workspace, '.cleanbill/attestation.json'))).toBe(false)
    expect(readJson(join(workspace, '.cleanbill/recording.json')).exit.code).toBe(0)
  })

  it.each([
    ['no output', ''],
    ['a path outside', 'model: ../elsewhere'],
    ['a control character', 'model: a\u001bb'],
  ])('refuses %s before the command runs', async (_, outputs) => {
    const { step, workspace } = job()
    expect((await step({ run: 'touch ran', outputs })).code).toBe(2)
    expect(existsSync(join(workspace, 'ran'))).toBe(false)
  })

  it('refuses an input that is not there, before the command runs', async () => {
    const { step, workspace } = job()
    const result = await step({ run: 'touch ran a', outputs: 'model: a', inputs: 'dataset: data/none' })
    expect(result.code).toBe(2)
    expect(result.stdout).toContain('FILE_NOT_FOUND')
    expect(existsSync(join(workspace, 'ran'))).toBe(false)
  })

  it('signs a directory of 10,000 files as one subject, each file listed', async () => {
    const { step, workspace } = job()
    const run = 'mkdir out && cd out && seq -w 1 10000 | split -l 1 -a 4 - f'
    const { code } = await step({ run, outputs: 'model: out' })
    expect(code).toBe(0)
    const { statement } = verifyBundle(join(workspace, '.cleanbill/attestation.json'), sigstore)
    expect(statement.subject).toHaveLength(1)
    const manifest = statement.predicate.runDetails.byproducts.find(
      ({ annotations }: { annotations: { role: string } }) => annotations.role === 'output-manifest',
    )
    const text = readText(join(workspace, '.cleanbill', manifest.name))
    expect(manifest.digest.sha256).toBe(sha256(text))
    expect(JSON.parse(text).predicate.resources).toHaveLength(10_000)
  })

  it('takes names that are not ASCII, with blanks and brackets, and a line break below a directory', async () => {
    const { step, workspace } = job()
    const run = `mkdir dir && echo 1 > 'mödél ✓ [1].bin' && echo 2 > "dir/a
b"`
    const { code } = await step({ run, outputs: 'model: mödél ✓ [1].bin\ntree: dir' })
    expect(code).toBe(0)
    const { statement } = verifyBundle(join(workspace, '.cleanbill/attestation.json'), sigstore)
    expect(statement.subject.map((subject: { name: string }) => subject.name).sort()).toStrictEqual([
      'dir',
      'mödél ✓ [1].bin',
    ])
    expect(statement.predicate.runDetails.byproducts).toContainEqual(expect.objectContaining({ name: 'dir/a\nb' }))
  })
})

describe('what a step prints', () => {
  it('T-AC-02: starts no markup, mention or table cell in the summary, whatever files are called', async () => {
    const { step, file } = job()
    const hostile = '<img src=x onerror=1>|@team ![a](https:evil).bin'
    file(`data/${hostile}`, 'x')
    const result = await step({
      run: `echo 1 > '${hostile}'`,
      outputs: 'model: *.bin',
      inputs: `dataset: data/${hostile}`,
    })
    expect(result.code).toBe(0)
    // What stands in a code fence is text already.
    expect(result.summary.replace(/```sh[^`]*```/, '')).not.toMatch(/<img|@team|!\[|\]\(https:evil|\u001b/)
    const rows = result.summary.split('\n').filter((line) => line.startsWith('| model'))
    expect(rows).toHaveLength(1)
    expect(rows[0]?.split('|')).toHaveLength(6)
  })

  it('is a line of its own even when the command leaves its last one open', async () => {
    const { stdout } = await job().step({ run: 'printf "::stop"; false', outputs: 'model: a' })
    expect(stdout).toMatch(/^::stop$/m)
    const missing = await job().step({ run: 'printf open', outputs: 'model: a' })
    expect(missing.stdout).toMatch(/^::error title=Cleanbill PATTERN_NO_MATCH::/m)
  })

  it('T-AC-21: takes back what the command claimed in our outputs when the step fails', async () => {
    const claim = 'printf "signed=true\\nbundle-path=/evil\\nattestation-url=https://evil\\n" >> $GITHUB_OUTPUT'
    const result = await job().step({ run: claim, outputs: 'model: none' })
    expect(result.code).toBe(2)
    expect(result.outputs).toMatchObject({
      signed: 'false',
      'bundle-path': '',
      'attestation-url': '',
      pending: 'false',
    })
  })

  it('T-AC-03: lets no output value end its own delimiter', async () => {
    const { step, folder: own } = job()
    const workdir = `a\ncleanbill_EOF\nevil=1`
    mkdirSync(join(own, 'workspace', workdir))
    const result = await step({
      run: 'echo 1 > a.bin',
      outputs: 'model: a.bin',
      'working-directory': workdir,
      out: `${workdir}/out`,
    })
    expect(result.code).toBe(0)
    expect(result.outputs.evil).toBeUndefined()
    expect(result.outputs['bundle-path']).toContain('\ncleanbill_EOF\n')
  })

  it('goes on when the summary cannot be written', async () => {
    const { step } = job()
    const result = await step(
      {
        run: 'echo 1 > a.bin',
        outputs: 'model: a.bin',
      },
      { env: { GITHUB_STEP_SUMMARY: '/nowhere/summary' } },
    )
    expect(result.code).toBe(0)
    expect(result.outputs.signed).toBe('true')
    expect(result.stdout).toContain('the job summary cannot be written')
  })
})

describe('a step that signs what is there', () => {
  it('signs the recording of another job, and says that it was another', async () => {
    const { step, workspace } = job()
    await step({ run: 'echo 1 > a.bin', outputs: 'model: a.bin', sign: 'false' })
    const result = await step({ recording: '.cleanbill/recording.json', out: 'signed' })
    expect(result.code).toBe(0)
    const { statement } = verifyBundle(join(workspace, 'signed/attestation.json'), sigstore)
    expect(statement.predicate.runDetails.builder.id).toBe(`https://github.com/${WORKFLOW}#separate-job`)
  })

  it('T-AC-03: signs a predicate about files, and prints no workflow command that a file name holds', async () => {
    const { step, file, workspace } = job()
    file('::error::hello ##[add-path]x', '1')
    file('sbom.json', '{"bomFormat":"CycloneDX"}')
    const result = await step({
      'predicate-path': 'sbom.json',
      'predicate-type': 'https://cyclonedx.org/bom',
      'subject-path': '::error::hello ##[add-path]x',
    })
    expect(result.code).toBe(0)
    expect(result.stdout).not.toMatch(/^\s*::error|##\[/m)
    const statement = statementIn(join(workspace, '.cleanbill/attestation.json'))
    expect(statement).toMatchObject({
      predicateType: 'https://cyclonedx.org/bom',
      predicate: { bomFormat: 'CycloneDX' },
    })
  })
})
