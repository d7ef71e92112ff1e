import { z } from 'zod'
import { CleanbillError } from '../../model/error.ts'
import type { VersionFact } from '../../model/facts.ts'
import { parseJson, parseJsonObject } from '../../model/json.ts'
import { reduceJson } from '../json-stream.ts'
import { claimSchema } from './npm-record.ts'

/** Larger than the largest packuments there are. Nothing of it is held. */
export const MAX_PACKUMENT_BYTES = 256 * 1024 * 1024
const MAX_VERSIONS = 50_000

const distSchema = z.object({ attestations: claimSchema })

/**
 * Reads `GET /{name}` while it comes and keeps a line for each version: 1,464 packuments held whole took pnpm a gigabyte
 * (pnpm#13133).
 *
 * @throws {CleanbillError} `SOURCE_MALFORMED`, `JSON_MALFORMED`, `JSON_AMBIGUOUS`, `LIMIT_EXCEEDED`
 */
export async function reducePackument(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): Promise<readonly VersionFact[]> {
  const what = `the packument of ${name}`
  const claims = new Map<string, boolean>()
  let times: Readonly<Record<string, unknown>> = {}
  let its: unknown
  await reduceJson(chunks, what, {
    choose: ([first, , third]) => {
      if (first === undefined) return 'enter'
      if (first === 'versions') return third === 'dist' ? 'keep' : third === undefined ? 'enter' : 'skip'
      return first === 'time' || first === 'name' ? 'keep' : 'skip'
    },
    onValue: ([first, version = ''], bytes) => {
      if (first === 'name') its = parseJson(bytes, `the name in ${what}`)
      else if (first === 'time') times = parseJsonObject(bytes, `the times in ${what}`)
      else {
        if (claims.size >= MAX_VERSIONS) throw new CleanbillError('LIMIT_EXCEEDED', `${what} has too many versions`)
        const dist = distSchema.safeParse(parseJson(bytes, `dist of ${version.slice(0, 100)} in ${what}`))
        if (!dist.success) throw new CleanbillError('SOURCE_MALFORMED', `${what} has a strange dist`)
        claims.set(version, dist.data.attestations !== undefined && dist.data.attestations !== null)
      }
    },
  })
  if (its !== name || claims.size === 0) {
    throw new CleanbillError('SOURCE_MALFORMED', `${what} is about another package, or has no versions`)
  }
  return [...claims].map(([version, claimsAttestations]) => {
    const time = Object.hasOwn(times, version) ? times[version] : undefined
    return { version, claimsAttestations, ...(typeof time === 'string' ? { publishedAt: time } : {}) }
  })
}
