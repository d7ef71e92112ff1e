import type { JsonObject } from '../model/json.ts'
import type { Statement } from '../model/statement.ts'

/** What is published: one signed bundle, and the statement inside it (already parsed, never parsed again here). */
export interface PublishRequest {
  /** Sigstore bundle v0.3 as JSON: `mediaType`, `verificationMaterial`, `dsseEnvelope`. */
  readonly bundle: JsonObject
  readonly statement: Statement<unknown>
}

export type PublisherId = 'file' | 'github-store' | 'oci'

/** Where the bundle can be found now. */
export interface Published {
  readonly publisher: PublisherId
  /** GitHub's attestation id (digits), or the digest of the referrer manifest. */
  readonly id?: string
  /** A page for people (`https://…/attestations/<id>`), or `oci://<registry>/<name>@<digest>`. */
  readonly url?: string
  /** The file that was written. */
  readonly path?: string
}

/** One place that keeps bundles. A new one is one file and one row in `index.ts`. */
export interface Publisher {
  readonly id: PublisherId
  /** @throws {CleanbillError} codes are listed at each publisher */
  publish(request: PublishRequest): Promise<Published>
}
