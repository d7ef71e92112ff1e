import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Host } from '../../src/io/host.ts'
import { SILENT_LOG } from '../../src/io/host.ts'
import { http, httpStream } from '../../src/io/http.ts'
import type { EvidenceClient } from '../../src/source/client.ts'
import { type EvidenceClientOptions, makeEvidenceClient } from '../../src/source/http-client.ts'
import { close, type Fault, listen, misbehaveNow, type RecordedRequest, record } from './loopback-server.ts'

export interface Served {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array | object
}

export interface EvidenceServer {
  readonly url: string
  readonly requests: readonly RecordedRequest[]
  /** How many requests were open at once, at most. */
  readonly most: () => number
  readonly close: () => Promise<void>
}

/** A registry that answers as it is told; the handler may take the response into its own hands by answering undefined. */
export async function serve(
  handle: (
    request: RecordedRequest,
    outgoing: ServerResponse,
    number: number,
  ) => Served | Fault | undefined | Promise<Served | Fault | undefined>,
): Promise<EvidenceServer> {
  const requests: RecordedRequest[] = []
  let open = 0
  let most = 0
  const server = createServer(async (incoming, outgoing) => {
    most = Math.max(most, ++open)
    outgoing.on('close', () => open--)
    const request = await record(incoming)
    requests.push(request)
    const answer = await handle(request, outgoing, requests.length)
    if (answer === undefined) return
    if ('kind' in answer) return misbehaveNow(answer, outgoing)
    const { status = 200, headers = {}, body = '' } = answer
    const raw = typeof body === 'string' || body instanceof Uint8Array
    outgoing.writeHead(status, { ...(raw ? {} : { 'content-type': 'application/json' }), ...headers })
    outgoing.end(raw ? body : JSON.stringify(body))
  })
  const url = await listen(server)
  return { url, requests, most: () => most, close: () => close(server) }
}

/** Time that passes only when somebody sleeps. */
export interface VirtualHost extends Pick<Host, 'now' | 'monotonic' | 'sleep' | 'log'> {
  readonly sleeps: readonly number[]
}

export function virtualHost(start = '2026-11-22T12:00:00Z'): VirtualHost {
  const sleeps: number[] = []
  let passed = 0
  return {
    sleeps,
    now: () => new Date(Date.parse(start) + passed),
    monotonic: () => passed,
    sleep: async (ms) => {
      sleeps.push(ms)
      passed += ms
    },
    log: SILENT_LOG,
  }
}

/** The time that passes, for what many questions do at once. */
export const realHost = (): Pick<Host, 'now' | 'monotonic' | 'sleep' | 'log'> => ({
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (ms) => pause(ms),
  log: SILENT_LOG,
})

/** A client for tests: the real transport, one configured origin, virtual time unless told otherwise. */
export function testClient(origin: string, more: Partial<EvidenceClientOptions> = {}): EvidenceClient {
  return makeEvidenceClient({
    http,
    stream: httpStream,
    host: virtualHost(),
    origins: { npm: origin },
    credentials: [],
    offline: false,
    random: () => 0.5,
    timeoutMs: 2_000,
    ...more,
  })
}
