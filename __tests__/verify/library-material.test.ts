import { readFileSync } from 'node:fs'
import { X509Certificate } from '@sigstore/core'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toTrustMaterial } from '@sigstore/verify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LibraryCertificate, libraryMaterial, rememberEncoding } from '../../src/verify/library-material.ts'
import { codeSigning, issueCertificate } from '../support/certificates.ts'
import { type RealSigner, startRealSigner } from '../support/real-signer.ts'

let signer: RealSigner
let root: TrustedRoot
beforeAll(async () => {
  signer = await startRealSigner()
  root = TrustedRoot.fromJSON(JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8')))
})
afterAll(() => signer.close())

const noKey = () => {
  throw new Error('no key is looked up here')
}
const chainsOf = ({ certificateAuthorities, timestampAuthorities }: ReturnType<typeof toTrustMaterial>) =>
  [...certificateAuthorities, ...timestampAuthorities].map(({ certChain }) => certChain)

describe('libraryMaterial', () => {
  it('answers of every pair of trusted certificates what the library answers, however often it is asked', () => {
    const bare = chainsOf(toTrustMaterial(root))
    const remembered = chainsOf(libraryMaterial(root)(noKey))
    const ask = (chains: readonly LibraryCertificate[][]) =>
      chains.map((chain) => chain.map((one) => [...chain, undefined].map((by) => one.verify(by))))
    const expected = ask(bare)
    expect(expected.flat(2)).toContain(true)
    expect(expected.flat(2)).toContain(false)
    expect(ask(remembered)).toStrictEqual(expected)
    // The other way round, and again: what was remembered of one pair is not said of another.
    expect(ask(remembered.map((chain) => chain.toReversed()))).toStrictEqual(
      ask(bare.map((chain) => chain.toReversed())),
    )
    expect(ask(remembered)).toStrictEqual(expected)
  })

  it('asks the library once whether one trusted certificate issued another', () => {
    let asked = 0
    const chains = chainsOf(libraryMaterial(root)(noKey))
    for (const one of chains.flat()) {
      const key = one.publicKey
      const get = () => {
        asked++
        return key
      }
      Object.defineProperty(one, 'publicKey', { get })
    }
    const ask = () => chains.map((chain) => chain.map((one) => chain.map((by) => one.verify(by))))
    const first = ask()
    expect(asked).toBe(chains.reduce((sum, { length }) => sum + length * length, 0))
    expect(ask()).toStrictEqual(first)
    expect(asked).toBe(chains.reduce((sum, { length }) => sum + length * length, 0))
  })

  it('remembers nothing of a certificate that is not its own, were it the same to the byte', () => {
    const [[trusted]] = chainsOf(libraryMaterial(root)(noKey)) as [[LibraryCertificate]]
    const [chain] = chainsOf(toTrustMaterial(root))
    const strangers = chain ?? []
    expect(strangers.map((one) => trusted.verify(one))).toStrictEqual(strangers.map((one) => strangers[0]?.verify(one)))
    let asked = 0
    for (const one of strangers) {
      const key = one.publicKey
      const get = () => {
        asked++
        return key
      }
      Object.defineProperty(one, 'publicKey', { get })
    }
    for (const one of [...strangers, ...strangers]) trusted.verify(one)
    expect(asked).toBeGreaterThanOrEqual(strangers.length * 2)
  })

  it('writes every certificate, and its copy, as the library writes it', () => {
    const written = (chains: readonly LibraryCertificate[][]) =>
      chains.flat().map((one) => [one.root, one.clone().root].map((part) => part.toDER().toString('hex')))
    expect(written(chainsOf(libraryMaterial(root)(noKey)))).toStrictEqual(written(chainsOf(toTrustMaterial(root))))
  })

  it('writes a certificate as the library does when the last of its extensions is left out of a copy', () => {
    const { der } = issueCertificate({ extensions: [codeSigning] })
    const written = (change: (one: LibraryCertificate) => unknown) => {
      const one = X509Certificate.parse(Buffer.from(der))
      change(one)
      const copy = one.clone()
      expect(copy.extensions.splice(0, 1)).toHaveLength(1)
      return copy.root.toDER().toString('hex')
    }
    expect(written(rememberEncoding)).toBe(written(() => undefined))
  })

  it('asks for keys where it is told to', () => {
    const material = libraryMaterial(root)
    const found = { publicKey: {} as never, validFor: () => true }
    expect(material(() => found).publicKey('x')).toBe(found)
    expect(() => material(noKey).publicKey('x')).toThrow('no key is looked up here')
  })
})
