import { crc32, gzipSync } from 'node:zlib'
import { CleanbillError } from '../../model/error.ts'

/** Path → content. Order is kept. */
export type ArchiveFiles = Readonly<Record<string, string | Uint8Array>>

/**
 * A tar of regular files (POSIX.1-1988 ustar). Written here because the maintained writer works in streams, and a
 * world answers at once; equal files give equal bytes: no times, no owners.
 */
export function writeTar(files: ArchiveFiles): Buffer {
  const blocks = Object.entries(files).flatMap(([path, content]) => {
    const bytes = Buffer.from(content)
    return [tarHeader(path, bytes.length), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

function tarHeader(path: string, size: number): Buffer {
  const header = Buffer.alloc(512)
  const { name, prefix } = splitPath(path)
  header.write(name, 0, 100, 'utf8')
  header.write('000644 \0', 100, 'latin1')
  header.write('000000 \x000000 \0', 108, 'latin1')
  header.write(`${size.toString(8).padStart(11, '0')} `, 124, 'latin1')
  // npm packs everything with this time: 1985-10-26T08:15:00Z.
  header.write(`${(499162500).toString(8).padStart(11, '0')} `, 136, 'latin1')
  header.write('        0', 148, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  header.write(prefix, 345, 155, 'utf8')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

function splitPath(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' }
  for (let cut = path.indexOf('/'); cut > 0; cut = path.indexOf('/', cut + 1)) {
    const [prefix, name] = [path.slice(0, cut), path.slice(cut + 1)]
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { name, prefix }
  }
  throw new CleanbillError('ARGUMENT_INVALID', `the path is too long for an archive: ${path.slice(0, 120)}`)
}

/** gzip whose header names no time and no operating system (RFC 1952 §2.3). */
export function writeTarGz(files: ArchiveFiles): Buffer {
  const packed = gzipSync(writeTar(files))
  packed[9] = 255
  return packed
}

/** A zip of stored members, every one of 1 January 1980 (PKWARE APPNOTE 4.3). */
export function writeZip(files: ArchiveFiles): Buffer {
  const members: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [path, content] of Object.entries(files)) {
    const bytes = Buffer.from(content)
    const name = Buffer.from(path)
    const common = zipFields(bytes, name)
    const local = Buffer.concat([signature(0x04034b50), common, name, bytes])
    const central = Buffer.concat([
      signature(0x02014b50),
      uint16(20),
      common,
      // no comment, disk 0, no attributes
      Buffer.alloc(10),
      uint32(offset),
      name,
    ])
    members.push(local)
    directory.push(central)
    offset += local.length
  }
  const size = directory.reduce((sum, entry) => sum + entry.length, 0)
  const count = uint16(directory.length)
  const end = [signature(0x06054b50), Buffer.alloc(4), count, count, uint32(size), uint32(offset), uint16(0)]
  return Buffer.concat([...members, ...directory, ...end])
}

/** What local and central headers share, from "version needed" to "extra field length". */
function zipFields(bytes: Buffer, name: Buffer): Buffer {
  const utf8Names = 0x0800
  return Buffer.concat([
    uint16(20),
    uint16(utf8Names),
    // stored, 00:00, 1980-01-01
    uint16(0),
    uint16(0),
    uint16(0x21),
    uint32(crc32(bytes)),
    uint32(bytes.length),
    uint32(bytes.length),
    uint16(name.length),
    uint16(0),
  ])
}

const signature = (value: number): Buffer => uint32(value)

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
