import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { readSmallFile, writeFileAtomic } from '../io/files.ts'
import { isCleanbillError } from '../model/error.ts'
import { parseJson } from '../model/json.ts'

/** One kept answer. Its bytes prove themselves or they do not: everything from here is verified like a fresh download. */
export interface CacheEntry {
  readonly body: Uint8Array
  readonly etag: string | undefined
  /** When the server last stood by it. */
  readonly askedAt: Date
}

export interface BundleCache {
  /** Undefined for anything that is not whole: a cache may be missing, cut short or written by somebody else. */
  readonly read: (key: string) => Promise<CacheEntry | undefined>
  /** Never fails: a run without a cache is only slower. */
  readonly write: (key: string, entry: CacheEntry) => Promise<void>
}

const headSchema = z.strictObject({
  version: z.literal(1),
  key: z.string(),
  sha256: z.string(),
  etag: z.string().optional(),
  askedAt: z.iso.datetime(),
})

const MAX_HEAD_BYTES = 4_096

/**
 * A folder of answers, one file each, named by the SHA-256 of the key: a line about the body, then the body. The digest
 * in that line finds broken disks and cut files. It is no protection against who can write the folder; the signatures
 * in the body are (T-NS-09). Verdicts and bare API facts are never in it.
 */
export function makeBundleCache(folder: string, maxBytes: number, onFault: (message: string) => void): BundleCache {
  const pathOf = (key: string) => {
    const name = sha256(key)
    return join(folder, name.slice(0, 2), name)
  }
  return {
    read: async (key) => {
      try {
        return parseEntry(key, readSmallFile(pathOf(key), maxBytes + MAX_HEAD_BYTES))
      } catch (error) {
        if (!isCleanbillError(error)) throw error
        if (error.code !== 'FILE_NOT_FOUND') onFault(`the cache entry for ${key} is not used: ${error.message}`)
        return undefined
      }
    },
    write: async (key, { body, etag, askedAt }) => {
      const head = { version: 1, key, sha256: sha256(body), etag, askedAt: askedAt.toISOString() }
      const line = Buffer.from(`${JSON.stringify(head)}\n`)
      if (line.length > MAX_HEAD_BYTES) return
      try {
        await writeFileAtomic(pathOf(key), Buffer.concat([line, body]), 0o644, false)
      } catch (error) {
        if (!isCleanbillError(error)) throw error
        onFault(`cannot keep ${key} in the cache: ${error.message}`)
      }
    },
  }
}

/** @throws {CleanbillError} `JSON_MALFORMED`, `JSON_AMBIGUOUS`, `LIMIT_EXCEEDED` */
function parseEntry(key: string, bytes: Uint8Array): CacheEntry | undefined {
  const end = bytes.indexOf(0x0a)
  if (end < 0) return undefined
  const head = headSchema.safeParse(
    parseJson(bytes.subarray(0, end), 'its first line', { maxBytes: MAX_HEAD_BYTES, maxDepth: 4 }),
  )
  const body = bytes.subarray(end + 1)
  // The key is compared too: an entry that was renamed answers another question.
  if (!head.success || head.data.key !== key || head.data.sha256 !== sha256(body)) return undefined
  return { body, etag: head.data.etag, askedAt: new Date(head.data.askedAt) }
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')
