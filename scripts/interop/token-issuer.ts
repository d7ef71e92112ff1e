import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type Socket } from 'node:net'

/** The issuer's true name: certificates of this run carry exactly what GitHub's own carry. */
export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com'
const ISSUER_HOST = 'token.actions.githubusercontent.com:443'

export interface TokenIssuer {
  /** For `ACTIONS_ID_TOKEN_REQUEST_URL` and `ACTIONS_ID_TOKEN_REQUEST_TOKEN`. */
  readonly requestUrl: string
  readonly requestToken: string
  /** An HTTP proxy that knows one host, the issuer, and refuses every other. */
  readonly proxyUrl: string
  /** A token as the endpoint would hand it out; for signers that take one as an argument. */
  readonly token: (audience: string) => string
  readonly close: () => Promise<void>
}

/**
 * GitHub's token endpoint with its documented protocol, and the issuer behind it. Fulcio reaches the issuer's true
 * name through the proxy, over TLS with a certificate of our own authority: no root, no /etc/hosts, nothing outside.
 */
export async function startTokenIssuer(
  claims: Readonly<Record<string, string>>,
  tls: { readonly key: string; readonly certificate: string },
): Promise<TokenIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'interop', alg: 'RS256', use: 'sig' }
  const requestToken = randomBytes(24).toString('base64url')
  const token = (audience: string) => {
    const now = Math.floor(Date.now() / 1000)
    const times = { iat: now, nbf: now - 5, exp: now + 300 }
    const all = { jti: randomBytes(16).toString('hex'), iss: GITHUB_ISSUER, aud: audience, ...times, ...claims }
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const input = `${encode({ alg: 'RS256', typ: 'JWT', kid: jwk.kid })}.${encode(all)}`
    return `${input}.${createSign('RSA-SHA256').update(input).sign(privateKey, 'base64url')}`
  }

  const endpoint = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (url.pathname !== '/token') return answer(response, 404, { message: 'not found' })
    if (request.headers.authorization?.toLowerCase() !== `bearer ${requestToken}`.toLowerCase())
      return answer(response, 401, { message: 'the request token is missing or wrong' })
    const value = token(url.searchParams.get('audience') ?? claims.repository_owner ?? '')
    answer(response, 200, { count: value.length, value })
  })
  const discovery = createTlsServer({ key: await readFile(tls.key), cert: await readFile(tls.certificate) }, (q, r) =>
    discover(q, r, jwk),
  )
  const discoveryPort = await listen(discovery)
  const { proxy, sockets } = proxyTo(discoveryPort)
  const endpointPort = await listen(endpoint)
  const proxyPort = await listen(proxy)
  return {
    // GitHub's URL already has a query, to which the caller appends `&audience=`.
    requestUrl: `http://127.0.0.1:${endpointPort}/token?api-version=2.0`,
    requestToken,
    proxyUrl: `http://127.0.0.1:${proxyPort}`,
    token,
    async close() {
      for (const socket of sockets) socket.destroy()
      await Promise.all([close(endpoint), close(discovery), close(proxy)])
    },
  }
}

function discover(request: IncomingMessage, response: ServerResponse, jwk: object) {
  if (request.url === '/.well-known/jwks') return answer(response, 200, { keys: [jwk] })
  if (request.url !== '/.well-known/openid-configuration') return answer(response, 404, {})
  answer(response, 200, {
    issuer: GITHUB_ISSUER,
    jwks_uri: `${GITHUB_ISSUER}/.well-known/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public', 'pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
  })
}

function proxyTo(port: number): { proxy: Server; sockets: Set<Socket> } {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  }
  const proxy = createServer((_, response) => answer(response, 403, {}))
  proxy.on('connect', (request, socket: Socket) => {
    keep(socket)
    if (request.url !== ISSUER_HOST) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(socket)
      socket.pipe(upstream)
    })
    keep(upstream)
  })
  return { proxy, sockets }
}

function answer(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('no port'))
      else resolve(address.port)
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
