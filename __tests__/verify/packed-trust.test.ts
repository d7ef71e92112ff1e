import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packTrust, unpackTrust } from '../../src/verify/packed-trust.ts'
import { parsePublicKey, type Trust, type TrustedKey } from '../../src/verify/trust-material.ts'
import { issueCertificate } from '../support/certificates.ts'
import { codeOf, keyPair, type RealSigner, startRealSigner } from '../support/real-signer.ts'

let signer: RealSigner
beforeAll(async () => {
  signer = await startRealSigner()
})
afterAll(() => signer.close())

const key: TrustedKey = {
  ...parsePublicKey(Buffer.from(keyPair().pem), 'key.pem'),
  hint: 'SHA256:reg',
  start: new Date('2026-01-01T00:00:00Z'),
  end: new Date('2026-02-01T00:00:00Z'),
  source: 'npm-keys',
}
const { pem } = issueCertificate({ commonName: 'private' })
const now = new Date('2026-06-01T00:00:00Z')
const trust = (): Trust => ({ ...signer.trust, keys: [key], rootCertificates: [new X509Certificate(pem)], now })

/** What a thread is sent is copied: nothing but data comes through. */
const sent = () => unpackTrust(structuredClone(packTrust(trust())))

describe('trust that was sent to a thread', () => {
  it('has the roots that it had, with their names and all that is in them', () => {
    const [root] = sent().roots
    const [own] = signer.trust.roots
    expect(root).toMatchObject({ name: own?.name, domain: 'sigstore', text: own?.text })
    expect(root?.logs).toStrictEqual(own?.logs)
    expect(root?.authorities.map(({ raw }) => raw)).toStrictEqual(own?.authorities.map(({ raw }) => raw))
  })

  it('has roots as old as they were', () => {
    const [root] = signer.trust.roots
    if (root === undefined) throw new Error('there is no root')
    const old = { ...trust(), roots: [{ ...root, currentUntil: now }, root] }
    const arrived = unpackTrust(structuredClone(packTrust(old))).roots
    expect(arrived.map(({ currentUntil }) => currentUntil)).toStrictEqual([now, root.currentUntil])
  })

  it('has the keys that it had, each with its window and where it came from', () => {
    const [arrived] = sent().keys
    const { key: own, ...rest } = key
    expect(arrived).toMatchObject(rest)
    expect(arrived?.key.equals(own)).toBe(true)
  })

  it('has the certificates of private CAs, and its time', () => {
    const { rootCertificates, now: time } = sent()
    expect(rootCertificates.map(({ raw }) => raw)).toStrictEqual([new X509Certificate(pem).raw])
    expect(time).toStrictEqual(now)
  })

  it('is read as strictly as the files it was made of', async () => {
    const text = readFileSync(signer.sigstore.trustedRootPath, 'utf8').replace('trustedroot', 'rootedtrust')
    const packed = { ...packTrust(trust()), roots: [{ name: 'changed', text, currentUntil: undefined }] }
    expect(await codeOf(() => unpackTrust(packed))).toBe('TRUST_ROOT_INVALID')
  })
})
