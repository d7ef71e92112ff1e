import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { z } from 'zod'
import { toFileError } from '../io/files.ts'
import { decodeBase64, encodeBase64 } from '../model/base64.ts'
import { CleanbillError } from '../model/error.ts'
import { parseJson } from '../model/json.ts'
import { leafHash, MerkleTree } from './merkle-tree.ts'

export interface LogEntry {
  readonly index: number
  /** When it was taken in, seconds since 1970. */
  readonly time: number
  readonly body: Buffer
}

/** An entry with what proves that it is in the tree as the tree was at that moment. */
export interface ProvenEntry extends LogEntry {
  readonly leafHash: Buffer
  readonly treeSize: number
  readonly rootHash: Buffer
  /** Lowest first (RFC 6962 §2.1.1). */
  readonly hashes: readonly Buffer[]
}

export type Appended = { readonly kind: 'added' | 'duplicate'; readonly entry: ProvenEntry }

/** Takes entries in and proves them: on disk ({@link LogFile}) or in memory. */
export interface AppendOnlyLog {
  readonly append: (body: Uint8Array, time: Date) => Promise<Appended>
}

/** A log for trials: past this a new state folder is wanted, not a database. */
const MAX_LOG_BYTES = 256 * 1024 * 1024

const line = z.strictObject({
  index: z.int().min(0),
  time: z.int().min(0),
  body: z.string(),
  root: z.string(),
})

/**
 * An append-only log in one file of JSON lines, each with the root of the tree after it. An entry is on disk before
 * it is acknowledged; a half line left by a killed process was never acknowledged and is cut off.
 */
export class LogFile implements AppendOnlyLog {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #tree = new MerkleTree()
  readonly #entries: LogEntry[] = []
  readonly #indexByLeaf = new Map<string, number>()
  #bytes = 0
  #last: Promise<unknown> = Promise.resolve()
  #broken: string | undefined

  private constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  /**
   * @throws {CleanbillError} `STATE_CHANGED` when a line is not what was written, `LIMIT_EXCEEDED`,
   *   `FILE_UNREADABLE`, `PATH_UNSAFE` for a symlink
   */
  static async open(path: string): Promise<LogFile> {
    let handle: FileHandle | undefined
    try {
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW
      handle = await open(path, flags, 0o600)
      const log = new LogFile(path, handle)
      await log.#load()
      return log
    } catch (error) {
      await handle?.close()
      throw toFileError(error, path)
    }
  }

  get size(): number {
    return this.#tree.size
  }

  rootHash(): Buffer {
    return this.#tree.root()
  }

  /** @returns undefined when there is no such entry */
  prove(index: number): ProvenEntry | undefined {
    if (this.#broken !== undefined) throw this.#writeError(this.#broken)
    const entry = this.#entries[index]
    if (entry === undefined) return undefined
    const proof = { treeSize: this.size, rootHash: this.rootHash(), hashes: this.#tree.inclusionProof(index) }
    return { ...entry, leafHash: leafHash(entry.body), ...proof }
  }

  find(leaf: Uint8Array): ProvenEntry | undefined {
    return this.prove(this.#indexByLeaf.get(Buffer.from(leaf).toString('hex')) ?? -1)
  }

  /**
   * Adds one entry, flushed to disk; or gives back the equal one that is there already.
   *
   * @throws {CleanbillError} `WRITE_FAILED`; from then on this log takes no more entries until it is opened anew
   */
  append(body: Uint8Array, time: Date): Promise<Appended> {
    const result = this.#last.then(() => this.#append(Buffer.from(body), Math.floor(time.getTime() / 1000)))
    this.#last = result.catch(() => undefined)
    return result
  }

  async close(): Promise<void> {
    await this.#last
    this.#broken = 'it is closed'
    await this.#handle.close()
  }

  async #append(body: Buffer, time: number): Promise<Appended> {
    const known = this.find(leafHash(body))
    if (known !== undefined) return { kind: 'duplicate', entry: known }
    const index = this.size
    this.#add({ index, time, body })
    const text = `${JSON.stringify({ index, time, body: encodeBase64(body), root: encodeBase64(this.rootHash()) })}\n`
    try {
      // Another process that writes to the same file would give two entries one index.
      if ((await this.#handle.stat()).size !== this.#bytes) throw new Error('another process wrote to it')
      if (this.#bytes + text.length > MAX_LOG_BYTES) throw new Error(`it would pass ${MAX_LOG_BYTES} bytes`)
      await this.#handle.appendFile(text)
      await this.#handle.datasync()
    } catch (error) {
      // The tree in memory is now ahead of the file. Never prove anything from it again.
      this.#broken = (error as Error).message
      throw this.#writeError(this.#broken, error)
    }
    this.#bytes += text.length
    const entry = this.prove(index)
    if (entry === undefined) throw new CleanbillError('INTERNAL_ERROR', 'an appended entry is missing')
    return { kind: 'added', entry }
  }

  async #load(): Promise<void> {
    const { size } = await this.#handle.stat()
    if (size > MAX_LOG_BYTES) {
      throw new CleanbillError('LIMIT_EXCEEDED', `${this.#path} has ${size} bytes`, {
        hint: 'Start a new state folder.',
      })
    }
    const text = await this.#handle.readFile('latin1')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    for (const one of whole.split('\n').slice(0, -1)) this.#loadLine(one)
    if (whole.length < text.length) {
      await this.#handle.truncate(whole.length)
      await this.#handle.datasync()
    }
    this.#bytes = whole.length
  }

  #loadLine(text: string): void {
    const number = this.size + 1
    const changed = (why: string, cause?: unknown) =>
      new CleanbillError('STATE_CHANGED', `${this.#path}, line ${number}: ${why}`, { line: number, cause })
    let entry: z.infer<typeof line>
    let body: Buffer
    try {
      entry = line.parse(parseJson(text, 'a log line'))
      body = Buffer.from(decodeBase64(entry.body, 'body'))
    } catch (cause) {
      throw changed('not a log entry', cause)
    }
    if (entry.index !== this.size) throw changed(`index ${entry.index} instead of ${this.size}`)
    this.#add({ index: entry.index, time: entry.time, body })
    if (encodeBase64(this.rootHash()) !== entry.root) throw changed('the root is not that of the entries before it')
  }

  #add(entry: LogEntry): void {
    const leaf = leafHash(entry.body)
    this.#tree.append(leaf)
    this.#entries.push(entry)
    this.#indexByLeaf.set(leaf.toString('hex'), entry.index)
  }

  #writeError(why: string, cause?: unknown): CleanbillError {
    return new CleanbillError('WRITE_FAILED', `cannot write ${this.#path}: ${why}`, { file: this.#path, cause })
  }
}
