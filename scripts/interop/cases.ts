import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NegativeCase, Question } from './judges.ts'

export type CaseId = 'good' | NegativeCase

/** One change each against the good question, so that what is refused is refused for that change. */
export const CASES: readonly { readonly id: CaseId; readonly title: string }[] = [
  { id: 'good', title: 'as signed' },
  { id: 'identity', title: 'wrong identity' },
  { id: 'issuer', title: 'wrong issuer' },
  { id: 'artifact', title: 'another artifact' },
  { id: 'payload', title: 'one byte changed' },
]

export async function makeQuestions(good: Question, folder: string): Promise<Readonly<Record<CaseId, Question>>> {
  const artifact = join(folder, 'another-artifact')
  await writeFile(artifact, Buffer.concat([await readFile(good.artifact), Buffer.from('\0')]))
  const bundle = join(folder, 'one-byte-changed.json')
  await writeFile(bundle, changeOneByte(await readFile(good.bundle, 'utf8')))
  return {
    good,
    // All but the last character: also refuses those who search for the expected name inside the signer's.
    identity: { ...good, identity: good.identity.slice(0, -1) },
    issuer: { ...good, issuer: good.issuer.slice(0, -1) },
    artifact: { ...good, artifact },
    payload: { ...good, bundle },
  }
}

/**
 * Changes one letter in the predicate of the signed statement. What is left is well-formed JSON with the same subject
 * and predicate type, so nothing but the signature and the log can tell.
 */
export function changeOneByte(bundleText: string): string {
  const bundle = JSON.parse(bundleText) as { dsseEnvelope: { payload: string } }
  const bytes = Buffer.from(bundle.dsseEnvelope.payload, 'base64')
  const before = outside(bytes)
  for (let index = bytes.length - 1; index >= 0; index--) {
    const byte = bytes[index] ?? 0
    if (byte < 0x61 || byte >= 0x7a) continue
    bytes[index] = byte + 1
    if (outside(bytes) === before) {
      bundle.dsseEnvelope.payload = bytes.toString('base64')
      return JSON.stringify(bundle)
    }
    bytes[index] = byte
  }
  throw new Error('the predicate holds no letter that could be changed')
}

/** Everything of the statement but the predicate's values; undefined when it is not JSON. */
function outside(bytes: Buffer): string | undefined {
  try {
    const { predicate, ...rest } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
    return JSON.stringify({ ...rest, predicate: keysOf(predicate) })
  } catch {
    return undefined
  }
}

function keysOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(keysOf)
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keysOf(inner)]))
}
