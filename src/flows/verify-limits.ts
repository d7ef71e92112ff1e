import type { VerifiedAttestation, VerifiedMessage } from '../model/attestation.ts'
import type { Limit } from '../model/error.ts'
import { isJsonObject, type JsonValue } from '../model/json.ts'
import { lateMark } from '../model/late-mark.ts'
import { PROVENANCE_V1, PROVENANCE_V02 } from '../model/predicates/provenance.ts'

/**
 * What a verified attestation still does not prove (DESIGN §2.6).
 *
 * @throws {CleanbillError} `PREDICATE_MALFORMED` for a late mark that is none
 */
export function limitsOf(attestation: VerifiedAttestation | VerifiedMessage, anySigner: boolean): Limit[] {
  const { statement, origin } = attestation
  const limits: Limit[] = []
  if (anySigner)
    limits.push({ code: 'ANY_SIGNER', message: 'Anybody could have signed this: no signer was asked for.' })
  if (origin.times.length === 0) {
    limits.push({ code: 'NO_TRUSTED_TIME', message: 'Nobody but the signer says when this was signed.' })
  }
  if (statement === undefined) {
    limits.push({
      code: 'SIGNATURE_ONLY',
      message: 'The signature says who signed these bytes, not how they were made.',
    })
    return limits
  }
  const provenance = statement.predicateType === PROVENANCE_V1 || statement.predicateType === PROVENANCE_V02
  if (provenance) {
    limits.push({
      code: 'DEPENDENCIES_TENANT_REPORTED',
      message: 'The list of dependencies was reported from inside the build.',
    })
  }
  // One line a code: what the signer wrote down explains it better than we can.
  const own = ownLimits(statement.predicate)
  return [...limits.filter(({ code }) => !own.some((limit) => limit.code === code)), ...own]
}

/** Limits that the signer wrote down, and the mark of a statement that was signed late. */
function ownLimits(predicate: JsonValue): Limit[] {
  const details = field(predicate, 'runDetails')
  const listed = field(details, 'cleanbill_limits')
  const limits = (Array.isArray(listed) ? (listed as readonly JsonValue[]) : []).slice(0, 50).flatMap((entry) => {
    const [code, message] = [field(entry, 'code'), field(entry, 'message')]
    if (typeof code !== 'string' || typeof message !== 'string') return []
    return [{ code: code.slice(0, 80), message: message.slice(0, 1000) }]
  })
  if (lateMark(predicate) === undefined) return limits
  return [{ code: 'LATE_SIGNED', message: 'Signed later than it was made, from what had been kept sealed.' }, ...limits]
}

function field(value: JsonValue, name: string): JsonValue {
  return isJsonObject(value) ? (value[name] ?? null) : null
}
