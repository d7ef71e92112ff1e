import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { contextPrimitive, sequence } from '../../src/embedded/der.ts'
import {
  authorityKeyIdentifier,
  basicConstraints,
  buildTbsCertificate,
  distinguishedName,
  extension,
  keyUsage,
  randomSerial,
  signCertificate,
  spkiOf,
  toPem,
} from '../../src/embedded/x509.ts'

/**
 * Lets an unmodified `npm audit signatures` run on loopback. npm refreshes its trust root from the public TUF repository
 * first of all, so that host (and only that one) is led through a CONNECT proxy to a server here, under a throw-away CA.
 */
export interface NpmPeer {
  /** Environment for one run with a cold cache in `cache`. */
  readonly env: (cache: string, registry: string) => Record<string, string>
  readonly close: () => Promise<void>
}

const TUF_HOST = 'tuf-repo-cdn.sigstore.dev'

export async function startNpmPeer(folder: string, trustedRoot: Uint8Array, latencyMs: number): Promise<NpmPeer> {
  const files = tufRepository(trustedRoot)
  const identity = makeTlsIdentity()
  const ca = join(folder, 'tuf-ca.pem')
  mkdirSync(folder, { recursive: true })
  writeFileSync(ca, identity.ca)
  const tuf = createTlsServer({ key: identity.key, cert: identity.certificate }, (request, response) => {
    setTimeout(() => {
      const body = files.get(request.url ?? '')
      response.writeHead(body === undefined ? 404 : 200)
      response.end(body ?? '')
    }, latencyMs)
  })
  const tufPort = await listen(tuf)
  const proxy = createServer((_request, response) => response.writeHead(403).end())
  proxy.on('connect', (request, client) => {
    client.on('error', () => client.destroy())
    if (request.url !== `${TUF_HOST}:443`) return void client.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    const server = connect(tufPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      server.pipe(client)
      client.pipe(server)
    })
    server.on('error', () => client.destroy())
  })
  const proxyPort = await listen(proxy)
  return {
    env: (cache, registry) => {
      const seeded = join(cache, '_tuf', TUF_HOST)
      mkdirSync(seeded, { recursive: true })
      writeFileSync(join(seeded, 'root.json'), files.get('root') ?? '')
      return {
        PATH: process.env.PATH ?? '',
        HOME: folder,
        HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`,
        NO_PROXY: '127.0.0.1,localhost',
        NODE_EXTRA_CA_CERTS: ca,
        NODE_USE_ENV_PROXY: '1',
        npm_config_cache: cache,
        npm_config_registry: `${registry}/`,
        npm_config_userconfig: join(folder, 'user.npmrc'),
        npm_config_globalconfig: join(folder, 'global.npmrc'),
        npm_config_update_notifier: 'false',
      }
    },
    close: async () => {
      for (const server of [tuf, proxy]) await stop(server)
    },
  }
}

/** npm of this machine, as a JavaScript file that Node can run; undefined where it is not installed beside Node. */
export function npmOfMachine(): { readonly path: string; readonly version: string } | undefined {
  for (const path of ['/usr/lib/node_modules/npm', '/usr/local/lib/node_modules/npm', '/usr/share/nodejs/npm']) {
    try {
      const { version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { version: string }
      return { path: join(path, 'bin/npm-cli.js'), version }
    } catch {
      // not there
    }
  }
  return undefined
}

/** Four metadata files and one target, signed with one key for all roles. */
function tufRepository(trustedRoot: Uint8Array): ReadonlyMap<string, string | Uint8Array> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex')
  const key = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: raw } }
  const keyid = createHash('sha256').update(canonical(key)).digest('hex')
  const signed = (body: object) => {
    const sig = sign(null, Buffer.from(canonical(body)), privateKey).toString('hex')
    return JSON.stringify({ signatures: [{ keyid, sig }], signed: body })
  }
  const expires = new Date(Date.now() + 24 * 3600_000).toISOString().replace(/\.\d+/, '')
  const common = { spec_version: '1.0.31', version: 1, expires }
  const role = { keyids: [keyid], threshold: 1 }
  const roles = { root: role, timestamp: role, snapshot: role, targets: role }
  const sha256 = createHash('sha256').update(trustedRoot).digest('hex')
  const target = { length: trustedRoot.length, hashes: { sha256 } }
  return new Map<string, string | Uint8Array>([
    ['root', signed({ _type: 'root', ...common, consistent_snapshot: true, keys: { [keyid]: key }, roles })],
    ['/timestamp.json', signed({ _type: 'timestamp', ...common, meta: { 'snapshot.json': { version: 1 } } })],
    ['/1.snapshot.json', signed({ _type: 'snapshot', ...common, meta: { 'targets.json': { version: 1 } } })],
    ['/1.targets.json', signed({ _type: 'targets', ...common, targets: { 'trusted_root.json': target } })],
    [`/targets/${sha256}.trusted_root.json`, trustedRoot],
  ])
}

/** Canonical JSON of the TUF specification §4.2: sorted keys, only `"` and `\` escaped. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'string') return `"${value.replace(/[\\"]/g, (one) => `\\${one}`)}"`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, one]) => `${canonical(name)}:${canonical(one)}`).join(',')}}`
}

/** A CA and a certificate for the TUF host, made for this run. */
function makeTlsIdentity(): { ca: string; certificate: string; key: string } {
  const [authority, server] = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }))
  if (authority === undefined || server === undefined) throw new Error('no keys')
  const issuer = distinguishedName('Cleanbill benchmark', 'throw-away CA')
  const window = { notBefore: new Date(Date.now() - 3600_000), notAfter: new Date(Date.now() + 48 * 3600_000) }
  const issue = (subject: Buffer, publicKey: typeof server.publicKey, extensions: readonly Buffer[]) =>
    toPem(
      signCertificate(
        buildTbsCertificate({
          serial: randomSerial(),
          issuer,
          subject,
          ...window,
          publicKey: spkiOf(publicKey),
          extensions,
        }),
        authority.privateKey,
      ),
    )
  const names = sequence(contextPrimitive(2, Buffer.from(TUF_HOST)))
  return {
    ca: issue(issuer, authority.publicKey, [basicConstraints(0), keyUsage('authority')]),
    certificate: issue(distinguishedName('Cleanbill benchmark', TUF_HOST), server.publicKey, [
      extension('2.5.29.17', false, names),
      authorityKeyIdentifier(spkiOf(authority.publicKey)),
    ]),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
