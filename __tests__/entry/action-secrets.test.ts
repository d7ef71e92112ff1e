import { chmodSync, copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import { start } from '../embedded/signing.ts'
import { DIST, runCli, runProgram, scratch } from '../support/built.ts'
import {
  type Document,
  type Job,
  makeJob,
  readJson,
  readText,
  SECRETS,
  STORE_TOKEN,
  verifyBundle,
} from '../support/github-job.ts'
import { startTokenEndpoint, type TokenEndpoint } from '../support/token-endpoint.ts'

const folder = scratch()
const isRoot = process.getuid?.() === 0
let sigstore: EmbeddedSigstore
let tokens: TokenEndpoint

beforeAll(async () => {
  sigstore = await start(folder.path('sigstore'))
  tokens = await startTokenEndpoint(sigstore)
})
afterAll(async () => {
  await tokens.close()
  await sigstore.close()
  folder.remove()
})

/**
 * What hostile code in the command would try: its own environment, every ancestor's, the inspector, memory. Prints
 * nothing; leaves what it saw in `seen.json`.
 */
const SPY = `
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
const until = Number(process.argv[2])
const attempt = (work) => { try { return { text: work() } } catch (error) { return { code: error.code } } }
const ancestors = []
for (let pid = process.ppid; pid > 1 && pid !== until; ) {
  const stat = readFileSync('/proc/' + pid + '/stat', 'latin1')
  ancestors.push({
    pid,
    command: attempt(() => readFileSync('/proc/' + pid + '/cmdline', 'latin1').split('\\0').join(' ')),
    environ: attempt(() => readFileSync('/proc/' + pid + '/environ', 'latin1')),
    maps: attempt(() => readFileSync('/proc/' + pid + '/maps', 'latin1').length),
    mem: attempt(() => { closeSync(openSync('/proc/' + pid + '/mem', 'r')); return 'open' }),
  })
  pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}
const letters = ['/dev/shm', '/tmp'].flatMap((folder) => {
  const names = attempt(() => readdirSync(folder).filter((name) => name.startsWith('cleanbill-'))).text ?? []
  return names.map((name) => attempt(() => readFileSync(folder + '/' + name + '/kept', 'utf8')).text ?? '')
})
const own = JSON.stringify(process.env)
const inspectors = []
for (const { pid } of ancestors) {
  const signalled = attempt(() => process.kill(pid, 'SIGUSR1'))
  await new Promise((resolve) => setTimeout(resolve, 150))
  const open = await new Promise((resolve) => {
    const socket = connect(9229, '127.0.0.1', () => { socket.destroy(); resolve(true) })
    socket.on('error', () => resolve(false))
  })
  inspectors.push({ pid, signalled, open })
}
writeFileSync('seen.json', JSON.stringify({ own, ancestors, inspectors, letters: letters.filter((text) => text.includes('spy.mjs ' + until)) }))
writeFileSync('model.bin', 'weights')
`

/** Everything that buys or is an identity in this job. */
const secrets = () => [sigstore.requestToken, ...Object.values(SECRETS), STORE_TOKEN, ...tokens.issued]

const spyJob = (more: Partial<Parameters<typeof makeJob>[0]> = {}) => {
  const job = makeJob({
    folder: folder.path(),
    sigstore,
    env: { ACTIONS_ID_TOKEN_REQUEST_URL: tokens.url },
    ...more,
  })
  job.file('spy.mjs', SPY)
  return job
}
const spyStep = (job: Job, more: object = {}) =>
  job.step(
    {
      run: `"${process.execPath}" spy.mjs ${process.pid}`,
      outputs: 'model: model.bin',
      'github-token': STORE_TOKEN,
      store: 'none',
    },
    more,
  )

describe('the wrapped command', () => {
  it('T-AC-10: finds no token in its environment or its ancestors’, and opens no inspector', async () => {
    const job = spyJob()
    const result = await spyStep(job)
    expect(result.code).toBe(0)
    expect(tokens.issued.length).toBeGreaterThan(0)
    const seen = readJson(join(job.workspace, 'seen.json'))
    expect(seen.ancestors.length).toBeGreaterThan(0)
    expect(seen.ancestors.some((one: Document) => one.command.text.includes('action.mjs'))).toBe(true)
    expect(seen.inspectors.every((one: Document) => one.open === false)).toBe(true)
    for (const secret of secrets()) expect(JSON.stringify(seen)).not.toContain(secret)
    for (const name of ['ACTIONS_ID_TOKEN_REQUEST', 'ACTIONS_RUNTIME', 'ACTIONS_RESULTS', 'ACTIONS_CACHE', 'INPUT_']) {
      expect(JSON.stringify(seen)).not.toContain(name)
    }
  })

  it('is not followed by a token in anything we print or write', async () => {
    const job = spyJob()
    const result = await spyStep(job)
    expect(result.code).toBe(0)
    const written = ['recording.json', 'attestation.json'].map((name) =>
      readText(join(job.workspace, '.cleanbill', name)),
    )
    const payload = JSON.stringify(verifyBundle(join(job.workspace, '.cleanbill/attestation.json'), sigstore).statement)
    const unmasked = result.stdout.replace(`::add-mask::${STORE_TOKEN}\n`, '')
    for (const text of [unmasked, result.stderr, result.summary, JSON.stringify(result.outputs), ...written, payload]) {
      for (const secret of secrets()) expect(text).not.toContain(secret)
    }
  })

  it('gets no identity token shown by stopping the runner’s workflow commands', async () => {
    const job = spyJob()
    const before = tokens.issued.length
    const result = await job.step({ run: 'echo ::stop-commands::x; echo 1 > a.bin', outputs: 'model: a.bin' })
    expect(result.code).toBe(0)
    const issued = tokens.issued.slice(before)
    expect(issued).toHaveLength(1)
    expect(result.stdout).not.toContain(issued[0])
  })

  it('has ended before the identity token is asked for', async () => {
    const job = spyJob()
    let asked: number | undefined
    const before = tokens.requests.length
    await job.step(
      { run: 'echo 1 > a.bin; sleep 0.3; echo over', outputs: 'model: a.bin' },
      {
        onStdout: (text) => {
          if (asked === undefined && text.includes('over')) asked = tokens.requests.length - before
        },
      },
    )
    expect(asked).toBe(0)
    expect(tokens.requests.length - before).toBe(1)
    expect(new URL(tokens.requests.at(-1)?.path ?? '', 'http://x').searchParams.get('audience')).toBe('sigstore')
  })

  it('T-AC-10: gets GITHUB_TOKEN when pass-env names it, and nothing else with it', async () => {
    const job = spyJob()
    const result = await job.step({
      run: 'env > env.txt; echo 1 > a.bin',
      outputs: 'model: a.bin',
      'pass-env': 'GITHUB_TOKEN',
    })
    expect(result.code).toBe(0)
    const env = readText(join(job.workspace, 'env.txt'))
    expect(env).toContain(`GITHUB_TOKEN=${SECRETS.GITHUB_TOKEN}`)
    expect(env).not.toContain('ACTIONS_')
  })

  it('keeps NODE_OPTIONS, which the process that signs does not', async () => {
    const job = spyJob({ env: { ACTIONS_ID_TOKEN_REQUEST_URL: tokens.url, NODE_OPTIONS: '--max-old-space-size=700' } })
    expect((await spyStep(job)).code).toBe(0)
    const seen = readJson(join(job.workspace, 'seen.json'))
    expect(JSON.parse(seen.own).NODE_OPTIONS).toBe('--max-old-space-size=700')
    expect(JSON.stringify(seen.ancestors)).not.toContain('NODE_OPTIONS')
  })

  it('T-AC-15: has its secrets blanked in what is recorded of the command line', async () => {
    const secret = 'hunter2-0123456789'
    const job = spyJob({ env: { ACTIONS_ID_TOKEN_REQUEST_URL: tokens.url, MY_PASSWORD: secret } })
    const result = await job.step({ run: `echo ${secret} > a.bin; echo ${secret}`, outputs: 'model: a.bin' })
    expect(result.code).toBe(0)
    const { statement } = verifyBundle(join(job.workspace, '.cleanbill/attestation.json'), sigstore)
    expect(JSON.stringify(statement)).not.toContain(secret)
  })

  it('T-AC-11: is said to reach memory where it is root', async () => {
    const job = spyJob()
    expect((await spyStep(job)).code).toBe(0)
    const { statement } = verifyBundle(join(job.workspace, '.cleanbill/attestation.json'), sigstore)
    const codes = statement.predicate.runDetails.cleanbill_limits.map(({ code }: { code: string }) => code)
    expect(codes).toEqual(expect.arrayContaining(['SAME_JOB_SIGNING', 'DEPENDENCIES_TENANT_REPORTED']))
    if (isRoot) expect(codes).toContain('ROOT_IN_JOB')
  })

  it('may not read the memory of the process that signs, when both are the same ordinary user', async () => {
    const job = spyJob()
    const [config, root] = ['config.json', 'root.json'].map((name) => join(job.folder, name))
    copyFileSync(sigstore.signingConfigPath, config ?? '')
    copyFileSync(sigstore.trustedRootPath, root ?? '')
    for (const path of [config, root]) chmodSync(path ?? '', 0o644)
    const result = await job.step(
      {
        run: `"${process.execPath}" spy.mjs ${process.pid}`,
        outputs: 'model: model.bin',
        'signing-config': config ?? '',
        'trusted-root': root ?? '',
      },
      isRoot ? { uid: 65534, gid: 65534 } : {},
    )
    expect(result.stdout).not.toContain('::error')
    expect(result.code).toBe(0)
    const seen = readJson(join(job.workspace, 'seen.json'))
    const parent = seen.ancestors.find((one: Document) => one.command.text.includes('action.mjs'))
    expect(parent).toMatchObject({ environ: { code: 'EACCES' }, maps: { code: 'EACCES' }, mem: { code: 'EACCES' } })
    expect(seen.inspectors.every((one: Document) => one.open === false)).toBe(true)
    const { statement } = verifyBundle(join(job.workspace, '.cleanbill/attestation.json'), sigstore)
    expect(JSON.stringify(statement.predicate.runDetails)).not.toContain('TOKEN_IN_OWN_MEMORY')
  })

  it('is said to reach memory when there is no room for a copy of Node', async () => {
    const job = spyJob()
    for (const name of ['config.json', 'root.json']) writeFileSync(join(job.folder, name), '')
    copyFileSync(sigstore.signingConfigPath, join(job.folder, 'config.json'))
    copyFileSync(sigstore.trustedRootPath, join(job.folder, 'root.json'))
    chmodSync(join(job.folder, 'config.json'), 0o644)
    chmodSync(join(job.folder, 'root.json'), 0o644)
    const result = await job.step(
      {
        run: 'echo 1 > a.bin',
        outputs: 'model: a.bin',
        'signing-config': join(job.folder, 'config.json'),
        'trusted-root': join(job.folder, 'root.json'),
      },
      { env: { RUNNER_TEMP: '/nowhere/at/all' }, ...(isRoot ? { uid: 65534, gid: 65534 } : {}) },
    )
    expect(result.stderr).toBe('')
    const { limits } = readJson(join(job.workspace, '.cleanbill/recording.json'))
    expect(limits.map(({ code }: { code: string }) => code)).toContain('TOKEN_IN_OWN_MEMORY')
  })
})

describe('T-AC-28: a command that rewrites what the action is made of', () => {
  it('changes nothing: the step signs on with what was loaded before', async () => {
    const job = spyJob()
    const copy = folder.path()
    cpSync(DIST, copy, { recursive: true })
    const [config, root] = [join(copy, 'config.json'), join(copy, 'root.json')]
    copyFileSync(sigstore.signingConfigPath, config)
    copyFileSync(sigstore.trustedRootPath, root)
    const evil = 'import fs from "node:fs"; fs.writeFileSync("hijacked", JSON.stringify(process.env))'
    job.file('evil.txt', evil)
    const run = `
      for f in "${copy}"/*.mjs "${copy}"/cli.js; do cp evil.txt "$f"; done
      echo '{}' > "${config}"; echo '{}' > "${root}"; echo '{}' > "$GITHUB_EVENT_PATH"
      echo 'SIGSTORE_ID_TOKEN=evil' >> "$GITHUB_ENV"; echo "NODE_OPTIONS=--import $PWD/evil.txt" >> "$GITHUB_ENV"
      echo "$PWD/bin" >> "$GITHUB_PATH"
      mkdir bin; for f in node git python3 sudo; do printf '#!/bin/sh\\ntouch "%s/hijacked"\\n' "$PWD" > bin/$f; chmod +x bin/$f; done
      rm -rf "$RUNNER_TEMP"/* && echo '{}' > "$RUNNER_TEMP/trusted_root.json"
      printf weights > model.bin`
    const result = await job.step(
      { run, outputs: 'model: model.bin', 'signing-config': config, 'trusted-root': root },
      { action: join(copy, 'action.mjs') },
    )
    expect(result.code).toBe(0)
    expect(readFileSync(join(copy, 'action.mjs'), 'utf8')).toBe(evil)
    expect(existsSync(join(job.workspace, 'hijacked'))).toBe(false)
    expect(verifyBundle(join(job.workspace, '.cleanbill/attestation.json'), sigstore).statement.subject).toHaveLength(1)
  })
})

describe('the command line', () => {
  it('says when a parent process shows a token, which it cannot take away', async () => {
    const workspace = folder.path()
    const result = await runProgram(
      [
        'bash',
        '-c',
        `"${process.execPath}" "${join(DIST, 'cli.js')}" run --no-sign --output model:a -- sh -c 'echo 1 > a'; exit $?`,
      ],
      { cwd: workspace, env: { HOME: workspace, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'planted-0123456789' } },
    )
    expect(result.code).toBe(0)
    const { limits } = readJson(join(workspace, '.cleanbill/recording.json'))
    expect(limits.map(({ code }: { code: string }) => code)).toContain('TOKEN_IN_ANCESTOR')
    expect(readText(join(workspace, '.cleanbill/recording.json'))).not.toContain('planted-0123456789')
  })

  it('gives the command no token either', async () => {
    const workspace = folder.path()
    const result = await runCli(
      [
        'run',
        '--no-sign',
        '--output',
        'model:env.txt',
        '--',
        'sh',
        '-c',
        'env > env.txt; tr "\\0" "\\n" < /proc/$PPID/environ >> env.txt',
      ],
      {
        cwd: workspace,
        env: {
          HOME: workspace,
          SIGSTORE_ID_TOKEN: 'jwt-0123456789',
          CLEANBILL_KEY_PASSPHRASE: 'phrase-0123',
          ...SECRETS,
        },
      },
    )
    expect(result.stderr).not.toContain('error')
    expect(result.code).toBe(0)
    const env = readText(join(workspace, 'env.txt'))
    for (const secret of ['jwt-0123456789', 'phrase-0123', ...Object.values(SECRETS)]) expect(env).not.toContain(secret)
  })
})
