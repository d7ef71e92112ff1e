import { CleanbillError } from './error.ts'
import { isJsonObject, type JsonValue } from './json.ts'

const FIELDS = ['sealedOn', 'sealedSha256', 'signedOn', 'reason'] as const

/** The mark of a statement that waited in an outbox; documented in `docs/build-types/run-v1.md`. */
export type LateMark = Readonly<Record<(typeof FIELDS)[number], string>>

/**
 * Was this signed later than it was made? In provenance the mark stands in `runDetails.metadata`, in any other predicate
 * at the top.
 *
 * The mark lifts checks and adds a limit, so one form alone counts as it: with `false` or a word in its place one reader
 * would lift the checks while another shows no limit.
 *
 * @returns undefined when it was signed in the run it speaks of
 * @throws {CleanbillError} `PREDICATE_MALFORMED`
 */
export function lateMark(predicate: JsonValue): LateMark | undefined {
  const metadata = member(member(predicate, 'runDetails'), 'metadata')
  const marks = [member(metadata, 'cleanbill_lateSigned'), member(predicate, 'cleanbill_lateSigned')]
  const [mark] = marks.filter((value) => value !== undefined).map(parseMark)
  return mark
}

function parseMark(value: JsonValue): LateMark {
  if (isJsonObject(value) && FIELDS.every((name) => typeof value[name] === 'string')) {
    // Sound: each of the fields was just seen to be text.
    return value as LateMark
  }
  throw new CleanbillError('PREDICATE_MALFORMED', 'cleanbill_lateSigned is not the mark of a late signature', {
    hint: `It is an object with the texts ${FIELDS.join(', ')}.`,
  })
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value[name] : undefined
}
