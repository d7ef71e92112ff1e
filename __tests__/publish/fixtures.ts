import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Host } from '../../src/io/host.ts'
import { SILENT_LOG } from '../../src/io/host.ts'
import { type CleanbillError, isCleanbillError } from '../../src/model/error.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { buildStatement, serializeStatement } from '../../src/model/statement.ts'
import type { PublishRequest } from '../../src/publish/publisher.ts'

export const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** What a publisher gets: it never looks into the signature, so these need none that holds. */
export function makeRequest(name = 'out/model.bin', hex = sha256(name)): PublishRequest {
  const statement = buildStatement({
    subject: [{ name, digest: { sha256: hex } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: { note: 'ümläut 模型' },
  })
  const bundle: JsonObject = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { certificate: { rawBytes: 'AAAA' }, tlogEntries: [] },
    dsseEnvelope: {
      payload: Buffer.from(serializeStatement(statement)).toString('base64'),
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ sig: 'MTIzbg==', keyid: '' }],
    },
  }
  return { bundle, statement }
}

/** A host whose log is kept, and whose pauses are counted and cut short. */
export function makeHost(): Pick<Host, 'now' | 'monotonic' | 'sleep' | 'log'> & { slept: number[]; lines: string[] } {
  const slept: number[] = []
  const lines: string[] = []
  const keep = (message: string) => void lines.push(message)
  return {
    now: () => new Date(),
    monotonic: () => performance.now(),
    sleep: async (ms) => {
      slept.push(ms)
      await setTimeout(Math.min(ms, 5))
    },
    log: { ...SILENT_LOG, debug: keep, info: keep, warn: keep },
    slept,
    lines,
  }
}

/** The coded error of a promise that must fail. */
export async function refusal(promise: Promise<unknown>): Promise<CleanbillError> {
  const error = await promise.then(
    (value) => new Error(`resolved with ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  if (!isCleanbillError(error)) throw error
  return error
}
