import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Prepared } from './prepared.ts'
import { freePorts, type Servers } from './servers.ts'
import type { TrustFiles } from './trust-files.ts'

export interface Embedded {
  readonly trust: TrustFiles
  readonly signingConfigV2: string
  readonly signingConfigV1: string
  readonly issuerName: string
  readonly requestUrl: string
  readonly requestToken: string
}

/**
 * In every certificate of an embedded Sigstore. Said here and not read from its output: what a verifier is told to
 * expect must not come from the signer.
 */
const ISSUER = 'https://issuer.cleanbill.internal'

/** Starts `cleanbill sigstore` as a user would, and reads from the document that it prints where things are. */
export async function startEmbedded(prepared: Prepared, servers: Servers, env: NodeJS.ProcessEnv): Promise<Embedded> {
  const state = join(prepared.scratch, 'embedded')
  const { sigstore: port } = await freePorts(['sigstore'])
  await servers.start({
    name: 'embedded',
    command: process.execPath,
    args: [join(prepared.root, 'dist', 'cli.js'), 'sigstore', '--state', state, '--port', String(port)],
    env,
    health: `http://127.0.0.1:${port}/.well-known/openid-configuration`,
  })
  const document = await readDocument(servers.logOf('embedded'))
  const { trustedRoot } = document
  const trustedRootLines = join(prepared.scratch, 'embedded.trusted_root.jsonl')
  await writeFile(trustedRootLines, `${JSON.stringify(JSON.parse(await readFile(trustedRoot, 'utf8')))}\n`)
  return {
    trust: { trustedRoot, trustedRootLines, clientTrustConfig: join(state, 'client_trust_config.json') },
    signingConfigV2: document.signingConfig,
    signingConfigV1: document.signingConfigRekorV1,
    issuerName: ISSUER,
    requestUrl: document.tokenUrl,
    requestToken: document.requestToken,
  }
}

const FIELDS = ['trustedRoot', 'signingConfig', 'signingConfigRekorV1', 'tokenUrl', 'requestToken'] as const

/** It is printed after the first answer, as one line. */
async function readDocument(log: string): Promise<Record<(typeof FIELDS)[number], string>> {
  for (let tries = 0; tries < 100; tries++) {
    const line = (await readFile(log, 'utf8')).split('\n').find((text) => text.startsWith('{') && text.endsWith('}'))
    if (line !== undefined) {
      const document = JSON.parse(line) as Record<string, unknown>
      const absent = FIELDS.find((field) => typeof document[field] !== 'string')
      if (absent !== undefined) throw new Error(`its document has no ${absent}`)
      // Every field has just been seen to be a string.
      return document as Record<(typeof FIELDS)[number], string>
    }
    await sleep(50)
  }
  throw new Error('it printed no document')
}
