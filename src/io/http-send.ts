import { Agent, type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestTls, Agent as TlsAgent } from 'node:https'
import { isIP } from 'node:net'
import type { HttpRequest } from './http-request.ts'
import { lookupFor, type ResolveName, requirePublicAddress } from './public-address.ts'

/** Connections that are kept for the next request. */
export type Pools = (url: URL, publicOnly: boolean) => Agent

/** A request on its way. */
export interface Sent {
  /** When the headers are there. Rejects when there is no answer, and with what it was given up for. */
  readonly answer: Promise<IncomingMessage>
  /** Breaks the connection off, whether the answer has begun or not. */
  readonly giveUp: (reason: Error) => void
}

const SOCKETS = {
  keepAlive: true,
  /** For one host; the evidence client asks for half as many at once. The rest waits. */
  maxSockets: 64,
  maxFreeSockets: 32,
  /** Of an idle one. Less than servers wait, so that it is seldom the server that closes. */
  timeout: 4_000,
}

/** Of all headers together. More is an error before anything is kept. */
const MAX_HEADER_BYTES = 16 * 1024

/**
 * A connection that was made without looking at the address must not serve a request that asks for it, so those have
 * pools of their own. An idle connection does not keep the process alive.
 */
export function makePools(resolve: ResolveName, ca: string | undefined): Pools {
  const pair = (publicOnly: boolean) => {
    const options = { ...SOCKETS, lookup: lookupFor(resolve, publicOnly) }
    return { 'http:': new Agent(options), 'https:': new TlsAgent({ ...options, ...(ca === undefined ? {} : { ca }) }) }
  }
  const open = pair(false)
  const guarded = pair(true)
  return (url, publicOnly) => (publicOnly ? guarded : open)[url.protocol === 'http:' ? 'http:' : 'https:']
}

/** Sends one request. Redirects are answers here: following one would carry a token to another host. */
export function send(url: URL, request: HttpRequest, pools: Pools): Sent {
  const { method = 'GET', publicOnly = false } = request
  const options = {
    agent: pools(url, publicOnly),
    method,
    headers: headersOf(request),
    maxHeaderSize: MAX_HEADER_BYTES,
  }
  // An address in figures is not looked up, so nothing else would look at it.
  const address = url.hostname.replace(/^\[|\]$/g, '')
  if (publicOnly && isIP(address) !== 0) requirePublicAddress(address, url.hostname)
  const { promise: answer, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  let given = false
  const start = (): ClientRequest => {
    const outgoing = (url.protocol === 'https:' ? requestTls : requestPlain)(url, options)
    outgoing.once('response', (incoming) => {
      current = incoming
      resolve(incoming)
    })
    outgoing.on('error', (error) => {
      // The server closed an idle connection while we were taking it up: it has not seen this request, and a new
      // connection will tell (RFC 9110 §9.2.2, RFC 9112 §9.3.1).
      const stale = current === outgoing && outgoing.reusedSocket && isReset(error) && !given
      if (stale && (method === 'GET' || method === 'HEAD')) current = start()
      else reject(error)
    })
    // Without an error too: that is what Node makes of an answer that changes the protocol.
    outgoing.once('close', () => {
      if (current === outgoing) reject(new Error('closed without an answer'))
    })
    outgoing.end(request.body)
    return outgoing
  }
  let current: ClientRequest | IncomingMessage = start()
  const giveUp = (reason: Error) => {
    given = true
    current.destroy(reason)
    reject(reason)
  }
  return { answer, giveUp }
}

function headersOf({ headers = {}, body }: HttpRequest): Record<string, string> {
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return {
    'user-agent': 'cleanbill',
    accept: '*/*',
    // A part of a coded body cannot be decoded.
    'accept-encoding': own.range === undefined ? 'gzip, br' : 'identity',
    ...own,
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  }
}

const isReset = (error: NodeJS.ErrnoException) => error.code === 'ECONNRESET' || error.code === 'EPIPE'
