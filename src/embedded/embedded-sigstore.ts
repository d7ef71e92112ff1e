import type { Server } from 'node:http'
import { join } from 'node:path'
import { writeFileAtomic } from '../io/files.ts'
import { CleanbillError } from '../model/error.ts'
import { CertificateAuthority } from './certificate-authority.ts'
import { CtLog } from './ct-log.ts'
import { createRouteServer, type Route } from './http-routes.ts'
import { EMBEDDED_ISSUER, Issuer } from './issuer.ts'
import { LogFile } from './log-file.ts'
import { listen, readPort, requireUnserved, writePort } from './port.ts'
import { RekorV1 } from './rekor-v1.ts'
import { RekorV2 } from './rekor-v2.ts'
import { seed } from './seed.ts'
import { openState, type State } from './state.ts'
import { TimestampAuthority } from './timestamp-authority.ts'
import { buildClientTrustConfig, buildSigningConfig, buildTrustedRoot, SERVICE_NAMES } from './trusted-root-document.ts'

/** The first line of every start. */
export const EMBEDDED_SIGSTORE_WARNING =
  'This Sigstore is for trials, never for trust: whoever can read its state folder or its request token can sign as anybody.'

export interface EmbeddedSigstoreOptions {
  /** Keys, certificates, logs and the documents for clients. Made when absent. Keep it to keep what it signed verifiable. */
  readonly stateDir: string
  /** On 127.0.0.1. 0 or absent: the port of the last start if it is free, else any. */
  readonly port?: number | undefined
  readonly clock: () => Date
  /** Paths and statuses of requests, and why a token was refused. Never a token. */
  readonly log?: ((line: string) => void) | undefined
}

export interface EmbeddedSigstore {
  /** Base URL of Fulcio, both Rekors and the timestamp authority, without a slash at the end. */
  readonly url: string
  readonly trustedRootPath: string
  /** Rekor v2 and timestamps. */
  readonly signingConfigPath: string
  /** Rekor v1 and timestamps. */
  readonly signingConfigV1Path: string
  /** Trusted root and signing config in one file, for sigstore-python. */
  readonly clientTrustConfigPath: string
  /** `iss` of the tokens, OIDs .1 and .8 of the certificates. */
  readonly issuer: string
  /**
   * As `ACTIONS_ID_TOKEN_REQUEST_URL`: append `&audience=sigstore`, send `Authorization: Bearer` {@link requestToken}.
   * `&claims=` takes a JSON object of claims to override; null removes one.
   */
  readonly tokenUrl: string
  readonly requestToken: string
  /** Stops at once; what was answered before is on disk. */
  close(): Promise<void>
}

/**
 * Starts a whole Sigstore in this process, on loopback: certificate authority with CT log, transparency log in both
 * API versions, timestamp authority and an OIDC issuer whose tokens look like a GitHub Actions job's.
 *
 * What it signed verifies with the same `trusted_root.json` for as long as the state folder's documents are kept.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID` for a folder that holds something else, a port that is taken or a state
 *   that another process serves; `STATE_CHANGED`, `WRITE_FAILED`, `DISK_FULL`, `FILE_UNREADABLE`
 * @example
 * const sigstore = await startEmbeddedSigstore({ stateDir: '.sigstore', clock: () => host.now() })
 */
export async function startEmbeddedSigstore(options: EmbeddedSigstoreOptions): Promise<EmbeddedSigstore> {
  const { stateDir, clock, log = () => undefined } = options
  log(EMBEDDED_SIGSTORE_WARNING)
  const state = await openState(stateDir, clock())
  const remembered = await readPort(stateDir)
  if (remembered !== undefined) await requireUnserved(remembered, state)
  const logs = await openLogs(stateDir)
  let url = ''
  const server = createRouteServer(
    buildRoutes(state, logs, clock, log, () => url),
    log,
  )
  try {
    await seed(logs.rekorV1, logs.rekorV2, clock())
    const port = await listen(server, options.port ?? 0, remembered, log)
    url = `http://127.0.0.1:${port}`
    await writePort(stateDir, port)
    const paths = await writeDocuments(stateDir, state, url)
    log(`listening on ${url}`)
    const close = once(() => stop(server, logs))
    const tokenUrl = `${url}/token?api-version=2.0`
    return { url, ...paths, issuer: EMBEDDED_ISSUER, tokenUrl, requestToken: state.requestToken, close }
  } catch (error) {
    await stop(server, logs)
    throw error
  }
}

interface Logs {
  readonly ct: LogFile
  readonly rekorV1: LogFile
  readonly rekorV2: LogFile
}

function buildRoutes(
  state: State,
  logs: Logs,
  clock: () => Date,
  log: (line: string) => void,
  url: () => string,
): readonly Route[] {
  const { keys, certificates, requestToken, instance } = state
  const issuer = new Issuer(keys.issuer, requestToken, clock)
  const ctLog = new CtLog(keys.ctLog, logs.ct)
  const [leaf] = certificates.timestamp
  if (leaf === undefined) throw new CleanbillError('STATE_CHANGED', 'no timestamp certificate')
  return [
    ...issuer.routes(url),
    ...new CertificateAuthority({ key: keys.fulcio, chain: certificates.fulcio, issuer, ctLog, clock, log }).routes(),
    ...new RekorV1({ name: SERVICE_NAMES.rekorV1, ...keys.rekorV1 }, logs.rekorV1, clock).routes(),
    ...new RekorV2({ name: SERVICE_NAMES.rekorV2, ...keys.rekorV2 }, logs.rekorV2, clock).routes(),
    ...new TimestampAuthority(keys.timestamp, leaf, clock).routes(),
    { method: 'GET', path: '/instance', handle: () => ({ status: 200, body: instance }) },
  ]
}

async function openLogs(stateDir: string): Promise<Logs> {
  const opened: LogFile[] = []
  try {
    const open = async (name: string) => {
      const log = await LogFile.open(join(stateDir, name))
      opened.push(log)
      return log
    }
    return {
      ct: await open('ct-log.jsonl'),
      rekorV1: await open('rekor-v1-log.jsonl'),
      rekorV2: await open('rekor-v2-log.jsonl'),
    }
  } catch (error) {
    await Promise.all(opened.map((log) => log.close()))
    throw error
  }
}

async function writeDocuments(stateDir: string, state: State, url: string) {
  const documents = {
    trustedRootPath: ['trusted_root.json', buildTrustedRoot(state)],
    signingConfigPath: ['signing_config.json', buildSigningConfig(state, url, 2)],
    signingConfigV1Path: ['signing_config_rekor_v1.json', buildSigningConfig(state, url, 1)],
    clientTrustConfigPath: ['client_trust_config.json', buildClientTrustConfig(state, url)],
  } as const
  const write = async ([name, content]: readonly [string, object]) => {
    const path = join(stateDir, name)
    await writeFileAtomic(path, `${JSON.stringify(content, null, 2)}\n`, 0o600)
    return path
  }
  return {
    trustedRootPath: await write(documents.trustedRootPath),
    signingConfigPath: await write(documents.signingConfigPath),
    signingConfigV1Path: await write(documents.signingConfigV1Path),
    clientTrustConfigPath: await write(documents.clientTrustConfigPath),
  }
}

async function stop(server: Server, logs: Logs): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
  await Promise.all([logs.ct.close(), logs.rekorV1.close(), logs.rekorV2.close()])
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= action()
    return running
  }
}
