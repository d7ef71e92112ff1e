import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { EmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import { start } from '../embedded/signing.ts'
import { runCli, scratch } from '../support/built.ts'
import { type Document, instance, makeJob, readJson, readText, verifyBundle, WORKFLOW } from '../support/github-job.ts'
import { close, listen } from '../support/loopback-server.ts'
import { startTokenEndpoint } from '../support/token-endpoint.ts'

const folder = scratch()
let sigstore: EmbeddedSigstore
let down: Server
let downUrl: string

beforeAll(async () => {
  sigstore = await start(folder.path('sigstore'))
  // A token endpoint that is gone is not asked twice; the services are.
  down = createServer(
    (request, answer) => void answer.writeHead(request.url?.startsWith('/token') ? 404 : 503).end('down'),
  )
  downUrl = await listen(down)
})
afterAll(async () => {
  await Promise.all([sigstore.close(), close(down)])
  folder.remove()
})

const STEP = { run: 'echo 1 > a.bin', outputs: 'model: a.bin' }

/** The embedded instance with one service that answers 503. */
function configWith(service: 'caUrls' | 'rekorTlogUrls' | 'tsaUrls', base = sigstore.signingConfigPath): string {
  const config = readJson(base)
  config[service] = config[service].map((one: object) => ({ ...one, url: downUrl }))
  const path = join(folder.path(), 'signing_config.json')
  writeFileSync(path, JSON.stringify(config))
  return path
}

const flags = (config = sigstore.signingConfigPath) => [
  '--signing-config',
  config,
  '--trusted-root',
  sigstore.trustedRootPath,
]
const signOutbox = (
  job: { workspace: string; env: Readonly<Record<string, string | undefined>> },
  more: readonly string[] = flags(),
) =>
  runCli(['sign', '--outbox', join(job.workspace, '.cleanbill/outbox'), '--store', 'none', '--json', ...more], {
    cwd: job.workspace,
    env: job.env,
  })

/** A job whose statement waits, as there was no token. */
async function pendingJob(inputs: Record<string, string> = {}) {
  const job = makeJob({ folder: folder.path(), sigstore })
  const result = await job.step({ ...STEP, ...inputs }, { env: { ACTIONS_ID_TOKEN_REQUEST_URL: `${downUrl}/token` } })
  return { ...job, result, outbox: join(job.workspace, '.cleanbill/outbox') }
}

describe.concurrent('T-AC-14: when a service of Sigstore answers 503', () => {
  it.each([
    ['the certificate authority', 'caUrls', 2, 'CA_UNAVAILABLE'],
    ['the Rekor v2 log', 'rekorTlogUrls', 2, 'LOG_UNAVAILABLE'],
    ['the Rekor v1 log', 'rekorTlogUrls', 1, 'LOG_UNAVAILABLE'],
    ['the timestamp authority', 'tsaUrls', 2, 'TSA_UNAVAILABLE'],
  ] as const)(
    '%s: the statement is sealed, the step passes with a warning and says pending',
    async (_, service, version, code) => {
      const base = version === 1 ? sigstore.signingConfigV1Path : sigstore.signingConfigPath
      const job = makeJob({ folder: folder.path(), sigstore })
      const result = await job.step({ ...STEP, 'signing-config': configWith(service, base) })
      expect(result.code).toBe(0)
      expect(result.stdout).toMatch(/^::warning title=Cleanbill::NOT SIGNED/m)
      expect(result.stdout).not.toMatch(/^Recorded and signed/m)
      expect(result.outputs).toMatchObject({
        pending: 'true',
        signed: 'false',
        'bundle-path': '',
        'outbox-path': join(job.workspace, '.cleanbill/outbox'),
      })
      const [name = ''] = readdirSync(join(job.workspace, '.cleanbill/outbox'))
      const sealed = readJson(join(job.workspace, '.cleanbill/outbox', name))
      expect(sealed.reason.code).toBe(code)
      expect(result.stdout).toContain(sealed.sha256)
      expect(result.summary).toContain('Not finished')
      expect(result.summary).not.toContain('✅')
      expect(JSON.stringify(sealed)).not.toContain(sigstore.requestToken)
    },
  )

  it('with on-outage: fail exits 11, sealed all the same', async () => {
    const { result, outbox } = await pendingJob({ 'on-outage': 'fail' })
    expect(result.code).toBe(11)
    expect(readdirSync(outbox)).toHaveLength(1)
  })

  it('seals each statement of subject-mode single', async () => {
    const { outbox } = await pendingJob({
      run: 'for n in 1 2; do echo $n > $n.bin; done',
      outputs: 'model: *.bin',
      'subject-mode': 'single',
    })
    expect(readdirSync(outbox)).toHaveLength(2)
    expect(
      readdirSync(outbox)
        .map((name) => readJson(join(outbox, name)).bundle)
        .sort(),
    ).toStrictEqual(['attestation-2.json', 'attestation.json'])
  })
})

describe('when the second of three statements is refused', () => {
  it('fails the step, and the other two are signed: none is lost', async () => {
    const tokens = await startTokenEndpoint(sigstore)
    try {
      tokens.replace((jwt) => jwt)
      tokens.replace((jwt) =>
        jwt.replace(
          /\..*\./,
          `.${Buffer.from('{"iss":"x","sub":"x","aud":"sigstore","exp":1}').toString('base64url')}.`,
        ),
      )
      const job = makeJob({ folder: folder.path(), sigstore, env: { ACTIONS_ID_TOKEN_REQUEST_URL: tokens.url } })
      const run = 'for n in 1 2 3; do echo $n > $n.bin; done'
      const result = await job.step({ run, outputs: 'model: *.bin', 'subject-mode': 'single' })
      expect(result.stdout).toContain('TOKEN_EXPIRED')
      expect(result.code).toBe(2)
      const out = join(job.workspace, '.cleanbill')
      for (const name of ['attestation.json', 'attestation-3.json']) verifyBundle(join(out, name), sigstore)
      const [name = ''] = readdirSync(join(out, 'outbox'))
      expect(readJson(join(out, 'outbox', name)).bundle).toBe('attestation-2.json')
    } finally {
      await tokens.close()
    }
  })
})

describe('an embedded Sigstore that goes away while the command runs', () => {
  let again: EmbeddedSigstore | undefined
  afterEach(() => again?.close())

  it('leaves an outbox; back again, sign --outbox yields a bundle that verifies and says late', async () => {
    const state = folder.path()
    const first = await start(state)
    const job = makeJob({ folder: folder.path(), sigstore: first })
    let closing: Promise<void> | undefined
    const result = await job.step(
      { ...STEP, run: 'echo running; sleep 0.5; echo 1 > a.bin', ...instance(first) },
      {
        onStdout: (text) => {
          if (text.includes('running')) closing ??= first.close()
        },
      },
    )
    await closing
    expect(result.code).toBe(0)
    expect(result.outputs.pending).toBe('true')
    expect(result.stdout).toContain('cleanbill sign --outbox')

    again = await start(state)
    const finished = await runCli(
      [
        'sign',
        '--outbox',
        join(job.workspace, '.cleanbill/outbox'),
        '--store',
        'none',
        '--json',
        '--signing-config',
        again.signingConfigPath,
        '--trusted-root',
        again.trustedRootPath,
      ],
      { cwd: job.workspace, env: { ...job.env, ACTIONS_ID_TOKEN_REQUEST_URL: again.tokenUrl } },
    )
    expect(finished.stderr).not.toContain('error')
    expect(finished.code).toBe(0)
    const [signed] = JSON.parse(finished.stdout).signed
    expect(signed).toMatchObject({ late: true, subjects: [{ name: 'a.bin' }] })
    const { statement, identity } = verifyBundle(signed.bundle, again)
    expect(identity).toBe(`https://github.com/${WORKFLOW}`)
    const late = statement.predicate.runDetails.metadata.cleanbill_lateSigned
    expect(late).toMatchObject({ sealedSha256: signed.sha256, reason: 'TOKEN_UNAVAILABLE' })
    expect(Date.parse(late.signedOn)).toBeGreaterThanOrEqual(Date.parse(late.sealedOn))
    expect(readdirSync(join(job.workspace, '.cleanbill/outbox'))).toStrictEqual([])

    const shown = await runCli(
      [
        'verify',
        'a.bin',
        '--bundle',
        signed.bundle,
        '--trusted-root',
        again.trustedRootPath,
        '--cert-identity',
        identity,
        '--cert-oidc-issuer',
        again.issuer,
        '--offline',
      ],
      { cwd: job.workspace, env: { HOME: job.workspace } },
    )
    expect(shown.stdout).toContain('VERIFIED')
    expect(shown.code).toBe(0)
  })
})

describe('sign --outbox', () => {
  it('T-AC-20: signs nothing of an outbox in which something was changed', async () => {
    const job = await pendingJob()
    const [name = ''] = readdirSync(job.outbox)
    const path = join(job.outbox, name)
    const sealed = readJson(path)
    const statement = JSON.parse(Buffer.from(sealed.statement, 'base64').toString('utf8'))
    statement.subject[0].digest.sha256 = '0'.repeat(64)
    writeFileSync(
      path,
      JSON.stringify({ ...sealed, statement: Buffer.from(JSON.stringify(statement)).toString('base64') }),
    )
    const finished = await signOutbox(job)
    expect(JSON.parse(finished.stdout)).toMatchObject({ code: 'STATE_CHANGED', exitCode: 1 })
    expect(finished.code).toBe(1)
    expect(readdirSync(join(job.workspace, '.cleanbill'))).not.toContain('attestation.json')
  })

  it.each([
    ['a name that leads elsewhere', (sealed: Document) => ({ ...sealed, bundle: '../../evil.json' })],
    ['an unknown key', (sealed: Document) => ({ ...sealed, extra: 1 })],
    ['another schema', (sealed: Document) => ({ ...sealed, schema: 'x' })],
  ])('refuses an entry with %s', async (_, change) => {
    const job = await pendingJob()
    const path = join(job.outbox, readdirSync(job.outbox)[0] ?? '')
    writeFileSync(path, JSON.stringify(change(readJson(path))))
    const finished = await signOutbox(job)
    expect(JSON.parse(finished.stdout).code).toBe('CONFIG_MALFORMED')
    expect(finished.code).toBe(2)
  })

  it('says that an empty outbox is empty, and passes nothing off as signed', async () => {
    const workspace = folder.path()
    const job = { workspace, env: { HOME: workspace } }
    folder.path(join(workspace.split('/').at(-1) ?? '', '.cleanbill/outbox'))
    const finished = await signOutbox(job)
    expect(JSON.parse(finished.stdout).code).toBe('INPUT_EMPTY')
    expect(finished.code).toBe(1)
  })

  it('says so when the folder is not there', async () => {
    const workspace = folder.path()
    const finished = await signOutbox({ workspace, env: { HOME: workspace } })
    expect(JSON.parse(finished.stdout).code).toBe('FILE_NOT_FOUND')
    expect(finished.code).toBe(2)
  })

  it('keeps the entry while Sigstore is still down, and signs it when it is back', async () => {
    const job = await pendingJob()
    const still = await signOutbox({ ...job, env: { ...job.env, ACTIONS_ID_TOKEN_REQUEST_URL: `${downUrl}/token` } })
    expect(JSON.parse(still.stdout).code).toBe('TOKEN_UNAVAILABLE')
    expect(still.code).toBe(1)
    expect(readdirSync(job.outbox)).toHaveLength(1)
    expect((await signOutbox(job)).code).toBe(0)
    expect(readdirSync(job.outbox)).toStrictEqual([])
  })

  it('signs only what was sealed with the digest it is given: a planted statement stays where it is', async () => {
    const other = await pendingJob({ run: 'echo evil > a.bin' })
    const planted = readFileSync(join(other.outbox, readdirSync(other.outbox)[0] ?? ''))
    const job = await pendingJob()
    const sealed = readJson(join(job.outbox, readdirSync(job.outbox)[0] ?? ''))
    writeFileSync(join(job.outbox, `${'f'.repeat(64)}.sealed.json`), planted)
    const finished = await signOutbox(job, [...flags(), '--sha256', sealed.sha256])
    expect(JSON.parse(finished.stdout).signed.map(({ sha256 }: { sha256: string }) => sha256)).toEqual([sealed.sha256])
    expect(readdirSync(job.outbox)).toEqual([`${'f'.repeat(64)}.sealed.json`])
    const absent = await signOutbox(job, [...flags(), '--sha256', '0'.repeat(64)])
    expect(JSON.parse(absent.stdout).code).toBe('STATE_CHANGED')
  })

  it('overwrites no bundle: two entries that were sealed under one name become two files', async () => {
    const job = await pendingJob()
    const first = readFileSync(join(job.outbox, readdirSync(job.outbox)[0] ?? ''))
    const other = await pendingJob({ run: 'echo 2 > a.bin' })
    writeFileSync(join(other.outbox, `${'f'.repeat(64)}.sealed.json`), first)
    const finished = await signOutbox(other)
    expect(finished.code).toBe(0)
    const paths = JSON.parse(finished.stdout).signed.map(({ bundle }: { bundle: string }) => bundle)
    expect(new Set(paths).size).toBe(2)
    const digests = paths.map((path: string) => verifyBundle(path, sigstore).statement.subject[0].digest.sha256)
    expect(new Set(digests).size).toBe(2)
  })

  it('has the marks of lateness under the signature: what it signs is not what was sealed, but names it', async () => {
    const job = await pendingJob()
    const sealed = readJson(join(job.outbox, readdirSync(job.outbox)[0] ?? ''))
    const finished = await signOutbox(job)
    const { statement } = verifyBundle(JSON.parse(finished.stdout).signed[0].bundle, sigstore)
    expect(statement.predicate.runDetails.metadata.cleanbill_lateSigned.sealedSha256).toBe(sealed.sha256)
    expect(statement.predicate.runDetails.builder.id).toBe(`https://github.com/${WORKFLOW}#same-job`)
    expect(readText(join(job.workspace, '.cleanbill/recording.json'))).not.toContain('lateSigned')
  })
})
