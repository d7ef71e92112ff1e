import { sign } from 'node:crypto'
import { encodeBase64 } from '../model/base64.ts'
import { toSortedJson } from '../model/json.ts'
import { type CheckpointSigner, logId, signCheckpoint } from './checkpoint.ts'
import { Refusal, type Route, type RouteRequest, readJsonBody } from './http-routes.ts'
import type { LogFile, ProvenEntry } from './log-file.ts'
import { toCanonicalEntry } from './rekor-v1-entries.ts'
import { spkiOf, toPem } from './x509.ts'

const ENTRIES = '/api/v1/log/entries'

/** Rekor's first API: promises with a time of its own, entries that can be fetched again. */
export class RekorV1 {
  readonly #signer: CheckpointSigner
  readonly #log: LogFile
  readonly #clock: () => Date
  readonly #logId: Buffer
  /** Positive and below 2^63, as Trillian's; it stands before the leaf hash in an entry's UUID. */
  readonly #treeId: bigint

  constructor(signer: CheckpointSigner, log: LogFile, clock: () => Date) {
    this.#signer = signer
    this.#log = log
    this.#clock = clock
    this.#logId = logId(signer)
    this.#treeId = this.#logId.readBigUInt64BE() & 0x7fffffffffffffffn
  }

  routes(): readonly Route[] {
    const get = (path: string, handle: Route['handle']): Route => ({ method: 'GET', path, handle })
    const publicKey = toPem(spkiOf(this.#signer.publicKey), 'PUBLIC KEY')
    return [
      { method: 'POST', path: ENTRIES, handle: (request) => this.#add(request) },
      get(ENTRIES, (request) => this.#getByIndex(request)),
      get(`${ENTRIES}/`, (request) => this.#getByUuid(request)),
      get('/api/v1/log', () => ({ status: 200, body: this.#info() })),
      get('/api/v1/log/publicKey', () => ({
        status: 200,
        headers: { 'content-type': 'application/x-pem-file' },
        body: publicKey,
      })),
    ]
  }

  async #add(request: RouteRequest) {
    const { kind, entry } = await this.#log.append(toCanonicalEntry(readJsonBody(request)), this.#clock())
    const location = `${ENTRIES}/${this.#uuid(entry)}`
    if (kind === 'duplicate') {
      const message = `an equivalent entry already exists in the transparency log with UUID ${this.#uuid(entry)}`
      throw new Refusal(409, message, {}, { location })
    }
    return { status: 201, headers: { location, etag: this.#uuid(entry) }, body: this.#toJson(entry) }
  }

  #getByUuid({ path }: RouteRequest) {
    const [, tree, leaf] = /^([0-9a-f]{16})?([0-9a-f]{64})$/.exec(path.slice(ENTRIES.length + 1)) ?? []
    const ours = tree === undefined || tree === this.#treeHex()
    return this.#found(leaf !== undefined && ours ? this.#log.find(Buffer.from(leaf, 'hex')) : undefined)
  }

  #getByIndex({ query }: RouteRequest) {
    const index = query.get('logIndex') ?? ''
    return this.#found(/^\d{1,15}$/.test(index) ? this.#log.prove(Number(index)) : undefined)
  }

  #found(entry: ProvenEntry | undefined) {
    if (entry === undefined) throw new Refusal(404, 'entry not found')
    return { status: 200, body: this.#toJson(entry) }
  }

  #toJson(entry: ProvenEntry): object {
    const { signed, promise } = signPromise(this.#signer, this.#logId, entry)
    const inclusionProof = {
      checkpoint: this.#checkpoint(entry.treeSize, entry.rootHash),
      hashes: entry.hashes.map((hash) => hash.toString('hex')),
      logIndex: entry.index,
      rootHash: entry.rootHash.toString('hex'),
      treeSize: entry.treeSize,
    }
    const verification = { inclusionProof, signedEntryTimestamp: encodeBase64(promise) }
    return { [this.#uuid(entry)]: { ...signed, verification } }
  }

  #info(): object {
    const rootHash = this.#log.rootHash()
    return {
      inactiveShards: [],
      rootHash: rootHash.toString('hex'),
      signedTreeHead: this.#checkpoint(this.#log.size, rootHash),
      treeID: String(this.#treeId),
      treeSize: this.#log.size,
    }
  }

  #checkpoint(size: number, root: Uint8Array): string {
    return signCheckpoint(this.#signer, `${this.#signer.name} - ${this.#treeId}`, size, root)
  }

  #uuid(entry: ProvenEntry): string {
    return this.#treeHex() + entry.leafHash.toString('hex')
  }

  #treeHex(): string {
    return this.#treeId.toString(16).padStart(16, '0')
  }
}

/** The inclusion promise: RFC 8785 form of these four fields, signed. */
export function signPromise(signer: CheckpointSigner, logId: Uint8Array, entry: ProvenEntry) {
  const signed = {
    body: encodeBase64(entry.body),
    integratedTime: entry.time,
    logID: Buffer.from(logId).toString('hex'),
    logIndex: entry.index,
  }
  return { signed, promise: sign('sha256', Buffer.from(toSortedJson(signed)), signer.privateKey) }
}
