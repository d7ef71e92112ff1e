import { createHash } from 'node:crypto'
import type { SourceError } from '../model/evidence.ts'
import { statusFault } from './outcome.ts'
import type { SourceSession } from './source.ts'

/** Row in counts and errors. */
export const URL_SOURCE = 'url'

/** Files that are larger are not read here: hours of a runner for one line of a report. */
const MAX_BYTES = 4 * 1024 ** 3
const REDIRECTS = 3
/** Where the large hosts keep what their addresses lead to. */
const STORES = ['.githubusercontent.com', '.huggingface.co', '.hf.co']

export interface PinnedBytes {
  /** Hex. */
  readonly sha256: string
  readonly bytes?: number | undefined
}

export type UrlAnswer =
  | { readonly kind: 'same' }
  | { readonly kind: 'differs'; readonly message: string }
  | { readonly kind: 'unavailable'; readonly error: SourceError }

/**
 * Does a URL still serve the bytes that the policy pins? A list of URLs is a list of what their hosts serve today, and who
 * buys an expired domain serves something else (T-MF-16). The body is hashed as it comes and kept nowhere; only public
 * https hosts are asked, and redirects stay at that host or go to a known store.
 */
export async function checkPinnedUrl(
  url: string,
  pinned: PinnedBytes,
  { client }: Pick<SourceSession, 'client'>,
): Promise<UrlAnswer> {
  const host = URL.parse(url)?.hostname ?? ''
  const answer = await client.stream(
    { source: URL_SOURCE, url, trust: 'supplied', hosts: [host, ...STORES], maxBytes: MAX_BYTES, redirects: REDIRECTS },
    (chunks) => compare(chunks, pinned),
  )
  if (answer.kind === 'failed') {
    const large = answer.error.code === 'LIMIT_EXCEEDED'
    return { kind: 'unavailable', error: large ? { ...answer.error, fault: 'unsupported' } : answer.error }
  }
  if (answer.value !== undefined) return answer.value
  const { status } = answer
  // Gone is no answer about bytes that were pinned: nobody can say what they are any more.
  const fault = status === 404 || status === 410 ? 'unreachable' : statusFault({ status, headers: new Headers() })
  return {
    kind: 'unavailable',
    error: { source: URL_SOURCE, fault, message: `${url.slice(0, 300)}: status ${status}` },
  }
}

async function compare(chunks: AsyncIterable<Uint8Array>, { sha256, bytes }: PinnedBytes): Promise<UrlAnswer> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (bytes !== undefined && size > bytes) return differs(`it serves more than the ${bytes} bytes that are pinned`)
    hash.update(chunk)
  }
  if (bytes !== undefined && size !== bytes) return differs(`it serves ${size} bytes, and ${bytes} are pinned`)
  const found = hash.digest('hex')
  return found === sha256.toLowerCase() ? { kind: 'same' } : differs(`it serves bytes with the sha256 ${found}`)
}

const differs = (message: string): UrlAnswer => ({ kind: 'differs', message })
