import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAttestations } from '../../src/model/bundle.ts'
import {
  parsePublicKey,
  parseTrustedRoots,
  type Trust,
  type VerificationRoot,
} from '../../src/verify/trust-material.ts'
import { verifyAttestation } from '../../src/verify/verify-attestation.ts'
import {
  codeOf,
  envelope,
  keyPair,
  type LooseJson,
  logWitness,
  type RealSigner,
  startRealSigner,
  statementAbout,
  timestampWitness,
  toBytes,
} from '../support/real-signer.ts'

const SIGNED = new Date('2026-06-01T00:00:00Z')
const NOW = new Date('2026-07-01T00:00:00Z')
const LONG_AGO = new Date('2025-01-01T00:00:00Z')
const later = (ms: number, from = SIGNED) => new Date(from.getTime() + ms)
const AUTHORITIES = ['timestampAuthorities', 'tlogs', 'ctlogs', 'certificateAuthorities'] as const
type Authority = (typeof AUTHORITIES)[number]

let signer: RealSigner
let stranger: RealSigner
let good: LooseJson
/** Logged and stamped by the stranger too. */
let twice: LooseJson
beforeAll(async () => {
  signer = await startRealSigner(() => SIGNED)
  stranger = await startRealSigner(() => SIGNED)
  good = await signer.sign(statementAbout('hello'), { timestamp: true })
  twice = await signer.sign(statementAbout('hello'), {
    witness: {
      testify: async (content, key) => {
        const own = await logWitness(signer.sigstore).testify(content, key)
        const other = await logWitness(stranger.sigstore).testify(content, key)
        const stamp = await timestampWitness(stranger.sigstore).testify(content, key)
        return { ...stamp, tlogEntries: [...(own.tlogEntries ?? []), ...(other.tlogEntries ?? [])] }
      },
    },
  })
})
afterAll(() => Promise.all([signer.close(), stranger.close()]))

const jsonOf = ({ sigstore }: RealSigner): LooseJson => JSON.parse(readFileSync(sigstore.trustedRootPath, 'utf8'))

/** The signer's root, with a stranger's in the place of some authorities; all of them began long ago, unless told. */
function rootWith(
  replaced: readonly Authority[],
  currentUntil?: Date,
  began = LONG_AGO,
  change: (root: LooseJson) => unknown = () => undefined,
): VerificationRoot {
  const root = jsonOf(signer)
  for (const one of replaced) root[one] = jsonOf(stranger)[one]
  for (const one of AUTHORITIES) {
    for (const entry of root[one]) (entry.publicKey ?? entry).validFor = { start: began.toISOString() }
  }
  change(root)
  const [parsed] = parseTrustedRoots(toBytes(root), 'the old root', currentUntil)
  if (parsed === undefined) throw new Error('there is no root')
  return parsed
}

function verify(roots: readonly VerificationRoot[], bundle = good, more: Partial<Trust> = {}) {
  const [attestation] = parseAttestations(toBytes(bundle), 'test').attestations
  if (attestation === undefined) throw new Error('there is no attestation')
  return verifyAttestation(attestation, { ...signer.trust, now: NOW, ...more, roots })
}
const code = (roots: readonly VerificationRoot[], bundle = good, more: Partial<Trust> = {}) =>
  codeOf(() => verify(roots, bundle, more))
const changed = (change: (bundle: LooseJson) => unknown): LooseJson => {
  const bundle = structuredClone(good)
  change(bundle)
  return bundle
}

/** What each unknown authority is refused as, by a root that is current. */
const REFUSED = [
  ['timestampAuthorities', 'TIMESTAMP_INVALID', 'a timestamp authority'],
  ['tlogs', 'LOG_PROOF_INVALID', 'a transparency log'],
  ['ctlogs', 'CERTIFICATE_INVALID', 'a CT log'],
  ['certificateAuthorities', 'TRUST_DOMAIN', 'a certificate authority'],
] as const

describe('a root that is too old', () => {
  it.each(REFUSED)('says so of evidence whose %s it does not know, and which', (authority, refusal, what) => {
    const refused = () => verify([rootWith([authority], LONG_AGO)])
    expect(refused).toThrow(expect.objectContaining({ code: 'TRUST_ROOT_STALE' }))
    expect(refused).toThrow(`the old root was current until ${LONG_AGO.toISOString()}`)
    expect(refused).toThrow(`names ${what} that it does not know`)
    const hint = expect.stringContaining('--trusted-root')
    expect(refused).toThrow(expect.objectContaining({ hint, cause: expect.objectContaining({ code: refusal }) }))
  })

  it.each(REFUSED)('is not one where nobody says how old it is: unknown %s are refused', async (authority, refusal) => {
    expect(await code([rootWith([authority])])).toBe(refusal)
  })

  it.each(REFUSED)(
    'was current until the very moment of a signature: then unknown %s are refused',
    async (authority, refusal) => {
      expect(await code([rootWith([authority], SIGNED)])).toBe(refusal)
      expect(await code([rootWith([authority], later(-1))])).toBe('TRUST_ROOT_STALE')
    },
  )

  it('is not one before its day has come, whatever a certificate says of its own time', async () => {
    const until = later(1, NOW)
    const root = rootWith(['timestampAuthorities'], until)
    expect(await code([root])).toBe('TIMESTAMP_INVALID')
    expect(await code([rootWith(['timestampAuthorities'], later(-1))], good, { now: later(-1) })).toBe(
      'TIMESTAMP_INVALID',
    )
    expect(await code([rootWith(['timestampAuthorities'], later(-1))], good, { now: SIGNED })).toBe('TRUST_ROOT_STALE')
  })

  it('was current when the last one that it names began, whatever else is said of it', async () => {
    expect(await code([rootWith(['timestampAuthorities'], LONG_AGO, later(-1))])).toBe('TRUST_ROOT_STALE')
    expect(await code([rootWith(['timestampAuthorities'], LONG_AGO, SIGNED)])).toBe('TIMESTAMP_INVALID')
  })

  it('still verifies what it knows', async () => {
    expect(await code([rootWith([], LONG_AGO)])).toBeUndefined()
  })

  it('is one where it knows one of two timestamps, or one of two logs, and not the other', async () => {
    expect(twice.verificationMaterial.tlogEntries).toHaveLength(2)
    expect(twice.verificationMaterial.timestampVerificationData.rfc3161Timestamps).toHaveLength(2)
    expect(() => verify([rootWith([], LONG_AGO)], twice)).toThrow('names a timestamp authority that')
    const stamped = structuredClone(twice)
    // The signer's own stamp is the last one.
    stamped.verificationMaterial.timestampVerificationData.rfc3161Timestamps.shift()
    expect(() => verify([rootWith([], LONG_AGO)], stamped)).toThrow('names a transparency log that')
  })

  it('is one of an instance without logs, whose evidence has timestamps alone', () => {
    const root = rootWith(['timestampAuthorities'], LONG_AGO, LONG_AGO, (one) => {
      one.tlogs = []
      one.ctlogs = []
    })
    const unlogged = changed((bundle) => {
      bundle.verificationMaterial.tlogEntries = []
    })
    expect(() => verify([root], unlogged)).toThrow('names a timestamp authority that it does not know')
  })

  it('does not take another authority with the same number for the one that stamped', async () => {
    const root = rootWith([], LONG_AGO, LONG_AGO, (one) => {
      const [own] = one.timestampAuthorities[0].certChain.certificates
      const hex = (text: string) => Buffer.from(text).toString('hex')
      const der = Buffer.from(own.rawBytes, 'base64').toString('hex')
      const renamed = der.replace(hex('timestamp-intermediate'), hex('timestamp-somebody-els'))
      expect(renamed).not.toBe(der)
      own.rawBytes = Buffer.from(renamed, 'hex').toString('base64')
    })
    expect(await code([root])).toBe('TRUST_ROOT_STALE')
  })

  it('does not excuse what a root that knows everybody refuses', async () => {
    const spliced = changed((bundle) => {
      const { inclusionPromise } = bundle.verificationMaterial.tlogEntries[0]
      const bytes = Buffer.from(inclusionPromise.signedEntryTimestamp, 'base64')
      bytes[30] = (bytes[30] ?? 0) ^ 1
      inclusionPromise.signedEntryTimestamp = bytes.toString('base64')
    })
    expect(await code([rootWith([], LONG_AGO)], spliced)).toBe('LOG_PROOF_INVALID')
    // Of two that have its CA, one knows its log and refuses the promise.
    expect(await code([rootWith(['tlogs'], LONG_AGO), rootWith([], LONG_AGO)], spliced)).toBe('LOG_PROOF_INVALID')
    expect(await code([rootWith([], LONG_AGO), rootWith(['tlogs'], LONG_AGO)], spliced)).toBe('LOG_PROOF_INVALID')
    expect(await code([rootWith(['tlogs'], LONG_AGO), rootWith(['tlogs'], LONG_AGO)], spliced)).toBe('TRUST_ROOT_STALE')
  })

  it('does not excuse a timestamp by an authority that it knows, be that changed or be the authority at its end', async () => {
    const broken = changed((bundle) => {
      const [stamp] = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps
      const bytes = Buffer.from(stamp.signedTimestamp, 'base64')
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
      stamp.signedTimestamp = bytes.toString('base64')
    })
    expect(await code([rootWith([], LONG_AGO)], broken)).toBe('TIMESTAMP_INVALID')
    const root = jsonOf(signer)
    for (const one of AUTHORITIES) {
      for (const entry of root[one]) (entry.publicKey ?? entry).validFor = { start: LONG_AGO.toISOString() }
    }
    // Beside a stranger's, so that not every authority is the one that is looked for.
    root.timestampAuthorities = [...jsonOf(stranger).timestampAuthorities, ...root.timestampAuthorities]
    for (const { validFor } of root.timestampAuthorities) validFor.end = later(-1000).toISOString()
    for (const { validFor } of root.timestampAuthorities) validFor.start = LONG_AGO.toISOString()
    expect(await code(parseTrustedRoots(toBytes(root), 'ended', LONG_AGO))).toBe('TIMESTAMP_INVALID')
  })

  it('does not excuse a certificate that was used too late, whose CT log it knows', async () => {
    const root = jsonOf(signer)
    for (const one of AUTHORITIES) {
      for (const entry of root[one]) (entry.publicKey ?? entry).validFor = { start: LONG_AGO.toISOString() }
    }
    root.ctlogs = [...jsonOf(stranger).ctlogs, ...root.ctlogs]
    for (const { publicKey } of root.ctlogs) {
      publicKey.validFor = { start: LONG_AGO.toISOString(), end: later(-1000).toISOString() }
    }
    expect(await code(parseTrustedRoots(toBytes(root), 'ended', LONG_AGO))).toBe('CERTIFICATE_INVALID')
  })

  it('does not excuse another fault than an unknown authority', async () => {
    const cut = changed((bundle) => {
      bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps[0].signedTimestamp = 'MAMCAQA='
    })
    expect(await code([rootWith([], LONG_AGO)], cut)).toBe(await code([rootWith([])], cut))
    const tampered = changed((bundle) => {
      bundle.dsseEnvelope.payload = Buffer.from(JSON.stringify(statementAbout('other'))).toString('base64')
    })
    for (const authority of AUTHORITIES) {
      expect(await code([rootWith([authority], LONG_AGO)], tampered)).toBe('SIGNATURE_INVALID')
    }
  })

  it('is the one that has the CA, whatever a root of another instance knows', async () => {
    const old = rootWith(['timestampAuthorities'], LONG_AGO)
    expect(await code([old, rootWith(['certificateAuthorities'])])).toBe('TRUST_ROOT_STALE')
    expect(await code([rootWith(['timestampAuthorities']), rootWith(['certificateAuthorities'], LONG_AGO)])).toBe(
      'TIMESTAMP_INVALID',
    )
  })

  it('is one of several that all do not know the CA', async () => {
    expect(await code([rootWith(['certificateAuthorities']), rootWith(['certificateAuthorities'], LONG_AGO)])).toBe(
      'TRUST_ROOT_STALE',
    )
    expect(await code([rootWith(['certificateAuthorities'])])).toBe('TRUST_DOMAIN')
    expect(await code([])).toBe('TRUST_DOMAIN')
  })
})

describe('a list of keys that is too old', () => {
  const pair = keyPair()
  const other = keyPair()
  const withKeys = async (currentUntil: Date | undefined, signedAt: Date) => {
    const statement = statementAbout('hello')
    const logged = structuredClone(good.verificationMaterial.tlogEntries)
    logged[0].integratedTime = String(signedAt.getTime() / 1000)
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: 'npm-2' }, tlogEntries: logged },
      dsseEnvelope: envelope(statement, pair.privateKey),
    }
    const [attestation] = parseAttestations(toBytes(bundle), 'test').attestations
    if (attestation === undefined) throw new Error('there is no attestation')
    const key = { ...parsePublicKey(Buffer.from(other.pem), 'key.pem'), hint: 'npm-1', source: 'npm-keys' as const }
    return await codeOf(() =>
      verifyAttestation(attestation, { ...signer.trust, now: NOW, keys: [{ ...key, currentUntil }] }),
    )
  }

  it('says so of a signature from after it, by a key that it does not have', async () => {
    expect(await withKeys(later(-1000), SIGNED)).toBe('TRUST_ROOT_STALE')
    expect(await withKeys(SIGNED, SIGNED)).toBe('KEY_INVALID')
    expect(await withKeys(undefined, SIGNED)).toBe('KEY_INVALID')
    expect(await withKeys(later(-1000), later(-2000))).toBe('KEY_INVALID')
  })
})
