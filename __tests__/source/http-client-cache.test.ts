import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CleanbillError } from '../../src/model/error.ts'
import type { EvidenceAnswer, EvidenceRequest } from '../../src/source/client.ts'
import { type EvidenceServer, type Served, serve, testClient, virtualHost } from '../support/evidence-server.ts'

let cacheDir: string
let server: EvidenceServer
let answer: Served
beforeEach(async () => {
  cacheDir = mkdtempSync(join(tmpdir(), 'cleanbill-cache-'))
  answer = { body: '{"bundle":1}' }
  server = await serve(({ headers }) => {
    const etag = answer.headers?.etag
    return etag !== undefined && headers['if-none-match'] === etag ? { status: 304 } : answer
  })
})
afterEach(async () => {
  await server.close()
  rmSync(cacheDir, { recursive: true, force: true })
})

const ask = (more: Partial<EvidenceRequest> = {}): EvidenceRequest => ({
  source: 'npm',
  url: `${server.url}/a`,
  cacheAs: 'bundle a',
  ...more,
})
const client = (more: Parameters<typeof testClient>[1] = {}) => testClient(server.url, { cacheDir, ...more })
const textOf = (got: EvidenceAnswer) =>
  got.kind === 'answer' ? `${got.status} ${Buffer.from(got.body)}` : `${got.error.fault}`
const entries = () =>
  readdirSync(cacheDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
const onlyEntry = () => {
  const [path = '', ...more] = entries()
  expect(more).toStrictEqual([])
  return path
}
/** As somebody would who can write the folder: the digest in the first line fits. */
async function poison(body: string): Promise<void> {
  await client().fetch(ask())
  const path = onlyEntry()
  const head = JSON.parse(readFileSync(path, 'utf8').split('\n')[0] ?? '')
  const sha256 = createHash('sha256').update(body).digest('hex')
  writeFileSync(path, `${JSON.stringify({ ...head, sha256 })}\n${body}`)
}

describe('a kept answer', () => {
  it('is used by the next run without a question', async () => {
    expect(textOf(await client().fetch(ask()))).toBe('200 {"bundle":1}')
    const second = client()
    expect(textOf(await second.fetch(ask()))).toBe('200 {"bundle":1}')
    expect(server.requests).toHaveLength(1)
    expect(second.counts()).toStrictEqual({ npm: { requests: 0, cached: 1, bytes: 0 } })
  })

  it('is used offline, where nothing else is', async () => {
    await client().fetch(ask())
    const offline = client({ offline: true, host: virtualHost('2028-01-01T00:00:00Z') })
    expect(textOf(await offline.fetch(ask()))).toBe('200 {"bundle":1}')
    expect(textOf(await offline.fetch(ask({ cacheAs: 'bundle b' })))).toBe('offline')
    const { cacheAs: _, ...without } = ask()
    expect(textOf(await offline.fetch(without))).toBe('offline')
    expect(await offline.stream(ask(), async () => 1)).toMatchObject({ kind: 'failed', error: { fault: 'offline' } })
    expect(server.requests).toHaveLength(1)
  })

  it('is confirmed after a day, by its ETag', async () => {
    answer = { body: 'one', headers: { etag: '"1"' } }
    await client().fetch(ask())
    const later = { host: virtualHost('2026-11-23T12:00:01Z') }
    expect(textOf(await client(later).fetch(ask()))).toBe('200 one')
    expect(server.requests.map(({ headers }) => headers['if-none-match'])).toStrictEqual([undefined, '"1"'])
    expect(textOf(await client(later).fetch(ask()))).toBe('200 one')
    expect(server.requests).toHaveLength(2)
  })

  it('gives way to a newer one, and to a 404', async () => {
    answer = { body: 'one', headers: { etag: '"1"' } }
    await client().fetch(ask())
    answer = { body: 'two', headers: { etag: '"2"' } }
    expect(textOf(await client({ host: virtualHost('2026-11-24T00:00:00Z') }).fetch(ask()))).toBe('200 two')
    answer = { status: 404 }
    expect(textOf(await client({ host: virtualHost('2026-11-26T00:00:00Z') }).fetch(ask()))).toBe('404 ')
  })

  it('serves when its server is away', async () => {
    await client().fetch(ask())
    answer = { status: 503 }
    expect(textOf(await client({ host: virtualHost('2027-01-01T00:00:00Z') }).fetch(ask()))).toBe('200 {"bundle":1}')
  })
})

describe('nothing is kept', () => {
  it.each([201, 204, 404, 401, 500])('of an answer with status %i', async (status) => {
    answer = { status }
    await client().fetch(ask())
    expect(entries()).toStrictEqual([])
  })

  it('of a request that does not ask for it', async () => {
    const { cacheAs: _, ...without } = ask()
    await client().fetch(without)
    await client().fetch(ask({ method: 'POST', body: 'x' }))
    expect(entries()).toStrictEqual([])
  })

  it('of a body that is not worth it', async () => {
    expect(textOf(await client().fetch(ask({ keepIf: () => false })))).toBe('200 {"bundle":1}')
    expect(entries()).toStrictEqual([])
  })

  it('where the folder cannot be written; the run goes on', async () => {
    const path = join(cacheDir, 'file')
    writeFileSync(path, '')
    expect(textOf(await client({ cacheDir: path }).fetch(ask()))).toBe('200 {"bundle":1}')
  })
})

describe('T-NS-09: a cache that was broken or poisoned', () => {
  it.each([
    ['cut short', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, -1))],
    ['changed', (path: string) => writeFileSync(path, readFileSync(path, 'latin1').replace('bundle":1', 'bundle":2'))],
    ['emptied', (path: string) => writeFileSync(path, '')],
    ['without a first line', (path: string) => writeFileSync(path, '{"bundle":1}')],
    [
      'with a mark in its first line',
      (path: string) => {
        writeFileSync(path, readFileSync(path, 'utf8').replace('{"version"', '{"verified":true,"version"'))
      },
    ],
    ['removed with its folder', (path: string) => rmSync(dirname(path), { recursive: true })],
  ])('is asked past, and mended: %s', async (_, harm) => {
    await client().fetch(ask())
    harm(onlyEntry())
    expect(textOf(await client().fetch(ask()))).toBe('200 {"bundle":1}')
    expect(server.requests).toHaveLength(2)
    await client().fetch(ask())
    expect(server.requests).toHaveLength(2)
  })

  it('does not answer one question with the entry of another', async () => {
    await client().fetch(ask())
    const other = onlyEntry()
    answer = { body: 'b' }
    await client().fetch(ask({ cacheAs: 'bundle b' }))
    const path = entries().find((name) => name !== other) ?? ''
    writeFileSync(path, readFileSync(other))
    expect(textOf(await client().fetch(ask({ cacheAs: 'bundle b' })))).toBe('200 b')
  })

  it('cannot make "nothing" of something, also offline', async () => {
    await poison('{"attestations":[]}')
    const keepIf = (body: Uint8Array) => Buffer.from(body).includes('bundle')
    expect(textOf(await client({ offline: true }).fetch(ask({ keepIf })))).toBe('offline')
    expect(textOf(await client().fetch(ask({ keepIf })))).toBe('200 {"bundle":1}')
  })

  it('is not fresh for ever because it says so', async () => {
    await client({ host: virtualHost('2030-01-01T00:00:00Z') }).fetch(ask())
    await client().fetch(ask())
    expect(server.requests).toHaveLength(2)
  })
})

describe('a stream', () => {
  const collect = async (chunks: AsyncIterable<Uint8Array>) => {
    const parts: Uint8Array[] = []
    for await (const chunk of chunks) parts.push(chunk)
    return Buffer.concat(parts).toString()
  }

  it('hands a 200 over as it comes, and is never kept', async () => {
    answer = { body: 'x'.repeat(300_000) }
    const pieces: number[] = []
    const got = await client().stream(ask(), async (chunks) => {
      for await (const chunk of chunks) pieces.push(chunk.length)
      return pieces.length
    })
    expect(got).toStrictEqual({ kind: 'answer', status: 200, value: pieces.length })
    expect(pieces.length).toBeGreaterThan(1)
    expect(entries()).toStrictEqual([])
  })

  it('reads nothing of any other status', async () => {
    answer = { status: 404, body: 'no' }
    let read = false
    const got = await client().stream(ask(), async () => (read = true))
    expect(got).toStrictEqual({ kind: 'answer', status: 404, value: undefined })
    expect(read).toBe(false)
  })

  it('is reduced anew when it broke off', async () => {
    let reduced = 0
    const broken = await serve((_request, _outgoing, number) =>
      number === 1 ? { kind: 'half-body', status: 200 } : { body: 'whole' },
    )
    const got = await testClient(broken.url).stream({ source: 'npm', url: `${broken.url}/a` }, async (chunks) => {
      reduced++
      return collect(chunks)
    })
    await broken.close()
    expect(got).toMatchObject({ status: 200, value: 'whole' })
    expect(reduced).toBe(2)
  })

  it('that the reducer refuses is malformed and not asked for again', async () => {
    const got = await client().stream(ask(), async () => {
      throw new CleanbillError('JSON_MALFORMED', 'no')
    })
    expect(got).toMatchObject({ kind: 'failed', error: { fault: 'malformed', code: 'JSON_MALFORMED' } })
    expect(server.requests).toHaveLength(1)
  })

  it('lets a defect of the reducer through', async () => {
    const work = client().stream(ask(), async () => {
      throw new TypeError('a defect')
    })
    await expect(work).rejects.toBeInstanceOf(TypeError)
  })
})
