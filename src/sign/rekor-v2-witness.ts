import { createHash } from 'node:crypto'
import { TransparencyLogEntry } from '@sigstore/protobuf-specs'
import type { SignatureBundle, VerificationMaterial, Witness } from '@sigstore/sign'
import { type Http, HttpUnavailable } from '../io/http.ts'
import { CleanbillError } from '../model/error.ts'
import { type JsonObject, parseJsonObject } from '../model/json.ts'
import { preAuthEncoding } from '../model/statement.ts'

/** The server answers when the next checkpoint is out, by default every 10 s. */
const TIMEOUT_MS = 30_000
const RETRIES = 3

/**
 * Logs a DSSE envelope to Rekor v2 as `hashedrekord` over its pre-authentication encoding.
 *
 * `@sigstore/sign` 5.1 sends `dsseRequestV002`, which rekor-tiles refuses since 2.3.0 ("invalid type, must be
 * hashedrekord"), and gives up after 5 s. Source: sigstore/rekor-tiles `api/proto/rekor/v2`.
 */
export class RekorV2Witness implements Witness {
  readonly #url: string
  readonly #http: Http
  readonly #sleep: (ms: number) => Promise<void>

  constructor(options: { readonly url: string; readonly http: Http; readonly sleep: (ms: number) => Promise<void> }) {
    this.#url = `${options.url}/api/v2/log/entries`
    this.#http = options.http
    this.#sleep = options.sleep
  }

  /** @throws {CleanbillError} `LOG_UNAVAILABLE`, `LOG_REFUSED` */
  async testify(content: SignatureBundle, publicKey: string): Promise<VerificationMaterial> {
    if (content.$case !== 'dsseEnvelope') throw new CleanbillError('INTERNAL_ERROR', 'only DSSE envelopes are logged')
    const { payloadType, payload, signatures } = content.dsseEnvelope
    const encoded = preAuthEncoding(payloadType, payload)
    const body = JSON.stringify({
      hashedRekordRequestV002: {
        digest: createHash('sha256').update(encoded).digest('base64'),
        signature: {
          content: signatures[0]?.sig.toString('base64'),
          verifier: {
            x509Certificate: { rawBytes: publicKey.replace(/-----[^-]+-----|\s/g, '') },
            keyDetails: 'PKIX_ECDSA_P256_SHA_256',
          },
        },
      },
    })
    const entry = await this.#post(body)
    return {
      tlogEntries: [TransparencyLogEntry.fromJSON(entry) as NonNullable<VerificationMaterial['tlogEntries']>[0]],
    }
  }

  async #post(body: string): Promise<unknown> {
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    for (let attempt = 0; ; attempt++) {
      try {
        const response = await this.#http({ url: this.#url, method: 'POST', headers, body, timeoutMs: TIMEOUT_MS })
        if (response.status === 200 || response.status === 201) {
          return readAnswer(response.body)
        }
        const retryable = response.status === 408 || response.status === 429 || response.status >= 500
        if (!retryable) throw refused(response.status, response.body)
        if (attempt === RETRIES) throw new HttpUnavailable(`HTTP ${response.status}`)
      } catch (error) {
        if (!(error instanceof HttpUnavailable)) throw error
        if (attempt === RETRIES) {
          throw new CleanbillError('LOG_UNAVAILABLE', `the transparency log cannot be reached: ${error.message}`, {
            cause: error,
          })
        }
      }
      await this.#sleep(500 * 2 ** attempt)
    }
  }
}

/** A page of HTML with status 200 is a proxy that speaks for the log: the log itself was not reached. */
function readAnswer(body: Uint8Array): JsonObject {
  try {
    return parseJsonObject(body, 'the answer of the log')
  } catch (cause) {
    throw new CleanbillError('LOG_UNAVAILABLE', 'the transparency log gave an answer that cannot be read', { cause })
  }
}

function refused(status: number, body: Uint8Array): CleanbillError {
  const text = Buffer.from(body).toString('utf8').slice(0, 300)
  const hint =
    status === 405
      ? 'This log is frozen: use the latest signing config.'
      : status === 409
        ? 'The log holds this very signature already, which a fresh key never makes: something replays it.'
        : 'Look at the log’s message; a Rekor v1 server needs majorApiVersion 1 in the signing config.'
  return new CleanbillError('LOG_REFUSED', `the transparency log refused the entry (HTTP ${status}): ${text}`, { hint })
}
