import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAttestations } from '../../src/model/bundle.ts'
import { isCleanbillError } from '../../src/model/error.ts'
import { verifyAttestation } from '../../src/verify/verify-attestation.ts'
import {
  type LooseJson,
  logWitness,
  type RealSigner,
  startRealSigner,
  statementAbout,
  toBytes,
} from '../support/real-signer.ts'
import { changeJson, type Difference, differences, jsonChange, pathsOf } from './engine/json-changes.ts'
import { hold, PROPERTY_TIMEOUT } from './engine/property.ts'

const START = Date.parse('2026-11-22T12:00:00Z')
let now = START
let signer: RealSigner

/** Two bundles of one instance that differ in all that is signed: whose statement, by whom, when. */
interface Pair {
  readonly mine: LooseJson
  readonly theirs: LooseJson
}
const pairs = new Map<string, Pair>()

const FORMS = ['dsse', 'intoto', 'log alone'] as const

beforeAll(async () => {
  signer = await startRealSigner(() => new Date(now))
  for (const form of FORMS) {
    const options = {
      ...(form === 'intoto' ? { witness: logWitness(signer.sigstore, 'intoto') } : {}),
      ...(form === 'log alone' ? { timestamp: false } : {}),
    }
    const mine = await signer.sign(statementAbout('mine'), { ...options, claims: { ref: 'refs/heads/main' } })
    now += 60_000
    const theirs = await signer.sign(statementAbout('theirs'), { ...options, claims: { ref: 'refs/heads/other' } })
    now += 60_000
    pairs.set(form, { mine, theirs })
  }
  now = START + 3_600_000
})
afterAll(() => signer.close())

function pairOf(form: string): Pair {
  const pair = pairs.get(form)
  if (pair === undefined) throw new Error(`nothing was signed as ${form}`)
  return pair
}

interface Held {
  readonly statement: unknown
  readonly signer: unknown
  readonly domain: string
  readonly times: readonly string[]
}

/** What a document proves, of each attestation in it; nothing where it is refused. Any error without a code comes through. */
function provenBy(document: unknown): Held[] {
  try {
    const { attestations } = parseAttestations(toBytes(document), 'it')
    return attestations.flatMap((one) => {
      try {
        const { statement, signer: who, origin } = verifyAttestation(one, { ...signer.trust, now: new Date(now) })
        return [{ statement, signer: who, domain: origin.domain, times: [...origin.times].map(String).sort() }]
      } catch (error) {
        if (isCleanbillError(error)) return []
        throw error
      }
    })
  } catch (error) {
    if (isCleanbillError(error)) return []
    throw error
  }
}

interface Uncovered {
  readonly where: RegExp
  /** Default: only where it is not there any more. */
  readonly other?: true
  /** Why it proves the same all the same. */
  readonly why: string
  readonly example: (bundle: LooseJson) => unknown
}

const entryOf = (bundle: LooseJson) => bundle.verificationMaterial.tlogEntries[0]

/** Where a bundle may be changed and hold all the same. Whatever is signed, or proves what is, is not here. */
const UNCOVERED: readonly Uncovered[] = [
  {
    where: /\.timestampVerificationData(?:\.rfc3161Timestamps(?:\.\*)?)?$/,
    why: 'one of two witnesses: the time of the log is left',
    example: (bundle) => delete bundle.verificationMaterial.timestampVerificationData,
  },
  {
    where: /\.rfc3161Timestamps\.\*\.signedTimestamp$/,
    other: true,
    why: 'CMS has bytes outside of what it signs, such as its version; the time and what was stamped are not among them',
    example: (bundle) => {
      const [stamp] = bundle.verificationMaterial.timestampVerificationData?.rfc3161Timestamps ?? []
      if (stamp === undefined) return
      const bytes = Buffer.from(stamp.signedTimestamp, 'base64')
      bytes.writeUInt8(bytes.readUInt8(CMS_VERSION) ^ 1, CMS_VERSION)
      stamp.signedTimestamp = bytes.toString('base64')
    },
  },
  {
    where: /\.inclusionPromise$/,
    why: 'the proof of inclusion says more; the time that the promise signs does not count any more',
    example: (bundle) => delete entryOf(bundle).inclusionPromise,
  },
  {
    where: /\.tlogEntries\.\*\.(?:integratedTime|logIndex)$/,
    other: true,
    why: 'signed by the promise, and counted for nothing where there is none',
    example: (bundle) => {
      if (bundle.verificationMaterial.timestampVerificationData?.rfc3161Timestamps === undefined) return
      delete entryOf(bundle).inclusionPromise
      entryOf(bundle).integratedTime = '1795348801'
    },
  },
  {
    where: /\.inclusionProof\.(?:rootHash|treeSize)$/,
    why: 'the signed checkpoint says both',
    example: (bundle) => {
      delete entryOf(bundle).inclusionProof.rootHash
      delete entryOf(bundle).inclusionProof.treeSize
    },
  },
]

/** In a response of RFC 3161: after status and type, the version of `SignedData`. */
const CMS_VERSION = 34

/** Does this difference explain itself: a key that nobody reads, or a place of the list? */
function isUncovered({ place, before, after }: Difference): boolean {
  if (before === undefined) return true
  const gone = after === undefined || after === null || JSON.stringify(after).length <= 2
  return UNCOVERED.some(({ where, other }) => where.test(place) && (gone || other === true))
}

/** The same statement by the same signer, at no other time than before. */
function isWithin(one: Held, whole: Held): boolean {
  const { times: _, ...rest } = one
  const { times, ...all } = whole
  return isDeepStrictEqual(rest, all) && one.times.length > 0 && one.times.every((time) => times.includes(time))
}

const heldBy = (document: unknown): Held => {
  const [one, ...more] = provenBy(document)
  if (one === undefined || more.length > 0) throw new Error('the bundle itself does not hold')
  return one
}

describe('a signed bundle that was changed', () => {
  it.each(FORMS)(
    'proves what it proved, or nothing: %s',
    async (form) => {
      const { mine, theirs } = pairOf(form)
      const [own, foreign] = [heldBy(mine), heldBy(theirs)]
      expect(isWithin(own, foreign)).toBe(false)
      const property = fc.property(fc.array(jsonChange, { minLength: 1, maxLength: 3 }), (list) => {
        const changed = list.reduce<unknown>((document, one) => changeJson(document, one, theirs), mine)
        for (const one of provenBy(changed)) {
          // Whoever swaps every part has the other bundle, which holds by itself.
          if (isWithin(one, foreign)) continue
          expect(isWithin(one, own), `it proves ${JSON.stringify(one).slice(0, 400)}`).toBe(true)
          expect(differences(mine, changed).filter((difference) => !isUncovered(difference))).toEqual([])
        }
      })
      await hold(property, 500)
    },
    PROPERTY_TIMEOUT,
  )

  it.each(FORMS)('never lends its parts to another: %s', (form) => {
    const { mine, theirs } = pairOf(form)
    const [own, foreign] = [heldBy(mine), heldBy(theirs)]
    const parts = pathsOf(mine).length
    // Each part alone, in either direction: all of them, and not only those that chance picks.
    for (let at = 0; at < parts; at++) {
      for (const [whole, from, to] of [
        [own, theirs, mine],
        [foreign, mine, theirs],
      ] as const) {
        const spliced = changeJson(to, { kind: 'swap', at }, from)
        const { path } = pathsOf(mine)[at] ?? { path: [] }
        for (const one of provenBy(spliced)) {
          expect(isWithin(one, whole), path.join('.')).toBe(true)
          expect(
            differences(to, spliced).filter((difference) => !isUncovered(difference)),
            path.join('.'),
          ).toEqual([])
        }
      }
    }
  })

  it.each(UNCOVERED.map((row) => [row.why, row] as const))('may be changed where %s', (_, { where, example }) => {
    const { mine } = pairOf('dsse')
    const changed = structuredClone(mine)
    example(changed)
    expect(differences(mine, changed).some(({ place }) => where.test(place))).toBe(true)
    expect(isWithin(heldBy(changed), heldBy(mine))).toBe(true)
  })
})
