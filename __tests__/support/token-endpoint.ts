import { createServer } from 'node:http'
import type { EmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import { close, type Fault, listen, misbehaveNow, type RecordedRequest, record } from './loopback-server.ts'

export interface TokenEndpoint {
  /** As `ACTIONS_ID_TOKEN_REQUEST_URL`. */
  readonly url: string
  readonly requests: readonly RecordedRequest[]
  /** Every token that was handed out. */
  readonly issued: readonly string[]
  /** Queues faults; each is used once. */
  readonly misbehave: (...faults: readonly Fault[]) => void
  /** Hands out this in place of the next token. */
  readonly replace: (change: (jwt: string) => string) => void
  readonly close: () => Promise<void>
}

/** The token endpoint of the embedded Sigstore, with a record of what it gave away and faults on demand. */
export async function startTokenEndpoint(sigstore: EmbeddedSigstore, claims: object = {}): Promise<TokenEndpoint> {
  const requests: RecordedRequest[] = []
  const issued: string[] = []
  const faults: Fault[] = []
  const changes: ((jwt: string) => string)[] = []
  const server = createServer(async (incoming, outgoing) => {
    const request = await record(incoming)
    requests.push(request)
    const fault = faults.shift()
    if (fault !== undefined) return misbehaveNow(fault, outgoing)
    const asked = new URL(request.path, 'http://127.0.0.1').searchParams
    const target = new URL(`${sigstore.tokenUrl}&claims=${encodeURIComponent(JSON.stringify(claims))}`)
    const audience = asked.get('audience')
    if (audience !== null) target.searchParams.set('audience', audience)
    const answer = await fetch(target, { headers: { authorization: request.headers.authorization ?? '' } })
    const body = (await answer.json()) as { value?: string }
    if (body.value !== undefined) {
      body.value = changes.shift()?.(body.value) ?? body.value
      issued.push(body.value)
    }
    outgoing.writeHead(answer.status, { 'content-type': 'application/json' })
    outgoing.end(JSON.stringify(body))
  })
  const url = `${await listen(server)}/token?api-version=2.0`
  return {
    url,
    requests,
    issued,
    misbehave: (...list) => void faults.push(...list),
    replace: (change) => void changes.push(change),
    close: () => close(server),
  }
}
