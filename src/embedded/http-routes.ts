import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isCleanbillError } from '../model/error.ts'
import { type JsonObject, parseJsonObject } from '../model/json.ts'

export interface RouteRequest {
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface RouteResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object goes out as JSON. */
  readonly body: Uint8Array | string | object
}

/** One endpoint. Rooms of the server export arrays of these. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** Exact, or the start of the path when it ends in `/`. */
  readonly path: string
  readonly handle: (request: RouteRequest) => RouteResponse | Promise<RouteResponse>
}

/** A refusal with the JSON body that clients of the real service know. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly body: object
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, body: object = {}, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.body = { code: status, message, ...body }
    this.headers = headers
  }
}

/** gRPC-gateway's form: `code` is the gRPC code (3 INVALID_ARGUMENT, 6 ALREADY_EXISTS), not the HTTP status. */
export function grpcRefusal(status: number, code: number, message: string, headers?: Record<string, string>): Refusal {
  return new Refusal(status, message, { code, details: [] }, headers)
}

export const MAX_BODY_BYTES = 4 * 1024 * 1024

/** @throws {CleanbillError} as {@link parseJsonObject}; the server answers 400 */
export function readJsonBody(request: RouteRequest): JsonObject {
  return parseJsonObject(request.body, 'the request body', { maxBytes: MAX_BODY_BYTES, maxDepth: 32 })
}

/**
 * A server for loopback only. Besides the address it is bound to, it refuses any request whose `Host` is a name (a web
 * page could point its own name at 127.0.0.1) and any with an `Origin` (every cross-site post of a browser has one).
 */
export function createRouteServer(routes: readonly Route[], log: (line: string) => void): Server {
  const server = createServer({ requestTimeout: 15_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 })
  server.maxConnections = 256
  server.on('request', (message, response) => {
    answer(routes, message, response, log).catch(() => response.destroy())
  })
  return server
}

async function answer(
  routes: readonly Route[],
  message: IncomingMessage,
  response: ServerResponse,
  log: (line: string) => void,
): Promise<void> {
  const url = new URL(message.url ?? '/', 'http://127.0.0.1')
  let result: RouteResponse
  try {
    requireLoopback(message)
    const route = findRoute(routes, message.method ?? '', url.pathname)
    const body = await readBody(message)
    const request = { path: url.pathname, query: url.searchParams, headers: message.headers, body }
    result = await route.handle(request)
  } catch (error) {
    result = toResponse(error, log)
  }
  // The path only: a query may hold claims, a header the request token.
  log(`${message.method} ${url.pathname.slice(0, 100)} ${result.status}`)
  const isJson = typeof result.body === 'object' && !(result.body instanceof Uint8Array)
  response.writeHead(result.status, {
    ...(isJson ? { 'content-type': 'application/json' } : {}),
    // The rest of a refused body is not read, so the connection cannot be used again.
    ...(message.complete ? {} : { connection: 'close' }),
    ...result.headers,
  })
  response.end(isJson ? JSON.stringify(result.body) : result.body)
}

function requireLoopback(message: IncomingMessage): void {
  const port = message.socket.localPort
  const allowed = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (message.socket.remoteAddress !== '127.0.0.1' || !allowed.includes(message.headers.host ?? '')) {
    throw new Refusal(403, 'only for programs on this machine, by http://127.0.0.1')
  }
  if (message.headers.origin !== undefined) throw new Refusal(403, 'not for web pages')
}

function findRoute(routes: readonly Route[], method: string, path: string): Route {
  const here = routes.filter((route) => (route.path.endsWith('/') ? path.startsWith(route.path) : path === route.path))
  const found = here.find((route) => route.method === method)
  if (found !== undefined) return found
  throw here.length > 0 ? new Refusal(405, 'method not allowed') : new Refusal(404, 'not found')
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Refusal(413, `the body is larger than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function toResponse(error: unknown, log: (line: string) => void): RouteResponse {
  if (error instanceof Refusal) return { status: error.status, headers: error.headers, body: error.body }
  if (isCleanbillError(error) && error.class !== 'tool') {
    return { status: 400, body: { code: 400, message: error.message } }
  }
  log(`error: ${(error as Error).message}`)
  return { status: 500, body: { code: 500, message: 'internal error' } }
}
