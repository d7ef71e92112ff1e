import { type FileOptions, filePublisher } from './file.ts'
import { type GithubStoreOptions, githubStorePublisher } from './github-store.ts'
import { type OciOptions, ociPublisher } from './oci.ts'
import type { Publisher, PublisherId } from './publisher.ts'

/** Where a bundle goes. What is absent is not asked for. */
export interface PublishOptions {
  readonly file?: FileOptions
  readonly githubStore?: GithubStoreOptions
  readonly oci?: OciOptions
}

export interface PublisherRow {
  readonly id: PublisherId
  /** undefined when the options do not ask for it. */
  readonly build: (options: PublishOptions) => Publisher | undefined
}

/** In this order: the bundle is on disk before anything is sent (DESIGN §2.7). */
export const PUBLISHERS: readonly PublisherRow[] = [
  { id: 'file', build: ({ file }) => file && filePublisher(file) },
  { id: 'github-store', build: ({ githubStore }) => githubStore && githubStorePublisher(githubStore) },
  { id: 'oci', build: ({ oci }) => oci && ociPublisher(oci) },
]

/**
 * The publishers that the options ask for, in the table's order. Bad addresses and references are refused here, before
 * the command runs.
 *
 * @throws {CleanbillError} `URL_DENIED`, `ARGUMENT_INVALID`, `DIGEST_MALFORMED`
 */
export function buildPublishers(options: PublishOptions): readonly Publisher[] {
  return PUBLISHERS.flatMap(({ build }) => build(options) ?? [])
}

export { declareArtifacts } from './declare-artifacts.ts'
export { recordAttestationPath } from './file.ts'
export { attestationStoreState } from './github-store.ts'
export { resolveImage } from './oci.ts'
export type { Published, Publisher, PublisherId, PublishRequest } from './publisher.ts'
export { parseDockerConfig } from './registry-auth.ts'
