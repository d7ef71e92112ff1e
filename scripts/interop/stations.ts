import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Embedded, startEmbedded } from './embedded.ts'
import { exec } from './exec.ts'
import type { Tool } from './go-programs.ts'
import type { Prepared } from './prepared.ts'
import { startPrivateSigstore } from './private-sigstore.ts'
import type { Servers } from './servers.ts'
import { GITHUB_ISSUER } from './token-issuer.ts'
import type { TrustFiles } from './trust-files.ts'
import { GO_PROGRAMS } from './versions.ts'
import type { Workspace } from './workspace.ts'

/** A Sigstore to sign through, and what its bundles are judged with. */
export interface Service {
  readonly signingConfig: string
  readonly trust: TrustFiles
  readonly issuerName: string
  readonly tokenRequest: { readonly url: string; readonly token: string }
}

/** A service; or why its rows are empty, rightly (`skipped`) or not (`broken`). */
export type Station = { readonly title: string; readonly rekor: 1 | 2 } & (
  | { readonly service: Service }
  | { readonly skipped: string }
  | { readonly broken: string }
)

export interface Stations {
  readonly stations: readonly Station[]
  readonly close: () => Promise<void>
}

/** The four ways to sign: the real servers and our embedded one, each with Rekor v2 and Rekor v1. */
export async function openStations(
  prepared: Prepared,
  workspace: Workspace,
  servers: Servers,
  env: NodeJS.ProcessEnv,
): Promise<Stations> {
  const real = await realStations(prepared, workspace, servers, env)
  const embedded = await embeddedStations(prepared, workspace, servers, env)
  return { stations: [...real.stations, ...embedded], close: real.close }
}

const REAL = [
  { title: `Fulcio ${GO_PROGRAMS.fulcio.version}, Rekor ${GO_PROGRAMS.rekorV2.version}`, rekor: 2 },
  { title: `Fulcio ${GO_PROGRAMS.fulcio.version}, Rekor ${GO_PROGRAMS.rekorV1.version}`, rekor: 1 },
] as const
const EMBEDDED = [
  { title: 'embedded, Rekor v2', rekor: 2 },
  { title: 'embedded, Rekor v1', rekor: 1 },
] as const

async function realStations(
  prepared: Prepared,
  workspace: Workspace,
  servers: Servers,
  env: NodeJS.ProcessEnv,
): Promise<Stations> {
  const both = (reason: { skipped: string } | { broken: string }): Stations => ({
    stations: REAL.map((name) => ({ ...name, ...reason })),
    close: async () => undefined,
  })
  const { fulcio, ctlog, timestamp, rekorV2, rekorV1 } = prepared.go
  const openssl = await exec('openssl', ['version'], { env, timeoutMs: 10_000 })
  const noKeys = openssl.code === 0 ? undefined : 'openssl, which makes the certificates, is not installed'
  const skipped = prepared.notIsolated ?? missing(fulcio) ?? missing(ctlog) ?? missing(timestamp) ?? noKeys
  if (skipped !== undefined) return both({ skipped })
  const folder = join(prepared.scratch, 'real')
  await mkdir(folder, { recursive: true })
  try {
    const { trust, issuer } = await startPrivateSigstore(folder, prepared.go, workspace.claims, servers, env)
    const tokenRequest = { url: issuer.requestUrl, token: issuer.requestToken }
    const stations = REAL.map((name): Station => {
      const log = name.rekor === 2 ? rekorV2 : rekorV1
      const signingConfig = name.rekor === 2 ? trust.signingConfigV2 : trust.signingConfigV1
      if ('missing' in log) return { ...name, skipped: log.missing }
      return { ...name, service: { signingConfig, trust, issuerName: GITHUB_ISSUER, tokenRequest } }
    })
    return { stations, close: issuer.close }
  } catch (error) {
    return both({ broken: `the servers did not start: ${messageOf(error)}` })
  }
}

async function embeddedStations(
  prepared: Prepared,
  workspace: Workspace,
  servers: Servers,
  env: NodeJS.ProcessEnv,
): Promise<Station[]> {
  let embedded: Embedded
  try {
    embedded = await startEmbedded(prepared, servers, env)
  } catch (error) {
    const broken = `the embedded Sigstore did not start: ${messageOf(error)}`
    return EMBEDDED.map((name) => ({ ...name, broken }))
  }
  const { trust, issuerName, requestUrl, requestToken } = embedded
  // Tokens for the same job as the real servers' ones.
  const url = `${requestUrl}&claims=${encodeURIComponent(JSON.stringify(workspace.claims))}`
  const common = { trust, issuerName, tokenRequest: { url, token: requestToken } }
  return EMBEDDED.map((name) => {
    const signingConfig = name.rekor === 2 ? embedded.signingConfigV2 : embedded.signingConfigV1
    return { ...name, service: { ...common, signingConfig } }
  })
}

const missing = (tool: Tool): string | undefined => ('missing' in tool ? tool.missing : undefined)

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
