import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { describe, expect, it } from 'vitest'
import { fromBuffer } from 'yauzl'
import { writeTar, writeZip } from '../../../src/embedded/world/archive-formats.ts'
import { goDirHash, integrityOf, serveFiles } from '../../../src/embedded/world/archives.ts'
import type { WorldPackage } from '../../../src/embedded/world/description.ts'
import type { ServedFile } from '../../../src/embedded/world/state.ts'

const only = (pack: WorldPackage): ServedFile & { content: Uint8Array } => {
  const [file] = serveFiles(pack)
  if (file?.content === undefined) throw new Error('no content')
  return { ...file, content: file.content }
}

/** By the readers that the ecosystem maintains, not by ours. */
function readTar(bytes: Uint8Array): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  return new Promise((resolve, reject) => {
    const reader = extract()
    reader.on('entry', (header, stream, next) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk) => chunks.push(chunk as Buffer))
      stream.on('end', () => {
        files[header.name] = Buffer.concat(chunks).toString('utf8')
        next()
      })
    })
    reader.on('finish', () => resolve(files))
    reader.on('error', reject)
    reader.end(bytes)
  })
}

function readZip(bytes: Uint8Array): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  return new Promise((resolve, reject) => {
    fromBuffer(Buffer.from(bytes), { lazyEntries: true, validateEntrySizes: true }, (error, zip) => {
      if (error) return reject(error)
      zip.on('entry', (entry: { fileName: string }) => {
        zip.openReadStream(entry as never, async (failed, stream) => {
          if (failed) return reject(failed)
          const chunks: Buffer[] = []
          for await (const chunk of stream) chunks.push(chunk as Buffer)
          files[entry.fileName] = Buffer.concat(chunks).toString('utf8')
          zip.readEntry()
        })
      })
      zip.on('end', () => resolve(files))
      zip.on('error', reject)
      zip.readEntry()
    })
  })
}

describe('what the world serves', () => {
  it('is for npm a tarball with a manifest and the given files', async () => {
    const pack: WorldPackage = {
      ecosystem: 'npm',
      name: '@acme/tool',
      version: '1.0.0',
      scripts: { postinstall: 'echo hi' },
      archive: { 'lib/a.js': 'a' },
    }
    const file = only(pack)
    expect(file.name).toBe('tool-1.0.0.tgz')
    const files = await readTar(gunzipSync(file.content))
    expect(Object.keys(files)).toStrictEqual(['package/package.json', 'package/index.js', 'package/lib/a.js'])
    expect(JSON.parse(files['package/package.json'] ?? '')).toStrictEqual({
      name: '@acme/tool',
      version: '1.0.0',
      scripts: { postinstall: 'echo hi' },
    })
    expect(file.digests.sha512).toBe(createHash('sha512').update(file.content).digest('hex'))
    expect(integrityOf(file)).toBe(`sha512-${createHash('sha512').update(file.content).digest('base64')}`)
    expect(serveFiles(pack)).toStrictEqual(serveFiles({ ...pack }))
  })

  it('is for PyPI a wheel whose RECORD is right, and a source archive', async () => {
    const pack: WorldPackage = {
      ecosystem: 'pypi',
      name: 'Acme.Tool',
      version: '1.0',
      scripts: { tool: 'acme:main' },
      files: [{ name: 'acme_tool-1.0-py3-none-any.whl' }, { name: 'acme_tool-1.0.tar.gz' }],
    }
    const [wheel, source] = serveFiles(pack)
    const files = await readZip(wheel?.content ?? Buffer.alloc(0))
    const folder = 'acme_tool-1.0.dist-info'
    expect(files[`${folder}/METADATA`]).toContain('Name: Acme.Tool\nVersion: 1.0\n')
    expect(files[`${folder}/entry_points.txt`]).toBe('[console_scripts]\ntool = acme:main\n')
    for (const line of (files[`${folder}/RECORD`] ?? '').trim().split('\n').slice(0, -1)) {
      const [path = '', hash, bytes] = line.split(',')
      expect(hash).toBe(
        `sha256=${createHash('sha256')
          .update(files[path] ?? '')
          .digest('base64url')}`,
      )
      expect(bytes).toBe(String(Buffer.byteLength(files[path] ?? '')))
    }
    const unpacked = await readTar(gunzipSync(source?.content ?? Buffer.alloc(0)))
    expect(Object.keys(unpacked)).toStrictEqual(['acme_tool-1.0/PKG-INFO', 'acme_tool-1.0/acme_tool/__init__.py'])
  })

  it.each(['cargo', 'go', 'rubygems', 'maven'] as const)('has digests for %s', (ecosystem) => {
    const file = only({ ecosystem, name: 'acme', version: '1.0.0' })
    expect(file.digests.sha256).toBe(createHash('sha256').update(file.content).digest('hex'))
    expect(file.digests.dirHash !== undefined).toBe(ecosystem === 'go')
  })

  it('is nothing but a digest where the description gives one', () => {
    const digests = { sha256: 'a'.repeat(64) }
    const pack: WorldPackage = { ecosystem: 'cargo', name: 'a', version: '1', files: [{ name: 'a-1.crate', digests }] }
    expect(serveFiles(pack)).toMatchObject([{ digests, content: undefined }])
  })

  it('has paths longer than a tar name, in the prefix', async () => {
    const path = `${'folder/'.repeat(20)}file.txt`
    expect(await readTar(writeTar({ [path]: 'x' }))).toStrictEqual({ [path]: 'x' })
  })

  it('checks every zip member with the CRC that all the world uses', () => {
    // The check value of CRC-32/ISO-HDLC, in the local header and in the directory.
    const zip = writeZip({ a: '123456789' })
    expect(zip.readUInt32LE(14)).toBe(0xcbf43926)
    expect(zip.readUInt32LE(zip.indexOf('PK\x01\x02') + 16)).toBe(0xcbf43926)
  })

  it("hashes a module's tree as the go command does", () => {
    // find . -type f | sort | xargs sha256sum | sha256sum, with `a` = "A\n" and `b/c` = "C\n"
    const lines = [
      `${createHash('sha256').update('A\n').digest('hex')}  a\n`,
      `${createHash('sha256').update('C\n').digest('hex')}  b/c\n`,
    ]
    expect(goDirHash({ 'b/c': 'C\n', a: 'A\n' })).toBe(createHash('sha256').update(lines.join('')).digest('hex'))
  })
})
