import { createHash } from 'node:crypto'

/** Everything a world makes up follows from names: two worlds with equal descriptions have equal ids and commits. */
export function deriveHex(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** A git commit id. */
export const deriveCommit = (...parts: readonly string[]): string => deriveHex('commit', ...parts).slice(0, 40)

/** A numeric id as GitHub's are: text of a number that has no leading zero. */
export function deriveId(...parts: readonly string[]): string {
  return String(100_000_000 + (Number.parseInt(deriveHex('id', ...parts).slice(0, 12), 16) % 900_000_000))
}

export const deriveRunId = (...parts: readonly string[]): string => `1${deriveId('run', ...parts)}`

/** In [0, 1), always the same for the same words. */
export function deriveShare(...parts: readonly string[]): number {
  return Number.parseInt(deriveHex('share', ...parts).slice(0, 12), 16) / 2 ** 48
}

export const atSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000)

/** RFC 3339 in whole seconds, as GitHub writes it. */
export const toTime = (date: Date): string => atSeconds(date).toISOString().replace('.000Z', 'Z')

export const plusSeconds = (time: string, seconds: number): string =>
  toTime(new Date(Date.parse(time) + seconds * 1000))
