import type { SourceError } from '../../model/evidence.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { mapBounded } from '../../model/map-bounded.ts'
import type { SourceSession } from '../source.ts'
import { type ApiReply, askApi, isAllowList, sourceError } from './api.ts'
import type { Budget } from './budget.ts'

/** Questions in one query. GitHub gives a query ten seconds; comparisons are what takes long (sources.md §17). */
const BATCH = 50
/** A batch that was too slow is halved until this size. */
const SMALLEST = 12
const AT_ONCE = 4
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** One aliased question: its part of the query, with `#` standing for its number in every alias and variable. */
export interface Piece {
  /** `r#: repository(owner: $o#, name: $n#) { … }` */
  readonly field: string
  /** Types by name of variable, without `$`: `{ 'o#': 'String!' }`. */
  readonly variables: Readonly<Record<string, { readonly type: string; readonly value: string }>>
  /** Connections that are followed, for the price: GitHub counts a point for a hundred. */
  readonly connections: number
}

export type PieceAnswer =
  | { readonly kind: 'answer'; readonly value: JsonObject; readonly faults: readonly PieceFault[] }
  /** The object that was asked for is not there, or not for this token. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'allow-list' }
  | { readonly kind: 'over-budget' }
  | { readonly kind: 'failed'; readonly error: SourceError }

/** An error below the piece's own object: GitHub answers null there. */
export interface PieceFault {
  /** Names on the way, without the alias and without numbers: `defaultBranchRef.compare`. */
  readonly path: string
  readonly message: string
}

/** Asks many pieces in aliased batches, as far as the budget reaches; answers in the order of the pieces. */
export async function askGraphql(
  pieces: readonly Piece[],
  session: SourceSession,
  budget: Budget,
): Promise<PieceAnswer[]> {
  const batches: { piece: Piece; index: number }[][] = []
  pieces.forEach((piece, index) => {
    const last = batches.at(-1)
    if (last === undefined || last.length === BATCH) batches.push([{ piece, index }])
    else last.push({ piece, index })
  })
  const answers = await mapBounded(batches, AT_ONCE, (batch) =>
    askBatch(
      batch.map(({ piece }) => piece),
      session,
      budget,
    ),
  )
  return answers.flat()
}

async function askBatch(pieces: readonly Piece[], session: SourceSession, budget: Budget): Promise<PieceAnswer[]> {
  const dearest = Math.max(...pieces.map(({ connections }) => connections))
  const payable = budget.affords('graphql', priceOf(dearest), pieces.length)
  const asked = pieces.slice(0, payable)
  const unasked = pieces.slice(payable).map((): PieceAnswer => ({ kind: 'over-budget' }))
  if (asked.length === 0) return unasked
  const estimate = Math.max(1, Math.ceil(asked.reduce((sum, { connections }) => sum + connections, 0) / 100))
  if (!budget.take('graphql', estimate)) return pieces.map(() => ({ kind: 'over-budget' }))
  const reply = await askApi(session, { path: '/graphql', body: buildQuery(asked), maxBytes: MAX_ANSWER_BYTES })
  const answer = readAnswer(reply, asked.length, budget, estimate)
  if (answer.kind === 'pieces') return [...answer.pieces, ...unasked]
  if (answer.kind === 'exhausted') return pieces.map(() => ({ kind: 'over-budget' }))
  if (answer.retry && asked.length > SMALLEST) {
    const middle = Math.ceil(asked.length / 2)
    const first = await askBatch(asked.slice(0, middle), session, budget)
    return [...first, ...(await askBatch(asked.slice(middle), session, budget)), ...unasked]
  }
  return [...asked.map((): PieceAnswer => ({ kind: 'failed', error: answer.error })), ...unasked]
}

const priceOf = (connections: number) => Math.max(connections, 1) / 100

/** The text of a query and its variables. Names reach it as variables only, so that none can change the query. */
export function buildQuery(pieces: readonly Piece[]): { query: string; variables: Record<string, string> } {
  const declarations: string[] = []
  const variables: Record<string, string> = {}
  const fields = pieces.map((piece, number) => {
    const numbered = (text: string) => text.replaceAll('#', String(number))
    for (const [name, { type, value }] of Object.entries(piece.variables)) {
      declarations.push(`$${numbered(name)}: ${type}`)
      variables[numbered(name)] = value
    }
    return numbered(piece.field)
  })
  const head = declarations.length === 0 ? 'query' : `query(${declarations.join(', ')})`
  return { query: `${head} {\n  rateLimit { cost remaining }\n  ${fields.join('\n  ')}\n}`, variables }
}

type BatchAnswer =
  | { readonly kind: 'pieces'; readonly pieces: PieceAnswer[] }
  | { readonly kind: 'exhausted' }
  | { readonly kind: 'failed'; readonly error: SourceError; readonly retry: boolean }

function readAnswer(reply: ApiReply, count: number, budget: Budget, estimate: number): BatchAnswer {
  if (reply.kind === 'failed') {
    if (reply.error.fault === 'rate-limited') return { kind: 'exhausted' }
    return { kind: 'failed', error: reply.error, retry: reply.error.fault === 'unreachable' }
  }
  if (reply.kind === 'refused') {
    if (isAllowList(reply.text))
      return { kind: 'pieces', pieces: Array.from({ length: count }, () => ({ kind: 'allow-list' })) }
    const error = reply.error ?? sourceError('malformed', 'there is no GraphQL at this origin')
    return error.fault === 'rate-limited' ? { kind: 'exhausted' } : { kind: 'failed', error, retry: false }
  }
  const { data, errors } = isJsonObject(reply.value) ? reply.value : {}
  const faults = Array.isArray(errors) ? errors.map(readFault) : []
  if (faults.some(({ type }) => type === 'RATE_LIMITED')) return { kind: 'exhausted' }
  if (!isJsonObject(data)) {
    const message = `GitHub did not answer a query: ${faults[0]?.message ?? 'no data'}`
    // "Something went wrong", or too many nodes: fewer at once may pass.
    return { kind: 'failed', error: sourceError('malformed', message), retry: true }
  }
  settle(data, budget, estimate)
  return { kind: 'pieces', pieces: Array.from({ length: count }, (_, index) => readPiece(data, faults, index)) }
}

function settle(data: JsonObject, budget: Budget, estimate: number): void {
  const limit = isJsonObject(data.rateLimit) ? data.rateLimit : {}
  const cost = typeof limit.cost === 'number' ? limit.cost : estimate
  budget.settle('graphql', estimate, cost, typeof limit.remaining === 'number' ? limit.remaining : undefined)
}

interface Fault {
  readonly alias: string
  readonly path: string
  readonly type: string
  readonly message: string
}

function readFault(value: JsonValue): Fault {
  const { path, type, message } = isJsonObject(value) ? value : {}
  const names = (Array.isArray(path) ? path : []).filter((part): part is string => typeof part === 'string')
  return {
    alias: names[0] ?? '',
    path: names.slice(1).join('.'),
    type: typeof type === 'string' ? type : '',
    message: typeof message === 'string' ? message.slice(0, 300) : 'an error without a message',
  }
}

/** Every piece has the alias `r` and its number. */
function readPiece(data: JsonObject, faults: readonly Fault[], index: number): PieceAnswer {
  const alias = `r${index}`
  const own = faults.filter((fault) => fault.alias === alias)
  const value = data[alias]
  if (isJsonObject(value)) return { kind: 'answer', value, faults: own }
  const whole = own.find(({ path }) => path === '')
  if (own.some(({ message }) => isAllowList(message))) return { kind: 'allow-list' }
  if (value === null && (whole === undefined || whole.type === 'NOT_FOUND' || whole.type === 'FORBIDDEN'))
    return { kind: 'absent' }
  return {
    kind: 'failed',
    error: sourceError('malformed', whole?.message ?? 'GitHub left a part of a query unanswered'),
  }
}
