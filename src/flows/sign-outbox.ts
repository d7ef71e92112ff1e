import { dirname, join, parse } from 'node:path'
import { pathKind, readFileBytes } from '../io/files.ts'
import { decodeBase64 } from '../model/base64.ts'
import { CleanbillError } from '../model/error.ts'
import type { JsonObject } from '../model/json.ts'
import { parseStatement, type Statement } from '../model/statement.ts'
import { filePublisher } from '../publish/file.ts'
import type { Published, Publisher } from '../publish/publisher.ts'
import { markLate, type Outbox, readOutbox, removeFromOutbox } from '../sign/outbox.ts'
import { signAndVerify } from './attest.ts'
import { planSigning, type SigningRequest } from './signing-plan.ts'
import type { World } from './world.ts'

export interface OutboxRequest {
  readonly outbox: string
  /** Digests that were printed when the entries were sealed; empty: everything that waits. */
  readonly only: readonly string[]
  /** Where bundles go; default: the folder that holds the outbox. */
  readonly out?: string | undefined
  readonly signing: SigningRequest
  readonly publishers: readonly Publisher[]
}

export interface OutboxResult {
  /** Digest of the sealed statement (or of the bundle, when only the upload was left). */
  readonly sha256: string
  readonly bundlePath: string
  readonly late: boolean
  readonly statement: Statement<unknown>
  readonly published: readonly Published[]
}

/**
 * Finishes what an outage left: signs each sealed statement, marked late, then uploads what was signed. An entry leaves
 * the outbox only when its bundle is on disk, verified, and taken by every publisher; running again is safe.
 *
 * @throws {CleanbillError} `INPUT_EMPTY` for an empty outbox, `STATE_CHANGED`, and what signing throws
 */
export async function signOutbox(request: OutboxRequest, world: World): Promise<readonly OutboxResult[]> {
  const { statements, bundles } = chosen(await readOutbox(request.outbox), request.only)
  if (statements.length + bundles.length === 0) {
    throw new CleanbillError('INPUT_EMPTY', `nothing waits in ${request.outbox}`)
  }
  const out = request.out ?? dirname(request.outbox)
  const results: OutboxResult[] = []
  const plan = statements.length > 0 ? await planSigning(request.signing, world) : undefined
  for (const entry of statements) {
    if (plan === undefined) break
    // Anything that ran beside the outbox could have put a statement there: whoever signs sees what it is about.
    for (const { name, digest } of entry.statement.subject) {
      world.host.log.info(`signing ${entry.sealed.sha256}: ${name ?? '?'} ${Object.entries(digest).flat().join(':')}`)
    }
    const { statement, bundle } = await signAndVerify(markLate(entry, world.host.now()), plan, world)
    const bundlePath = await freePath(join(out, entry.sealed.bundle))
    const published = await store({ bundle, statement }, bundlePath, request.publishers)
    await removeFromOutbox(entry.path)
    results.push({ sha256: entry.sealed.sha256, bundlePath, late: true, statement, published })
  }
  for (const { path, unpublished } of bundles) {
    const statement = statementOf(unpublished.signed)
    const bundlePath = await freePath(join(out, unpublished.bundle), unpublished.signed)
    const wanted = request.publishers.filter(({ id }) => id === unpublished.publisher)
    if (wanted.length === 0) {
      throw new CleanbillError('ARGUMENT_INVALID', `${path} waits for an upload to ${unpublished.publisher}`, {
        hint: unpublished.publisher === 'oci' ? 'Name the image: --push-to oci://…' : 'Run it with a GitHub token.',
      })
    }
    const published = await store({ bundle: unpublished.signed, statement }, bundlePath, wanted)
    await removeFromOutbox(path)
    results.push({ sha256: unpublished.sha256, bundlePath, late: false, statement, published })
  }
  return results
}

/** Two steps of one job seal the same name, and a bundle of an earlier run may lie there: none of them is overwritten. */
async function freePath(path: string, same?: JsonObject): Promise<string> {
  const { dir, name, ext } = parse(path)
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? path : join(dir, `${name}-late-${n}${ext}`)
    const kind = await pathKind(candidate)
    if (kind === undefined || (kind === 'file' && same !== undefined && (await holds(candidate, same))))
      return candidate
  }
}

async function holds(path: string, bundle: JsonObject): Promise<boolean> {
  const held = Buffer.from(await readFileBytes(path))
    .toString('utf8')
    .trim()
  return held === JSON.stringify(bundle)
}

/** @throws {CleanbillError} `STATE_CHANGED` when a digest that was asked for does not wait here */
function chosen(outbox: Outbox, only: readonly string[]): Outbox {
  if (only.length === 0) return outbox
  const digests = [...outbox.statements.map(({ sealed }) => sealed), ...outbox.bundles.map((one) => one.unpublished)]
  const missing = only.find((wanted) => !digests.some(({ sha256 }) => sha256 === wanted))
  if (missing !== undefined) {
    throw new CleanbillError('STATE_CHANGED', `nothing with the digest ${missing} waits in the outbox`, {
      hint: 'Compare with what was printed when it was sealed. Nothing was signed.',
    })
  }
  return {
    statements: outbox.statements.filter(({ sealed }) => only.includes(sealed.sha256)),
    bundles: outbox.bundles.filter(({ unpublished }) => only.includes(unpublished.sha256)),
  }
}

async function store(
  signed: { readonly bundle: JsonObject; readonly statement: Statement<unknown> },
  bundlePath: string,
  publishers: readonly Publisher[],
): Promise<Published[]> {
  await filePublisher({ path: bundlePath }).publish(signed)
  const published: Published[] = []
  for (const publisher of publishers) published.push(await publisher.publish(signed))
  return published
}

function statementOf(bundle: JsonObject): Statement<unknown> {
  const { payload } = (bundle.dsseEnvelope ?? {}) as { payload?: unknown }
  if (typeof payload !== 'string') throw new CleanbillError('BUNDLE_MALFORMED', 'the waiting bundle has no envelope')
  return parseStatement(decodeBase64(payload, 'the payload'))
}
