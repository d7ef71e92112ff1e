import { readFileSync } from 'node:fs'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toTrustMaterial } from '@sigstore/verify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LibraryCertificate, libraryMaterial } from '../../src/verify/library-material.ts'
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

  it('asks for keys where it is told to', () => {
    const material = libraryMaterial(root)
    const found = { publicKey: {} as never, validFor: () => true }
    expect(material(() => found).publicKey('x')).toBe(found)
    expect(() => material(noKey).publicKey('x')).toThrow('no key is looked up here')
  })
})
