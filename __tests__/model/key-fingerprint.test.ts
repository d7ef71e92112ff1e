import { createPublicKey } from 'node:crypto'
import { expect, it } from 'vitest'
import { keyFingerprint } from '../../src/model/key-fingerprint.ts'
import { keyPair, sha256 } from '../support/real-signer.ts'

it('is the SHA-256 of the DER key, as sha256sum says it, each time and for each key its own', () => {
  const pems = [keyPair().pem, keyPair().pem]
  const keys = pems.map((pem) => createPublicKey(pem))
  const expected = pems.map((pem) => sha256(Buffer.from(pem.replace(/-----[^-]+-----|\n/g, ''), 'base64')))
  expect([...keys, ...keys].map(keyFingerprint)).toEqual([...expected, ...expected])
})
