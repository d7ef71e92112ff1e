import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface RecordedRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** How the server misbehaves for the next matching request. */
export type Fault =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly body?: unknown
      readonly headers?: Record<string, string>
    }
  /** The connection is cut before any answer. */
  | { readonly kind: 'reset' }
  /** The headers promise more than what comes before the cut. */
  | { readonly kind: 'half-body'; readonly status?: number }
  /** The request is taken and nothing is ever said. */
  | { readonly kind: 'silent' }

export function misbehaveNow(fault: Fault, outgoing: ServerResponse): undefined {
  if (fault.kind === 'silent') return
  if (fault.kind === 'reset') return void outgoing.socket?.resetAndDestroy()
  if (fault.kind === 'half-body') {
    outgoing.writeHead(fault.status ?? 201, { 'content-type': 'application/json', 'content-length': '1000' })
    outgoing.write('{"id": 4')
    setTimeout(() => outgoing.socket?.destroy(), 20)
    return
  }
  const body = fault.body ?? { message: `status ${fault.status}`, documentation_url: 'https://docs.example' }
  const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8', ...fault.headers }
  outgoing.writeHead(fault.status, headers)
  outgoing.end(typeof body === 'string' ? body : JSON.stringify(body))
}

export async function record(incoming: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks).toString('utf8'),
  }
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
