import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { pause } from '../../io/pause.ts'
import type { JsonValue } from '../../model/json.ts'
import type { WorldFault } from './description.ts'
import type { WorldAnswer, WorldRequest } from './route.ts'

/** What goes over the wire: bytes and headers, nothing left to decide. */
export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The misbehaviour that is in force, with what is left of it. */
export class FaultTable {
  #faults: { readonly fault: WorldFault; left: number }[] = []

  set(faults: readonly WorldFault[]): void {
    this.#faults = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }))
  }

  /** @param line `npm /left-pad/1.3.0` */
  take(line: string): WorldFault | undefined {
    const found = this.#faults.find(({ fault, left }) => left > 0 && line.includes(fault.match))
    if (found === undefined) return undefined
    found.left--
    return found.fault
  }
}

/** Faults in place of an answer: the service is not even asked. */
export function answerOf(fault: WorldFault): WireAnswer | undefined {
  switch (fault.kind) {
    case 'status':
      return json(fault.status ?? 500, { message: `status ${fault.status ?? 500}` }, retryAfter(fault))
    case 'rate-limit':
      return json(
        fault.status ?? 429,
        { message: 'API rate limit exceeded' },
        { ...retryAfter(fault), 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0' },
      )
    case 'redirect':
      return json(fault.status ?? 302, {}, { location: fault.location ?? 'http://169.254.169.254/latest/meta-data/' })
    case 'wrong-type':
      return {
        status: fault.status ?? 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: Buffer.from('<!doctype html><title>Sign in</title><p>Please sign in to continue.'),
      }
    case 'bomb':
      return {
        status: 200,
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: gzipBomb(),
      }
    default:
      return undefined
  }
}

const retryAfter = ({ retryAfter: seconds }: WorldFault): Record<string, string> =>
  seconds === undefined ? {} : { 'retry-after': String(seconds) }

function json(status: number, body: object, headers: Readonly<Record<string, string>>): WireAnswer {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  return { status, headers: { ...type, ...headers }, body: Buffer.from(JSON.stringify(body)) }
}

/** One megabyte on the wire, one gigabyte unpacked: gzip members may follow one another (RFC 1952 §2.2). */
function gzipBomb(): Buffer {
  const member = gzipSync(Buffer.alloc(1024 * 1024))
  return Buffer.concat(Array.from({ length: 1024 }, () => member))
}

const DRIP_MS = 25
const DRIP_BYTES = 16

/** Faults in how an answer goes out. Resolves when there is nothing more to send. */
export async function sendBadly(fault: WorldFault, wire: WireAnswer, response: ServerResponse): Promise<void> {
  if (fault.kind === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const truncated = fault.kind === 'truncated'
  // An empty body has to promise something too, or nothing would be missing from it.
  const length = String(truncated ? Math.max(wire.body.length, 2) : wire.body.length)
  response.writeHead(wire.status, { ...wire.headers, 'content-length': length })
  if (truncated) {
    // Half of what the header promises, then the connection is gone.
    response.write(wire.body.subarray(0, wire.body.length >> 1), () => response.socket?.destroy())
    return
  }
  for (let at = 0; at < wire.body.length && !response.destroyed; at += DRIP_BYTES) {
    response.write(wire.body.subarray(at, at + DRIP_BYTES))
    await pause(DRIP_MS)
  }
  response.end()
}

const CURSORS = ['after', 'before', 'page', 'cursor', 'last']

/** For `endless-pages`: every page is asked as the first one, whatever the cursor. */
export function withoutCursor(request: WorldRequest): WorldRequest {
  const url = new URL(request.url)
  for (const name of CURSORS) url.searchParams.delete(name)
  const text = Buffer.from(request.body).toString('utf8')
  if (!text.startsWith('{')) return { ...request, url }
  const body = Buffer.from(JSON.stringify(dropKeys(JSON.parse(text) as JsonValue)))
  return { ...request, url, body }
}

/** And every answer says that there is one more. */
export function withNextPage(answer: WorldAnswer, request: WorldRequest): WorldAnswer {
  const next = new URL(request.url)
  next.searchParams.set('page', String(Number(next.searchParams.get('page') ?? '1') + 1))
  const { body } = answer
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array)
  return {
    ...answer,
    headers: { ...answer.headers, link: `<${next.href}>; rel="next"` },
    // Sound: services answer with JSON values.
    ...(isJson ? { body: promiseMore(body as JsonValue) as object } : {}),
  }
}

function dropKeys(value: JsonValue): JsonValue {
  return mapObjects(value, (object) =>
    Object.fromEntries(Object.entries(object).filter(([name]) => !CURSORS.includes(name))),
  )
}

function promiseMore(value: JsonValue): JsonValue {
  return mapObjects(value, (object) => ({
    ...object,
    ...('hasNextPage' in object ? { hasNextPage: true, endCursor: 'endless' } : {}),
    ...('has_next' in object ? { has_next: true, next: 'endless' } : {}),
  }))
}

function mapObjects(
  value: JsonValue,
  change: (object: Readonly<Record<string, JsonValue>>) => Readonly<Record<string, JsonValue>>,
): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => mapObjects(item, change))
  if (typeof value !== 'object' || value === null) return value
  const inner = Object.entries(value).map(([name, item]) => [name, mapObjects(item, change)] as const)
  return change(Object.fromEntries(inner))
}
