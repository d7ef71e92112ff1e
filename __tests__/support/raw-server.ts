import type { RequestListener } from 'node:http'
import { createServer, type Server, type ServerOptions } from 'node:http'
import { createServer as createTls } from 'node:https'
import { type AddressInfo, createServer as createTcp, type Socket } from 'node:net'
import { afterEach } from 'vitest'

export interface Counted {
  readonly url: string
  readonly port: number
  /** Connections so far. */
  readonly connections: () => number
  /** Connections that are open now. */
  readonly open: () => number
}

/** Servers that count their connections, and close with the test. */
export function countingServers() {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()))
  })

  async function listen(server: Server | ReturnType<typeof createTcp>, scheme: string): Promise<Counted> {
    const sockets = new Set<Socket>()
    let connections = 0
    server.on('connection', (socket: Socket) => {
      connections++
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // A TCP server's address is never a string.
    const { port } = server.address() as AddressInfo
    closing.push(() => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    })
    return {
      url: `${scheme}://127.0.0.1:${port}`,
      port,
      connections: () => connections,
      open: () => sockets.size,
    }
  }

  return {
    http: (handle: RequestListener, options: ServerOptions = {}) => listen(createServer(options, handle), 'http'),
    https: (tls: { key: string; cert: string }, handle: RequestListener) => listen(createTls(tls, handle), 'https'),
    /** Answers each piece that comes, by its number on this connection, with bytes as they are. */
    tcp: (answer: (socket: Socket, number: number) => void) =>
      listen(
        createTcp((socket) => {
          let number = 0
          socket.on('data', () => answer(socket, ++number))
        }),
        'http',
      ),
  }
}
