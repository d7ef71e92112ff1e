import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { writeTar, writeTarGz, writeZip } from '../../src/embedded/world/archive-formats.ts'
import { listTar } from '../../src/source/archive/list-tar.ts'
import { listZip } from '../../src/source/archive/list-zip.ts'
import { ARCHIVE_LIMITS, withoutTop } from '../../src/source/archive/listing.ts'
import { openRange } from '../../src/source/archive/range-reader.ts'
import { npmArchive, pypiArchive } from '../../src/source/archives.ts'
import { dependencyOf } from '../support/dependencies.ts'
import { fixturePath, loadFixtures } from '../support/fixtures.ts'
import { type PlainClient, piecesOf, plainClient, plainSession, scripted } from '../support/plain-client.ts'
import { codeOf } from '../support/real-signer.ts'

const LIMITS = { ...ARCHIVE_LIMITS, packedBytes: 100_000, unpackedBytes: 1_000_000, entries: 50, manifestBytes: 1000 }
const paths = async (bytes: Uint8Array, limits = LIMITS) => {
  const { files, truncated } = await listTar(piecesOf(bytes), { limits })
  return { paths: files.map(({ path }) => path), truncated }
}

describe('a tar', () => {
  const tarballs = loadFixtures().filter(({ path }) => path.endsWith('.tgz') || path.endsWith('.tar.gz'))
  it.each(tarballs.map(({ path }) => path))('that is real is listed as tar lists it: %s', async (path) => {
    const file = fixturePath(path)
    const said = execFileSync('tar', ['tzf', file], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '' && !line.endsWith('/'))
    const listing = await listTar(piecesOf(readFileSync(file)))
    expect(listing.files.map((one) => one.path)).toStrictEqual(said)
    expect(listing.truncated).toBe(false)
    expect(listing.files.every(({ bytes }) => bytes >= 0)).toBe(true)
  })

  it('lists what would be written over something else, as text', async () => {
    const tar = writeTarGz({ '../../etc/passwd': 'x', '/abs': 'x', 'package/a\u001b[2J': 'x', 'a/../b': '' })
    expect((await paths(tar)).paths).toStrictEqual(['../../etc/passwd', '/abs', 'package/a\u001b[2J', 'a/../b'])
  })

  it('that unpacks to more than the cap is cut and says so (T-NS-06)', async () => {
    const bomb = writeTarGz({ 'package/first': 'x', 'package/zeros': Buffer.alloc(3_000_000), 'package/last': 'x' })
    expect(bomb.length).toBeLessThan(20_000)
    const { paths: seen, truncated } = await paths(bomb)
    expect([seen.includes('package/first'), seen.includes('package/last'), truncated]).toStrictEqual([
      true,
      false,
      true,
    ])
  })

  it('that unpacks to gigabytes is met by the cap and not by memory (T-NS-06)', async () => {
    const zeros = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    async function* many() {
      for (let i = 0; i < 64; i++) yield zeros
    }
    const before = process.memoryUsage().rss
    const { truncated } = await listTar(many(), { limits: { ...ARCHIVE_LIMITS, unpackedBytes: 256 * 1024 * 1024 } })
    expect(truncated).toBe(true)
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
  })

  it('that is larger than the cap on the wire is not read on (T-NS-06)', async () => {
    let read = 0
    async function* endless() {
      yield writeTar({ a: 'x' }).subarray(0, 1024)
      for (;;) {
        read++
        yield writeTar({ b: Buffer.alloc(9000) }).subarray(0, 9728)
      }
    }
    const { files, truncated } = await listTar(endless(), { limits: LIMITS })
    expect([truncated, files[0]?.path]).toStrictEqual([true, 'a'])
    expect(read).toBeLessThan(20)
  })

  it('with more entries than the cap, or a longer path, is cut and says so (T-NS-06)', async () => {
    const many = writeTarGz(Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`f${i}`, ''])))
    expect(await paths(many)).toMatchObject({ truncated: true, paths: { length: 50 } })
    const fifty = writeTarGz(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, ''])))
    expect(await paths(fifty)).toMatchObject({ truncated: false, paths: { length: 50 } })
    expect(await paths(writeTarGz({ abcdef: '' }), { ...LIMITS, pathLength: 3 })).toStrictEqual({
      paths: ['abc'],
      truncated: true,
    })
  })

  it.each([
    ['no archive', Buffer.from('<html>not found</html>'.repeat(60))],
    ['nothing at all', Buffer.alloc(0)],
    ['a gzip that breaks off', writeTarGz({ a: 'x'.repeat(5000) }).subarray(0, 60)],
    ['a tar that breaks off', writeTar({ a: 'x'.repeat(5000) }).subarray(0, 2000)],
    ['a gzip with a wrong checksum', corrupt(writeTarGz({ a: 'x' }), -6)],
    ['a header with a wrong checksum', corrupt(writeTar({ a: 'x' }), 0)],
  ])('that is %s is refused and not empty', async (_, bytes) => {
    expect(await codeOf(() => listTar(piecesOf(bytes), { limits: LIMITS }))).toBe('SOURCE_MALFORMED')
  })

  it('passes on what is not its own: an error of the network stays one', async () => {
    async function* broken() {
      yield writeTar({ a: 'x'.repeat(5000) }).subarray(0, 1000)
      throw new TypeError('socket hang up')
    }
    await expect(listTar(broken())).rejects.toThrow(TypeError)
  })

  it.each([0, 1, 2])('is known for what it is when a network brings %i bytes first', async (first) => {
    const tar = writeTarGz({ a: 'x' })
    async function* slowly() {
      yield tar.subarray(0, first)
      yield tar.subarray(first)
    }
    expect((await listTar(slowly())).files).toStrictEqual([{ path: 'a', bytes: 1 }])
  })

  it('in a tar is listed in its place', async () => {
    const gem = writeTar({
      'metadata.gz': 'x',
      'data.tar.gz': writeTarGz({ 'lib/a.rb': '', 'ext/extconf.rb': '' }),
      'checksums.yaml.gz': 'y',
    })
    const nested = (path: string) => path === 'data.tar.gz'
    const { files } = await listTar(piecesOf(gem), { nested })
    expect(files.map(({ path }) => path)).toStrictEqual([
      'metadata.gz',
      'lib/a.rb',
      'ext/extconf.rb',
      'checksums.yaml.gz',
    ])
    const bomb = writeTar({ 'data.tar.gz': writeTarGz({ 'lib/zeros': Buffer.alloc(3_000_000) }) })
    expect(await listTar(piecesOf(bomb), { nested, limits: LIMITS })).toMatchObject({ truncated: true })
  })

  it.each([
    ['package/a/b', 'a/b'],
    ['./package/a', 'a'],
    ['a', 'a'],
    ['package/../../x', '../../x'],
  ])('loses its first folder: %s is %s', (path, rest) => {
    expect(withoutTop(path)).toBe(rest)
  })
})

function corrupt(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  const index = at < 0 ? copy.length + at : at
  copy[index] = (copy[index] ?? 0) ^ 0x55
  return copy
}

const tool = (more: object = {}) => dependencyOf({ ecosystem: 'npm', name: '@acme/tool', version: '1.0.0', ...more })
const npm = async (tarball: Uint8Array, dependency = tool()) => {
  const client = scripted({ '/@acme/tool/-/tool-1.0.0.tgz': { status: 200, body: tarball } })
  return npmArchive(dependency, plainSession({ client, origins: { npm: 'https://registry.npmjs.org' } }))
}
const packed = (manifest: unknown, more: Record<string, string> = {}) =>
  writeTarGz({ 'package/package.json': JSON.stringify(manifest), ...more })

describe('the archive of an npm package', () => {
  it('says what an installer would run and link', async () => {
    const manifest = {
      name: '@acme/tool',
      scripts: { preinstall: 'node x.js', odd: 1 },
      gypfile: true,
      bin: './cli.js',
    }
    expect(await npm(packed(manifest, { 'package/binding.gyp': '{}' }))).toStrictEqual({
      kind: 'known',
      observedAt: '2026-11-22T12:00:00.000Z',
      from: 'api',
      value: {
        files: [
          { path: 'package.json', bytes: JSON.stringify(manifest).length },
          { path: 'binding.gyp', bytes: 2 },
        ],
        truncated: false,
        scripts: { preinstall: 'node x.js' },
        gypfile: true,
        entryPoints: ['tool'],
      },
    })
  })

  it('says the scripts of both, where two manifests are in it', async () => {
    const one = writeTar({ 'package/package.json': '{"scripts":{"install":"a"}}' }).subarray(0, 1024)
    const two = writeTar({ 'other/package.json': '{"scripts":{"postinstall":"b"},"bin":{"x":"y"}}' })
    expect(await npm(gzipSync(Buffer.concat([one, two])))).toMatchObject({
      value: { scripts: { install: 'a', postinstall: 'b' }, entryPoints: ['x'] },
    })
  })

  it('takes a byte order mark and a folder of any name, as npm does', async () => {
    const tarball = writeTarGz({
      'node/package.json': '\uFEFF{"scripts":{"install":"a"}}',
      'node/lib/package.json': '{"scripts":{"test":"b"}}',
    })
    expect(await npm(tarball)).toMatchObject({ value: { scripts: { install: 'a' } } })
  })

  it.each([
    ['a manifest that is no JSON', writeTarGz({ 'package/package.json': '{' })],
    ['a manifest with a key twice', writeTarGz({ 'package/package.json': '{"scripts":{},"scripts":{"install":"x"}}' })],
    ['no archive', Buffer.from('x'.repeat(2000))],
  ])('with %s is not known, which is not "has no scripts"', async (_, tarball) => {
    expect(await npm(tarball)).toMatchObject({ kind: 'unknown', code: 'CONTEXT_UNKNOWN' })
  })

  it('is cut where its manifest is larger than is read', async () => {
    const tarball = writeTarGz({ 'package/package.json': `{"x":"${'y'.repeat(1024 * 1024)}"}` })
    expect(await npm(tarball)).toMatchObject({ value: { truncated: true } })
  })

  it('of other bytes than the locked ones is not the archive of the entry', async () => {
    const tarball = packed({})
    const sha512 = createHash('sha512').update(tarball).digest('hex')
    expect(await npm(tarball, tool({ digests: { sha512 } }))).toMatchObject({ kind: 'known' })
    expect(await npm(tarball, tool({ digests: { sha512: 'a'.repeat(128) } }))).toMatchObject({ kind: 'unknown' })
  })

  it('that is not there is not known', async () => {
    const origins = { npm: 'https://registry.npmjs.org' }
    expect(await npmArchive(tool(), plainSession({ client: scripted({}), origins }))).toMatchObject({ kind: 'unknown' })
    const client = scripted({ '.tgz': 'reset' })
    expect(await npmArchive(tool(), plainSession({ client, origins }))).toMatchObject({ kind: 'unknown' })
    expect(await npmArchive(tool({ name: 'a/../../b' }), plainSession({ origins }))).toMatchObject({ kind: 'unknown' })
  })

  const real = loadFixtures().filter(({ path }) => path === 'npm/sigstore-2.1.0/sigstore-2.1.0.tgz')
  it.each(real.map(({ path }) => path))('that is real has the scripts and commands it has: %s', async (path) => {
    const tarball = readFileSync(fixturePath(path))
    const fact = await npm(tarball)
    if (fact.kind !== 'known') throw new Error(fact.message)
    const said = execFileSync('tar', ['xzOf', fixturePath(path), 'package/package.json'], { encoding: 'utf8' })
    expect(fact.value.scripts).toStrictEqual((JSON.parse(said) as { scripts: object }).scripts)
  })
})

/** A server with ranges, one that ignores them, or one whose file changes between two answers. */
function ranged(file: () => Uint8Array, ranges = true): PlainClient {
  return plainClient((request) => {
    const bytes = file()
    if (!request.url.endsWith('.whl')) return undefined
    const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.headers?.range ?? '') ?? []
    const start = first === '' ? Math.max(0, bytes.length - Number(last)) : Number(first)
    const end = first === '' ? bytes.length : Math.min(bytes.length, Number(last) + 1)
    const headers = new Headers(ranges ? { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` } : {})
    return { kind: 'answer', status: ranges ? 206 : 200, headers, body: ranges ? bytes.subarray(start, end) : bytes }
  })
}
const REQUEST = { source: 'pypi', url: 'https://files.pythonhosted.org/x.whl' }
const zipped = async (client: PlainClient, limits = LIMITS, wants = (path: string) => path.endsWith('.txt')) =>
  listZip(await openRange(REQUEST, plainSession({ client, origins: {} })), wants, limits)

describe('a zip', () => {
  const small = writeZip({
    'a/x.py': 'import os',
    'a.dist-info/entry_points.txt': '[console_scripts]\nrun = a:main\n',
    '../evil.pth': 'x',
  })

  it.each([true, false])('is listed by its directory, with ranges: %s', async (ranges) => {
    const client = ranged(() => small, ranges)
    const { files, contents } = await zipped(client)
    expect(files.map(({ path }) => path)).toStrictEqual(['a/x.py', 'a.dist-info/entry_points.txt', '../evil.pth'])
    expect(contents.map(({ path }) => path)).toStrictEqual(['a.dist-info/entry_points.txt'])
    expect(client.asked).toHaveLength(1)
  })

  it('that is large costs its directory and no more', async () => {
    const noise = Buffer.from(createHash('sha512').update('seed').digest('hex').repeat(30_000))
    const large = writeZip({ 'first.txt': 'early', 'noise.bin': noise, 'last.txt': 'late' })
    const client = ranged(() => large)
    const { files, contents } = await zipped(client, ARCHIVE_LIMITS)
    expect(files).toHaveLength(3)
    expect(contents.map(({ bytes }) => Buffer.from(bytes).toString())).toStrictEqual(['early', 'late'])
    expect(client.asked.length).toBeLessThanOrEqual(2)
  })

  it('with more entries than the cap, or content that unpacks to more, is cut and says so (T-NS-06)', async () => {
    const many = writeZip(Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`f${i}`, ''])))
    expect(await zipped(ranged(() => many))).toMatchObject({ truncated: true, files: { length: 50 } })
    const bomb = writeZip({ 'bomb.txt': Buffer.alloc(1_000_000) })
    expect(await zipped(ranged(() => bomb))).toMatchObject({ truncated: true, contents: [] })
  })

  it.each([
    ['no zip', () => Buffer.from('x'.repeat(500))],
    ['a directory that points outside', () => corruptOffset(small)],
  ])('that is %s is refused and not empty', async (_, file) => {
    expect(await codeOf(() => zipped(ranged(file)))).toBe('SOURCE_MALFORMED')
  })

  it('whose server says another length the second time is not put together of two (T-NS-07)', async () => {
    const noise = Buffer.from(createHash('sha512').update('seed').digest('hex').repeat(10_000))
    let reads = 0
    const big = writeZip({ 'first.txt': 'early', 'noise.bin': noise })
    const client = ranged(() =>
      reads++ === 0 ? big : writeZip({ 'first.txt': 'other', 'noise.bin': noise, more: 'x' }),
    )
    expect(await codeOf(() => zipped(client, ARCHIVE_LIMITS))).toBe('SOURCE_MALFORMED')
  })

  it('is not read of a server that answers something else to a range', async () => {
    for (const status of [404, 416, 206]) {
      const client = scripted({ '.whl': { status, headers: { 'content-range': 'bytes 0-9/10' }, body: 'short' } })
      expect(await codeOf(() => openRange(REQUEST, plainSession({ client, origins: {} })))).toBe('SOURCE_MALFORMED')
    }
  })

  it('is not read past its end', async () => {
    const reader = await openRange(REQUEST, plainSession({ client: ranged(() => small), origins: {} }))
    const read = (position: number) =>
      new Promise<void>((resolve, reject) =>
        reader.read(Buffer.alloc(10), 0, 10, position, (error) => (error === null ? resolve() : reject(error))),
      )
    expect(await codeOf(() => read(small.length - 10))).toBeUndefined()
    expect(await codeOf(() => read(small.length - 5))).toBe('SOURCE_MALFORMED')
  })

  it('whose content is larger than is wanted is not asked for it (T-NS-06)', async () => {
    const noise = Buffer.from(createHash('sha512').update('seed').digest('hex').repeat(10_000))
    const client = ranged(() => writeZip({ 'large.txt': noise, 'pad.bin': noise }))
    expect(await zipped(client)).toMatchObject({ truncated: true, contents: [] })
    expect(client.asked).toHaveLength(1)
  })
})

/** The end of central directory's offset, made to point beyond the file. */
function corruptOffset(zip: Buffer): Buffer {
  const copy = Buffer.from(zip)
  copy.writeUInt32LE(0x7fff_ffff, copy.length - 22 + 16)
  return copy
}

describe('the archive of a Python release', () => {
  const wheel = writeZip({
    'foo/__init__.py': '',
    'foo.pth': 'import os',
    'foo-1.0.dist-info/entry_points.txt': '# x\n[console_scripts]\nfoo = foo:main\n[pytest11]\nbar = foo.plugin\n',
  })
  const sdist = writeTarGz({ 'foo-1.0/setup.py': 'x' })
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  const listed = (
    filename: string,
    bytes: Uint8Array,
    url = `https://files.pythonhosted.org/packages/${filename}`,
  ) => ({
    filename,
    url,
    hashes: { sha256: sha256(bytes) },
  })
  const WHEEL = 'foo-1.0-py3-none-any.whl'
  const release = [
    listed('foo-1.0.tar.gz', sdist),
    listed(WHEEL, wheel),
    listed('foo-2.0-py3-none-any.whl', Buffer.from('2')),
  ]
  const foo = (...locked: Uint8Array[]) =>
    dependencyOf({
      ecosystem: 'pypi',
      name: 'Foo',
      version: '1.0',
      files: locked.map((bytes) => ({ digests: { sha256: sha256(bytes) } })),
    })
  const read = (dependency = foo(), files: readonly object[] = release) => {
    const inner = scripted({
      '/simple/foo/': { status: 200, body: { name: 'foo', meta: { 'api-version': '1.4' }, files } },
      '.tar.gz': { status: 200, body: sdist },
    })
    const wheels = ranged(() => wheel)
    const client = plainClient()
    const both: PlainClient = {
      ...client,
      fetch: (one) => (one.url.endsWith('.whl') ? wheels.fetch(one) : inner.fetch(one)),
      stream: inner.stream,
      asked: wheels.asked,
    }
    return {
      fact: pypiArchive(dependency, plainSession({ client: both, origins: { pypi: 'https://pypi.org' } })),
      wheels,
    }
  }

  it('is the wheel that most install, with its commands, its plugins and its .pth files', async () => {
    expect(await read(foo(sdist, wheel)).fact).toMatchObject({
      kind: 'known',
      value: {
        files: [{ path: 'foo/__init__.py' }, { path: 'foo.pth' }, { path: 'foo-1.0.dist-info/entry_points.txt' }],
        entryPoints: ['foo', 'pytest11:bar'],
        truncated: false,
      },
    })
  })

  it('is the source archive where only that is locked, held to its digest', async () => {
    expect(await read(foo(sdist)).fact).toMatchObject({ value: { files: [{ path: 'setup.py', bytes: 1 }] } })
    const swapped = [{ ...listed('foo-1.0.tar.gz', sdist), hashes: { sha256: 'a'.repeat(64) } }]
    const locked = { ...foo(), files: [{ digests: { sha256: 'a'.repeat(64) } }] }
    expect(await read(locked, swapped).fact).toMatchObject({ kind: 'unknown' })
  })

  it('is found by its name where nothing is locked, and only under the very version', async () => {
    expect(await read(foo()).fact).toMatchObject({ value: { entryPoints: ['foo', 'pytest11:bar'] } })
    expect(await read({ ...foo(), version: '3.0' }).fact).toMatchObject({ kind: 'unknown' })
    expect(await read(foo(Buffer.from('other'))).fact).toMatchObject({ kind: 'unknown' })
  })

  it('is asked at the host where PyPI keeps its files, for the URL is what the index says', async () => {
    const { fact, wheels } = read(foo(wheel))
    await fact
    expect(wheels.asked.map(({ trust, hosts }) => [trust, hosts])).toStrictEqual([
      ['supplied', ['files.pythonhosted.org']],
    ])
  })
})
