import { http } from '../../src/io/http.ts'
import type { EvidenceAnswer, EvidenceClient, EvidenceRequest } from '../../src/source/client.ts'
import type { SourceSession } from '../../src/source/source.ts'

/** Every request as a source made it. */
export type AskedRequest = EvidenceRequest

export interface PlainClient extends EvidenceClient {
  readonly asked: readonly AskedRequest[]
}

/** An evidence client that asks once, follows redirects within one host and keeps nothing: enough to test sources with. */
export function plainClient(answer?: (request: EvidenceRequest) => EvidenceAnswer | undefined): PlainClient {
  const asked: AskedRequest[] = []
  const fetch = async (request: EvidenceRequest): Promise<EvidenceAnswer> => {
    asked.push(request)
    const made = answer?.(request)
    if (made !== undefined) return made
    const { source, url, method = 'GET', headers = {}, body, maxBytes = 16 * 1024 * 1024 } = request
    try {
      const got = await http({ url, method, headers, maxBytes, ...(body === undefined ? {} : { body }) })
      if (got.status === 429 || got.status >= 500) return failed(source, 'unreachable', `status ${got.status}`)
      return { kind: 'answer', ...got }
    } catch (error) {
      return failed(source, 'unreachable', (error as Error).message)
    }
  }
  return {
    asked,
    fetch,
    stream: async (request, reduce) => {
      const got = await fetch(request)
      if (got.kind === 'failed') return got
      if (got.status !== 200) return { kind: 'answer', status: got.status, value: undefined }
      return { kind: 'answer', status: 200, value: await reduce(piecesOf(got.body)) }
    },
    counts: () => ({}),
  }
}

/** In pieces, as a network brings them. */
export async function* piecesOf(bytes: Uint8Array, size = 16_384): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function failed(source: string, fault: 'unreachable', message: string): EvidenceAnswer {
  return { kind: 'failed', error: { source, fault, message } }
}

export interface SessionParts {
  readonly client?: EvidenceClient
  /** By row of `EVIDENCE_ORIGINS` or `oci:HOST`. */
  readonly origins: Readonly<Record<string, string>>
}

export function plainSession({ client = plainClient(), origins }: SessionParts): SourceSession {
  return {
    client,
    origin: (name) => origins[name] ?? `https://${name.replace(/^oci:/, '')}`,
    now: () => new Date('2026-11-22T12:00:00Z'),
    repositoriesOf: () => [],
  }
}

/** Made-up answers by the end of the URL; everything else is 404. */
export function scripted(answers: Readonly<Record<string, ScriptedAnswer>>): PlainClient {
  return plainClient((request) => {
    const made = answers[Object.keys(answers).find((end) => request.url.endsWith(end)) ?? '']
    if (made === undefined) return toAnswer({ status: 404 })
    return typeof made === 'string'
      ? { kind: 'failed', error: { source: request.source, fault: 'unreachable', message: made } }
      : toAnswer(made)
  })
}

export type ScriptedAnswer =
  | { readonly status: number; readonly body?: string | Uint8Array | object; readonly headers?: Record<string, string> }
  /** No answer at all. */
  | string

function toAnswer({ status, body = '', headers = {} }: Exclude<ScriptedAnswer, string>): EvidenceAnswer {
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array)
  const bytes = body instanceof Uint8Array ? body : Buffer.from(isJson ? JSON.stringify(body) : body)
  return { kind: 'answer', status, headers: new Headers(headers), body: bytes }
}
