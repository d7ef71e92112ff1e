import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FULCIO_CONFIG } from './fulcio-config.ts'
import type { GoTools, Tool } from './go-programs.ts'
import { makePki, type Pki } from './pki.ts'
import { freePorts, type Servers } from './servers.ts'
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts'
import {
  type Endpoints,
  type PrivateTrust,
  REKOR_V1_ORIGIN,
  REKOR_V2_ORIGIN,
  writePrivateTrust,
} from './trust-files.ts'

export interface PrivateSigstore {
  readonly trust: PrivateTrust
  readonly issuer: TokenIssuer
}

interface Setting {
  readonly folder: string
  readonly tools: GoTools
  readonly pki: Pki
  readonly port: Record<(typeof PORTS)[number], number>
  readonly endpoints: Endpoints
  /** Starts a program and resolves when its health address answers. */
  readonly start: (name: string, tool: Tool, args: string[], health: string, env?: NodeJS.ProcessEnv) => Promise<void>
}

const PORTS = [
  ...(['ctlog', 'trillian', 'fulcio', 'fulcioGrpc', 'fulcioMetrics'] as const),
  ...(['rekorV2', 'rekorV2Grpc', 'rekorV2Metrics', 'rekorV1', 'timestamp'] as const),
] as const

/**
 * Starts Fulcio, the CT log, the timestamp authority and those Rekors that could be built, and writes the trust
 * material for them. Rejects with the reason when one does not come up; `servers.stop` ends those that did.
 */
export async function startPrivateSigstore(
  folder: string,
  tools: GoTools,
  claims: Readonly<Record<string, string>>,
  servers: Servers,
  env: NodeJS.ProcessEnv,
): Promise<PrivateSigstore> {
  const pki = await makePki(join(folder, 'pki'), env)
  const port = await freePorts(PORTS)
  const http = (number: number) => `http://127.0.0.1:${number}`
  const endpoints: Endpoints = {
    fulcio: http(port.fulcio),
    ctlog: `${http(port.ctlog)}/interop`,
    rekorV2: http(port.rekorV2),
    rekorV1: http(port.rekorV1),
    timestamp: http(port.timestamp),
  }
  const trust = await writePrivateTrust(join(folder, 'trust'), pki, endpoints)
  const issuer = await startTokenIssuer(claims, pki.tls)
  const start: Setting['start'] = async (name, tool, args, health, more = {}) => {
    if ('missing' in tool) throw new Error(tool.missing)
    await servers.start({ name, command: tool.path, args, env: { ...env, ...more }, cwd: folder, health })
  }
  const setting: Setting = { folder, tools, pki, port, endpoints, start }
  try {
    await startCtLog(setting)
    const rekors = [
      ...('missing' in tools.rekorV2 ? [] : [startRekorV2(setting)]),
      ...('missing' in tools.rekorV1 ? [] : [startRekorV1(setting)]),
    ]
    await Promise.all([startFulcio(setting, issuer), startTimestamp(setting), ...rekors])
  } catch (error) {
    await issuer.close()
    throw error
  }
  return { trust, issuer }
}

function startCtLog({ tools, pki, port, endpoints, start }: Setting): Promise<void> {
  const args = words`-listen 127.0.0.1:${port.ctlog} -prefix interop -key ${pki.ctlog.key} -roots ${pki.fulcio.root}
    -trillian 127.0.0.1:${port.trillian}`
  return start('ctlog', tools.ctlog, args, `${endpoints.ctlog}/ct/v1/get-sth`)
}

async function startFulcio(
  { folder, tools, pki, port, endpoints, start }: Setting,
  issuer: TokenIssuer,
): Promise<void> {
  const config = join(folder, 'fulcio.yaml')
  await writeFile(config, FULCIO_CONFIG)
  // HTTP and gRPC on one port makes Fulcio panic: it registers the same metric twice.
  const args = words`serve --host=127.0.0.1 --port=${port.fulcio} --grpc-host=127.0.0.1 --grpc-port=${port.fulcioGrpc}
    --metrics-port=${port.fulcioMetrics} --legacy-unix-domain-socket=@cleanbill-interop-${process.pid}
    --ca=fileca --fileca-cert=${pki.fulcio.chain} --fileca-key=${pki.fulcio.key}
    --fileca-key-passwd=${pki.fulcio.password} --fileca-watch=false --config-path=${config}
    --ct-log-url=${endpoints.ctlog} --ct-log-public-key-path=${pki.ctlog.publicPem}`
  // Go takes no proxy for 127.0.0.1, so only the issuer goes through it.
  const env = { HTTPS_PROXY: issuer.proxyUrl, SSL_CERT_FILE: pki.tls.authority }
  await start('fulcio', tools.fulcio, args, `${endpoints.fulcio}/healthz`, env)
}

async function startRekorV2({ folder, tools, pki, port, endpoints, start }: Setting): Promise<void> {
  const storage = join(folder, 'rekor-v2')
  await mkdir(storage, { recursive: true })
  // An answer waits for the next checkpoint; with the default interval each signature would take 10 s.
  const args = words`serve --http-address=127.0.0.1 --http-port=${port.rekorV2} --grpc-address=127.0.0.1
    --grpc-port=${port.rekorV2Grpc} --http-metrics-port=${port.rekorV2Metrics} --hostname=${REKOR_V2_ORIGIN}
    --storage-dir=${storage} --signer-filepath=${pki.rekorV2.key} --checkpoint-interval=1s --batch-max-age=100ms`
  await start('rekor-v2', tools.rekorV2, args, `${endpoints.rekorV2}/healthz`)
  const { digest, content, verifier } = throwAway()
  const signature = {
    content,
    verifier: { publicKey: { rawBytes: verifier.der }, keyDetails: 'PKIX_ECDSA_P256_SHA_256' },
  }
  const entry = { hashedRekordRequestV002: { digest: digest.toString('base64'), signature } }
  await useUpFirstIndex(`${endpoints.rekorV2}/api/v2/log/entries`, entry)
}

async function startRekorV1({ tools, pki, port, endpoints, start }: Setting): Promise<void> {
  // Without the search index and the retrieval of attestations there is no need for Redis or a bucket.
  const args = words`serve --scheme http --port ${port.rekorV1} --rekor_server.address 127.0.0.1
    --rekor_server.hostname ${REKOR_V1_ORIGIN} --rekor_server.signer ${pki.rekorV1.encryptedKey}
    --rekor_server.signer-passwd ${pki.rekorV1.password} --trillian_log_server.address 127.0.0.1
    --trillian_log_server.port ${port.trillian} --enable_retrieve_api=false --enabled_api_endpoints
    getLogInfo,getPublicKey,getLogProof,createLogEntry,getLogEntryByIndex,getLogEntryByUUID,searchLogQuery`
  await start('rekor-v1', tools.rekorV1, args, `${endpoints.rekorV1}/api/v1/log`)
  const { digest, content, verifier } = throwAway()
  const signature = { content, publicKey: { content: Buffer.from(verifier.pem).toString('base64') } }
  const hash = { algorithm: 'sha256', value: digest.toString('hex') }
  const entry = { apiVersion: '0.0.1', kind: 'hashedrekord', spec: { data: { hash }, signature } }
  await useUpFirstIndex(`${endpoints.rekorV1}/api/v1/log/entries`, entry)
}

function startTimestamp({ tools, pki, port, endpoints, start }: Setting): Promise<void> {
  const args = words`serve --host=127.0.0.1 --port=${port.timestamp} --timestamp-signer=file
    --file-signer-key-path=${pki.timestamp.key} --file-signer-passwd=${pki.timestamp.password}
    --certificate-chain-path=${pki.timestamp.chain} --disable-ntp-monitoring`
  return start('timestamp', tools.timestamp, args, `${endpoints.timestamp}/ping`)
}

function throwAway() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const bytes = Buffer.from('first entry of an interop run')
  return {
    digest: createHash('sha256').update(bytes).digest(),
    content: sign('sha256', bytes, privateKey).toString('base64'),
    verifier: {
      der: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      pem: publicKey.export({ type: 'spki', format: 'pem' }),
    },
  }
}

/**
 * Logs a throw-away entry. In JSON, protobuf leaves out a log index of 0, and sigstore-python refuses a bundle whose
 * index is absent; no real log is met at 0.
 */
async function useUpFirstIndex(url: string, entry: object): Promise<void> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const signal = AbortSignal.timeout(20_000)
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(entry), signal })
  const text = await response.text()
  if (response.status !== 201) throw new Error(`${url} answered ${response.status}: ${text}`)
}

/** Splits a command line at white space; what is interpolated stays whole, so a path may hold spaces. */
function words(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string[] {
  const found: string[] = ['']
  parts.forEach((part, index) => {
    const [head = '', ...tail] = part.split(/\s+/)
    found[found.length - 1] += head
    found.push(...tail)
    if (index < values.length) found[found.length - 1] += String(values[index])
  })
  return found.filter((word) => word !== '')
}
