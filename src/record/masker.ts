import type { JsonValue } from '../model/json.ts'
import { isWithheld } from './child-environment.ts'

/** Names whose values are taken for secrets. */
const SECRET_NAME = /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|KEY|CREDENTIAL/i
/** Shorter values are words: masking `true` or `main` would hide what happened and protect nobody. */
const SHORTEST = 6

const MASK = '***'

/** Replaces known secrets in what becomes public (T-AC-15). */
export interface Masker {
  text(text: string): string
  /** Every string in a JSON value, keys left as they are. */
  json<T extends JsonValue>(value: T): T
  /** Does the text hold a known secret? */
  finds(text: string): boolean
}

/**
 * Knows as secrets: the values of variables that are named like one, and of those withheld from the command. An
 * action's `INPUT_RUN` is withheld too, but it *is* the command, so inputs count by their name only.
 */
export function createMasker(env: Readonly<Record<string, string | undefined>>): Masker {
  const secrets = new Set<string>()
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue
    if (!SECRET_NAME.test(name) && !(isWithheld(name) && !name.startsWith('INPUT_'))) continue
    for (const part of [value, ...value.split(/\r?\n/)]) {
      if (part.trim().length >= SHORTEST) secrets.add(part.trim())
    }
  }
  // Longest first: a secret that contains another one must not leave its rest behind.
  const ordered = [...secrets].sort((a, b) => b.length - a.length)
  const text = (input: string) => ordered.reduce((masked, secret) => masked.replaceAll(secret, MASK), input)
  return { text, json: (value) => maskJson(value, text), finds: (input) => ordered.some((s) => input.includes(s)) }
}

function maskJson<T extends JsonValue>(value: T, text: (input: string) => string): T {
  const walk = (node: JsonValue): JsonValue => {
    if (typeof node === 'string') return text(node)
    if (Array.isArray(node)) return node.map(walk)
    if (typeof node === 'object' && node !== null) {
      return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, walk(child)]))
    }
    return node
  }
  // Sound: the walk keeps the shape and replaces strings by strings.
  return walk(value) as T
}
