import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pause } from '../../io/pause.ts'
import { CleanbillError } from '../../model/error.ts'
import type { WorldFault } from './description.ts'
import { answerOf, type FaultTable, sendBadly, type WireAnswer, withNextPage, withoutCursor } from './faults.ts'
import type { WorldAnswer, WorldRequest, WorldService } from './route.ts'
import type { WorldState } from './state.ts'

/** One request as it arrived; a token is never kept. */
export interface RequestRecord {
  readonly service: string
  readonly method: string
  /** With the query. */
  readonly path: string
  /** It carried the world's token. */
  readonly authorized: boolean
}

export interface ServerParts {
  readonly service: WorldService
  readonly state: WorldState
  readonly faults: FaultTable
  readonly latencyMs: number
  readonly token: string
  readonly record: (request: RequestRecord) => void
  /** A defect of the simulator: said, since the client only sees a 500. */
  readonly onDefect: (error: unknown) => void
}

const MAX_BODY_BYTES = 4 * 1024 * 1024

/** Keeps connections alive, as the real services do behind their load balancers. */
export function createServiceServer(parts: ServerParts): Server {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 30_000 })
  server.maxConnections = 512
  server.on('request', (message, response) => {
    answer(parts, message, response).catch((error) => {
      parts.onDefect(error)
      response.destroy()
    })
  })
  return server
}

/** @returns the base URL, without a slash at the end */
export function listenOnLoopback(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
      // A TCP server's address is never a string (that is for pipes).
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })
}

export async function stopServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}

async function answer(parts: ServerParts, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const { service, latencyMs } = parts
  const path = message.url ?? '/'
  parts.record({
    service: service.origin,
    method: message.method ?? '',
    path,
    authorized: isAuthorized(message, parts.token),
  })
  const request = await readRequest(message)
  const fault = parts.faults.take(`${service.origin} ${path}`)
  if (latencyMs > 0) await pause(latencyMs)
  // The request is taken, and nothing is ever said: the client has to give up by itself.
  if (fault?.kind === 'timeout' || response.destroyed) return
  const wire = await answerFor(parts, request, fault)
  if (fault !== undefined && ['reset', 'truncated', 'slow'].includes(fault.kind)) {
    await sendBadly(fault, wire, response)
    return
  }
  // RFC 9110 §8.6: neither of these says a length of its own.
  const length = [204, 304].includes(wire.status) ? {} : { 'content-length': String(wire.body.length) }
  response.writeHead(wire.status, { ...wire.headers, ...length })
  response.end(message.method === 'HEAD' ? undefined : wire.body)
}

async function answerFor(
  { service, state, onDefect }: ServerParts,
  request: WorldRequest | undefined,
  fault: WorldFault | undefined,
): Promise<WireAnswer> {
  const replaced = fault === undefined ? undefined : answerOf(fault)
  if (replaced !== undefined) return replaced
  if (request === undefined) return toWire({ status: 413, body: { message: 'the body is too large' } })
  const endless = fault?.kind === 'endless-pages'
  try {
    const given = await service.handle(endless ? withoutCursor(request) : request, state)
    return toWire(endless ? withNextPage(given, request) : given)
  } catch (error) {
    onDefect(error)
    return toWire({ status: 500, body: { message: 'internal error of the simulated world' } })
  }
}

function toWire({ status, headers = {}, body = '' }: WorldAnswer): WireAnswer {
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array)
  const bytes = body instanceof Uint8Array ? body : Buffer.from(isJson ? JSON.stringify(body) : body)
  return { status, headers: isJson ? { 'content-type': 'application/json', ...headers } : headers, body: bytes }
}

async function readRequest(message: IncomingMessage): Promise<WorldRequest | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  const url = URL.parse(message.url ?? '/', `http://127.0.0.1:${message.socket.localPort}`)
  if (url === null) throw new CleanbillError('ARGUMENT_INVALID', 'a request without a path')
  if (size > MAX_BODY_BYTES) return undefined
  const headers = Object.entries(message.headers).map(([name, value]) => [name, value?.toString()] as const)
  return { method: message.method ?? '', url, headers: Object.fromEntries(headers), body: Buffer.concat(chunks) }
}

function isAuthorized({ headers }: IncomingMessage, token: string): boolean {
  return [`bearer ${token}`, `token ${token}`].includes((headers.authorization ?? '').replace(/^\w+/, toLower))
}

const toLower = (scheme: string): string => scheme.toLowerCase()
