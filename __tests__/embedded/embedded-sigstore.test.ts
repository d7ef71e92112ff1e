import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { ClientRequest, createServer, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { EMBEDDED_SIGSTORE_WARNING, startEmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import { now, signStatement, start, verifyWith } from './signing.ts'

const folders: string[] = []
const originalSend = ClientRequest.prototype.end

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cleanbill-embedded-'))
  folders.push(folder)
  return join(folder, 'state')
}

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

describe('the embedded Sigstore', () => {
  it('signs statements that the unmodified verifier accepts, in every entry kind', async () => {
    const sigstore = await start(await newFolder())
    try {
      for (const rekor of [1, 2, 'intoto'] as const) {
        const { bundle, json } = await signStatement(sigstore, rekor)
        const signer = verifyWith(sigstore.trustedRootPath, bundle)
        expect(signer.identity?.subjectAlternativeName).toBe(
          'https://github.com/octo-org/demo/.github/workflows/train.yml@refs/heads/main',
        )
        expect(signer.identity?.extensions?.issuer).toBe(sigstore.issuer)
        expect(Number(json.verificationMaterial.tlogEntries?.[0]?.logIndex)).toBeGreaterThan(0)
      }
    } finally {
      await sigstore.close()
    }
  })

  it('is refused by the verifier when the trusted root is that of another state', async () => {
    const [one, two] = [await start(await newFolder()), await start(await newFolder())]
    try {
      const { bundle } = await signStatement(one, 1)
      expect(() => verifyWith(two.trustedRootPath, bundle)).toThrow(/certificate|log|timestamp/i)
    } finally {
      await Promise.all([one.close(), two.close()])
    }
  })

  it('verifies tomorrow what it signed today: same trusted root, same port, log indexes go on', async () => {
    const folder = await newFolder()
    const yesterday = new Date(Math.floor(Date.now() / 1000) * 1000 - 86_400_000)
    const first = await start(folder, () => yesterday)
    const old = [await signStatement(first, 1), await signStatement(first, 2)]
    const root = await readFile(first.trustedRootPath)
    await first.close()
    const second = await start(folder)
    try {
      expect((await readFile(second.trustedRootPath)).equals(root)).toBe(true)
      expect(second.url).toBe(first.url)
      expect(second.requestToken).toBe(first.requestToken)
      for (const { bundle } of old) expect(() => verifyWith(second.trustedRootPath, bundle)).not.toThrow()
      for (const rekor of [1, 2] as const) {
        const { bundle, json } = await signStatement(second, rekor)
        expect(json.verificationMaterial.tlogEntries?.[0]?.logIndex).toBe('2')
        expect(() => verifyWith(second.trustedRootPath, bundle)).not.toThrow()
      }
    } finally {
      await second.close()
    }
  })

  it('keeps its trusted root when its port was taken meanwhile', async () => {
    const folder = await newFolder()
    const first = await start(folder)
    const root = await readFile(first.trustedRootPath, 'utf8')
    await first.close()
    const squatter = createServer((_request, response) => response.end('somebody else'))
    await new Promise<void>((resolve) => squatter.listen(Number(new URL(first.url).port), '127.0.0.1', resolve))
    const second = await start(folder)
    try {
      expect(second.url).not.toBe(first.url)
      expect(await readFile(second.trustedRootPath, 'utf8')).toBe(root)
      expect(JSON.parse(await readFile(second.signingConfigPath, 'utf8')).caUrls[0].url).toBe(second.url)
    } finally {
      await second.close()
      squatter.close()
    }
  })

  it('refuses a port that was asked for and is taken', async () => {
    const first = await start(await newFolder())
    try {
      const port = Number(new URL(first.url).port)
      const again = startEmbeddedSigstore({ stateDir: await newFolder(), port, clock: now })
      await expect(again).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    } finally {
      await first.close()
    }
  })

  it('refuses to serve one state twice', async () => {
    const folder = await newFolder()
    const first = await start(folder)
    try {
      await expect(start(folder)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    } finally {
      await first.close()
    }
  })

  it('refuses a folder that holds something else, and leaves it alone', async () => {
    const folder = await newFolder()
    await (await start(folder)).close()
    await rm(join(folder, 'state.json'))
    const before = await readdir(folder)
    await expect(start(folder)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    expect(await readdir(folder)).toEqual(before)
  })

  it('lets nobody else read its keys', async () => {
    const folder = await newFolder()
    await (await start(folder)).close()
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(folder))
      expect([name, (await stat(join(folder, name))).mode & 0o777]).toEqual([name, 0o600])
  })

  it('cuts off the half line that a killed process left, and goes on', async () => {
    const folder = await newFolder()
    const first = await start(folder)
    await signStatement(first, 1)
    await first.close()
    await appendFile(join(folder, 'rekor-v1-log.jsonl'), '{"index":2,"time":17')
    const second = await start(folder)
    const { bundle } = await signStatement(second, 1)
    await second.close()
    expect(bundle.verificationMaterial.tlogEntries[0]?.logIndex).toBe('2')
    const third = await start(folder)
    await third.close()
    expect(() => verifyWith(third.trustedRootPath, bundle)).not.toThrow()
  })

  it('refuses a log whose past was changed', async () => {
    const folder = await newFolder()
    const first = await start(folder)
    await signStatement(first, 1)
    await first.close()
    const path = join(folder, 'rekor-v1-log.jsonl')
    const lines = (await readFile(path, 'utf8')).split('\n')
    const entry = JSON.parse(lines[0] ?? '')
    lines[0] = JSON.stringify({ ...entry, body: Buffer.from('{}').toString('base64') })
    await writeFile(path, lines.join('\n'))
    await expect(start(folder)).rejects.toMatchObject({ code: 'STATE_CHANGED', line: 1 })
  })

  it('takes no more entries once another process has written to its log', async () => {
    const folder = await newFolder()
    const sigstore = await start(folder)
    try {
      await appendFile(join(folder, 'rekor-v1-log.jsonl'), 'not ours\n')
      await expect(signStatement(sigstore, 1)).rejects.toThrow()
      expect((await fetch(`${sigstore.url}/api/v1/log/entries?logIndex=0`)).status).toBe(500)
    } finally {
      await sigstore.close()
    }
  })

  it('refuses a state whose certificate belongs to another key', async () => {
    const folder = await newFolder()
    await (await start(folder)).close()
    const path = join(folder, 'state.json')
    const state = JSON.parse(await readFile(path, 'utf8'))
    state.keys.fulcio = state.keys.timestamp
    await writeFile(path, JSON.stringify(state))
    await expect(start(folder)).rejects.toMatchObject({ code: 'STATE_CHANGED' })
  })

  it('says first that it is for trials, and never logs a token', async () => {
    const lines: string[] = []
    const sigstore = await startEmbeddedSigstore({
      stateDir: await newFolder(),
      clock: now,
      log: (line) => lines.push(line),
    })
    await signStatement(sigstore, 2)
    await sigstore.close()
    expect(lines[0]).toBe(EMBEDDED_SIGSTORE_WARNING)
    expect(lines.join('\n')).not.toContain(sigstore.requestToken)
    expect(lines.join('\n')).not.toMatch(/eyJ|claims/)
  })

  it('leaves node:http as it is', async () => {
    expect(ClientRequest.prototype.end).toBe(originalSend)
    expect(ClientRequest.name).toBe('ClientRequest')
    expect(httpRequest.toString()).toContain('new ClientRequest')
  })
})

describe('the loopback server', () => {
  it('refuses a foreign Host, a web page, a large body, other paths and methods', async () => {
    const sigstore = await start(await newFolder())
    try {
      expect(new URL(sigstore.url).hostname).toBe('127.0.0.1')
      expect(await statusOf(`${sigstore.url}/instance`, { host: 'rebound.example' })).toBe(403)
      expect(await statusOf(`${sigstore.url}/instance`, { origin: 'https://page.example' })).toBe(403)
      expect(await statusOf(`${sigstore.url}/instance`, {})).toBe(200)
      expect(await statusOf(`${sigstore.url}/nothing`, {})).toBe(404)
      expect(await statusOf(`${sigstore.url}/api/v2/signingCert`, {})).toBe(405)
      const large = await fetch(`${sigstore.url}/api/v1/log/entries`, {
        method: 'POST',
        body: 'x'.repeat(4 * 1024 * 1024 + 1),
      })
      expect(large.status).toBe(413)
      const junk = await fetch(`${sigstore.url}/api/v1/log/entries`, {
        method: 'POST',
        body: '{"kind":"dsse","kind":"x"}',
      })
      expect(junk.status).toBe(400)
    } finally {
      await sigstore.close()
    }
  })

  it('closes at once with connections open, and twice without harm', async () => {
    const sigstore = await start(await newFolder())
    await fetch(`${sigstore.url}/api/v1/log`)
    await sigstore.close()
    await sigstore.close()
    await expect(fetch(`${sigstore.url}/api/v1/log`)).rejects.toThrow()
  })
})

function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject)
    sent.end()
  })
}
