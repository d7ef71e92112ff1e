import { join } from 'node:path'
import { withJobWorkflow } from '../model/build-provenance.ts'
import { CleanbillError, isCleanbillError, type Limit } from '../model/error.ts'
import type { JsonObject, JsonValue } from '../model/json.ts'
import { lateMark } from '../model/late-mark.ts'
import { type Statement, serializeStatement } from '../model/statement.ts'
import { filePublisher } from '../publish/file.ts'
import type { Published, Publisher } from '../publish/publisher.ts'
import { sealBundle, sealStatement } from '../sign/outbox.ts'
import { isOutage, signStatement, signStatementWithKey } from '../sign/sign-statement.ts'
import { confirmPublic, type SigningPlan } from './signing-plan.ts'
import { verifyOwnBundle } from './verify-own.ts'
import type { World } from './world.ts'

/** What became of one statement. Exactly one of `bundle` and `pending` tells whether it is signed. */
export interface Attested {
  readonly statement: Statement<unknown>
  readonly bundle?: JsonObject
  /** Where the bundle lies; written before anything is uploaded. */
  readonly bundlePath?: string
  readonly published: readonly Published[]
  readonly pending?: Pending
  /** A store took it not and never will as it is; the bundle is signed and on disk all the same. */
  readonly refused?: CleanbillError
}

/** Waits in the outbox: unsigned, or signed and not uploaded. */
export interface Pending {
  readonly what: 'signature' | 'upload'
  readonly path: string
  readonly sha256: string
  readonly code: string
  readonly message: string
}

export interface AttestOptions {
  /** Folder of the bundles; the outbox lies in `outbox/` below it. */
  readonly out: string
  readonly publishers: readonly Publisher[]
  /** `fail`: an outage is an error at once (exit 11), after the statement was sealed. */
  readonly onOutage: 'pend' | 'fail'
}

/** File name of the n-th bundle: `attestation.json`, then `attestation-2.json` … */
export function bundleName(index: number): string {
  return index === 0 ? 'attestation.json' : `attestation-${index + 1}.json`
}

/**
 * Signs, verifies what came back, writes it, publishes it: in this order for each statement. A failure after the
 * signing loses nothing; a Sigstore outage seals the statement into the outbox.
 *
 * @throws {CleanbillError} whatever keeps a statement from being signed and is no outage; it has been sealed by then.
 *   What a store refuses is a result: `refused`
 */
export async function attestStatements(
  statements: readonly Statement<unknown>[],
  plan: SigningPlan,
  options: AttestOptions,
  world: World,
): Promise<readonly Attested[]> {
  const results: Attested[] = []
  const faults: unknown[] = []
  for (const [index, statement] of statements.entries()) {
    world.host.log.progress('signing', index, statements.length)
    try {
      results.push(await attestOne(statement, bundleName(index), plan, options, world))
    } catch (error) {
      // The rest must not be lost with it: each one is signed, or sealed too.
      faults.push(error)
    }
  }
  if (statements.length > 0) world.host.log.progress('signing', statements.length, statements.length)
  if (faults.length > 0) throw faults[0]
  return results
}

async function attestOne(
  statement: Statement<unknown>,
  name: string,
  plan: SigningPlan,
  options: AttestOptions,
  world: World,
): Promise<Attested> {
  let signed: Signed
  try {
    signed = await signAndVerify(statement, plan, world)
  } catch (error) {
    const pending = await seal(serializeStatement(statement), name, error, options, world)
    if (!isOutage(error)) throw error
    return { statement, published: [], pending }
  }
  const bundlePath = join(options.out, name)
  await filePublisher({ path: bundlePath }).publish(signed)
  return { ...signed, bundlePath, ...(await publish({ ...signed, name }, options, world)) }
}

export interface Signed {
  /** As it was signed: with the builder that the identity token names. */
  readonly statement: Statement<unknown>
  readonly bundle: JsonObject
}

/** Signs, and trusts nothing that came back until our own verifier has accepted it (S10). */
export async function signAndVerify(given: Statement<unknown>, plan: SigningPlan, world: World): Promise<Signed> {
  if (plan.kind === 'key') {
    const payload = serializeStatement(given)
    const bundle = signStatementWithKey(payload, plan.pem, plan.passphrase)
    await verifyOwnBundle(bundle, payload, { kind: 'key', pem: plan.pem, passphrase: plan.passphrase }, world)
    return { statement: given, bundle }
  }
  const { services, trustedRoots } = plan.material()
  const token = await plan.provider.getToken()
  confirmPublic(services, token, plan.allowPublicLog, world)
  const { job_workflow_ref: workflow } = token.claims
  // Sound: a statement of ours is made of JSON values, or it could not be serialized below.
  const late = lateMark(given.predicate as JsonValue) !== undefined
  const statement = typeof workflow === 'string' && !late ? withJobWorkflow(given, workflow) : given
  const payload = serializeStatement(statement)
  const bundle = await signStatement(payload, services, token, world)
  await verifyOwnBundle(bundle, payload, { kind: 'sigstore', trustedRoots, claims: token.claims }, world)
  return { statement, bundle }
}

async function seal(
  payload: Uint8Array,
  name: string,
  error: unknown,
  { out }: AttestOptions,
  { host }: World,
): Promise<Pending> {
  const reason = reasonOf(error)
  const sealed = await sealStatement(join(out, 'outbox'), payload, { bundle: name, reason, now: host.now() })
  host.log.warn(`NOT SIGNED: the statement (sha256:${sealed.sha256}) waits in ${sealed.path}`)
  host.log.warn(`Finish with: cleanbill sign --outbox ${join(out, 'outbox')} --sha256 ${sealed.sha256}`)
  return { what: 'signature', ...sealed, ...reason }
}

/** Every publisher is tried; one that is down leaves the upload in the outbox, one that refuses is told of. */
async function publish(
  signed: { readonly statement: Statement<unknown>; readonly bundle: JsonObject; readonly name: string },
  options: AttestOptions,
  world: World,
): Promise<Pick<Attested, 'published' | 'pending' | 'refused'>> {
  const published: Published[] = []
  let pending: Pending | undefined
  let refused: CleanbillError | undefined
  for (const publisher of options.publishers) {
    try {
      published.push(await publisher.publish(signed))
    } catch (error) {
      if (isStoreOutage(error)) {
        const reason = reasonOf(error)
        const sealed = await sealBundle(join(options.out, 'outbox'), signed.bundle, {
          bundle: signed.name,
          publisher: publisher.id,
          reason,
          now: world.host.now(),
        })
        world.host.log.warn(`signed, but not uploaded (${reason.code}): waits in ${sealed.path}`)
        pending = { what: 'upload', ...sealed, ...reason }
      } else if (isCleanbillError(error)) refused ??= error
      else throw error
    }
  }
  if (refused !== undefined) {
    world.host.log.warn(`the bundle is signed and lies in ${join(options.out, signed.name)}`)
  }
  return { published, ...(pending === undefined ? {} : { pending }), ...(refused === undefined ? {} : { refused }) }
}

function isStoreOutage(error: unknown): boolean {
  const codes = ['STORE_UNAVAILABLE', 'STORE_RATE_LIMITED', 'REGISTRY_UNAVAILABLE']
  return isCleanbillError(error) && codes.includes(error.code)
}

function reasonOf(error: unknown) {
  if (isCleanbillError(error)) return { code: error.code, message: error.message }
  return { code: 'INTERNAL_ERROR' as const, message: 'an unexpected fault' }
}

/** The exit code and the one error of `on-outage: fail`. */
export function outageError(pending: Pending): CleanbillError {
  return new CleanbillError('SIGNING_PENDING', `${pending.code}: ${pending.message}`, {
    hint: `Nothing is lost: run cleanbill sign --outbox on the folder of ${pending.path}.`,
  })
}

/** For reports: what the statement itself says it does not prove. */
export function limitsOf(statement: Statement<unknown>): readonly Limit[] {
  const details = (statement.predicate as { runDetails?: { cleanbill_limits?: readonly Limit[] } } | null)?.runDetails
  return details?.cleanbill_limits ?? []
}
