import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RFC3161Timestamp } from '@sigstore/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { boolean, integer, octetString, oid, readDer, sequence } from '../../src/embedded/der.ts'
import { verifyDigestSignature } from '../../src/embedded/ecdsa-digest.ts'
import type { EmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import { leafHash, MerkleTree } from '../../src/embedded/merkle-tree.ts'
import { buildTbsCertificate, keyUsage, randomSerial, signCertificate } from '../../src/embedded/x509.ts'
import { hashedRekordRequest, pae, post, start, statement } from './signing.ts'

let folder: string
let sigstore: EmbeddedSigstore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cleanbill-logs-'))
  sigstore = await start(join(folder, 'state'))
})
afterAll(async () => {
  await sigstore.close()
  await rm(folder, { recursive: true, force: true })
})

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const verifier = { publicKey: { rawBytes: publicKey.export({ type: 'spki', format: 'der' }).toString('base64') } }
const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()

describe('the first Rekor API', () => {
  const TYPE = 'application/vnd.in-toto+json'
  const payload = Buffer.from(JSON.stringify(statement))
  const proposal = (signature = sign('sha256', pae(TYPE, payload), privateKey)) => {
    const envelope = {
      payload: base64(payload),
      payloadType: TYPE,
      signatures: [{ sig: base64(signature), keyid: '' }],
    }
    const proposedContent = { envelope: JSON.stringify(envelope), verifiers: [base64(pem)] }
    return { apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent } }
  }
  const entries = () => `${sigstore.url}/api/v1/log/entries`

  it('logs the canonical entry, not the proposal, and finds it again', async () => {
    const added = await post(entries(), proposal())
    expect(added.status).toBe(201)
    const [[uuid, entry] = []] = Object.entries(
      (await added.json()) as Record<string, { body: string; logIndex: number }>,
    )
    const body = Buffer.from(entry?.body ?? '', 'base64').toString()
    expect(JSON.parse(body).spec).toEqual({
      envelopeHash: { algorithm: 'sha256', value: expect.any(String) },
      payloadHash: { algorithm: 'sha256', value: sha256(payload).toString('hex') },
      signatures: [{ signature: expect.any(String), verifier: base64(pem) }],
    })
    expect(body.startsWith('{"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":{"algorithm"')).toBe(true)
    for (const address of [`/${uuid}`, `/${uuid?.slice(16)}`, `?logIndex=${entry?.logIndex}`]) {
      const found = (await (await fetch(entries() + address)).json()) as Record<string, { body: string }>
      expect(found[uuid ?? '']?.body).toBe(entry?.body)
    }
    expect((await fetch(`${entries()}/${'0'.repeat(64)}`)).status).toBe(404)
  })

  it('answers 409 with the place of the entry to a duplicate', async () => {
    const again = proposal()
    const first = await post(entries(), again)
    const second = await post(entries(), again)
    expect(second.status).toBe(409)
    expect(second.headers.get('location')).toBe(first.headers.get('location'))
  })

  it('refuses a signature over something else, and kinds it does not know', async () => {
    expect((await post(entries(), proposal(sign('sha256', payload, privateKey)))).status).toBe(400)
    expect((await post(entries(), { ...proposal(), kind: 'rpm' })).status).toBe(400)
    expect((await post(entries(), { ...proposal(), apiVersion: '0.0.2' })).status).toBe(400)
  })

  it('verifies a hashedrekord over its digest', async () => {
    const record = (data: string, signed: string) => ({
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        data: { hash: { algorithm: 'sha256', value: sha256(data).toString('hex') } },
        signature: {
          content: base64(sign('sha256', Buffer.from(signed), privateKey)),
          publicKey: { content: base64(pem) },
        },
      },
    })
    expect((await post(entries(), record('one', 'one'))).status).toBe(201)
    expect((await post(entries(), record('one', 'two'))).status).toBe(400)
  })

  it('says its size and its key', async () => {
    const info = (await (await fetch(`${sigstore.url}/api/v1/log`)).json()) as {
      treeSize: number
      signedTreeHead: string
    }
    expect(info.treeSize).toBeGreaterThan(1)
    expect(info.signedTreeHead).toMatch(/^rekor-v1\.cleanbill\.internal - \d+\n/)
    expect(await (await fetch(`${sigstore.url}/api/v1/log/publicKey`)).text()).toMatch(/^-----BEGIN PUBLIC KEY-----/)
  })
})

describe('the second Rekor API', () => {
  const entries = () => `${sigstore.url}/api/v2/log/entries`
  const digest = sha256('data')

  it('logs a hashedrekord and refuses it a second time', async () => {
    const request = hashedRekordRequest(digest, sign('sha256', Buffer.from('data'), privateKey), verifier)
    const first = await post(entries(), request)
    expect(first.status).toBe(201)
    const entry = (await first.json()) as { logIndex: string; inclusionProof: { checkpoint: { envelope: string } } }
    expect(entry.inclusionProof.checkpoint.envelope).toMatch(
      /^rekor\.cleanbill\.internal\n\d+\n\S+\n\n\u2014 rekor\.cleanbill\.internal \S+\n$/,
    )
    const second = await post(entries(), request)
    expect([second.status, second.headers.get('x-log-index')]).toEqual([409, entry.logIndex])
    expect(await second.json()).toMatchObject({ code: 6 })
  })

  it('refuses DSSE in the words of rekor-tiles 2.3', async () => {
    const answer = await post(entries(), { dsseRequestV002: {} })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 3, message: 'invalid type, must be hashedrekord' })
  })

  it('refuses a signature that does not hold, another curve, and two verifiers', async () => {
    const good = sign('sha256', Buffer.from('data'), privateKey)
    const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ type: 'spki', format: 'der' })
    const tbs = buildTbsCertificate({
      serial: randomSerial(),
      issuer: sequence(),
      subject: sequence(),
      notBefore: new Date(0),
      notAfter: new Date(1e12),
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      extensions: [keyUsage('signature')],
    })
    const x509Certificate = { rawBytes: base64(signCertificate(tbs, privateKey)) }
    expect((await post(entries(), hashedRekordRequest(digest, good, { x509Certificate }))).status).toBe(201)
    for (const request of [
      hashedRekordRequest(sha256('other'), good, verifier),
      hashedRekordRequest(digest, randomBytes(70), verifier),
      hashedRekordRequest(digest, good, { publicKey: { rawBytes: base64(other) } }),
      hashedRekordRequest(digest, good, { ...verifier, x509Certificate }),
      hashedRekordRequest(digest, good, { x509Certificate: { rawBytes: 'AAAA' } }),
    ]) {
      const answer = await post(entries(), request)
      expect([answer.status, await answer.json()]).toMatchObject([400, { message: 'invalid hashedrekord request' }])
    }
  })
})

describe('the timestamp authority', () => {
  const url = () => `${sigstore.url}/api/v1/timestamp`
  const SHA256 = '2.16.840.1.101.3.4.2.1'
  const query = (...rest: Buffer[]) =>
    fetch(url(), {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query' },
      body: sequence(integer(1), sequence(sequence(oid(SHA256)), octetString(sha256('data'))), ...rest),
    })

  it('answers a DER query with nonce and certificate', async () => {
    const response = await query(integer(Buffer.from('f00d', 'hex')), boolean(true))
    expect([response.status, response.headers.get('content-type')]).toEqual([201, 'application/timestamp-reply'])
    const der = Buffer.from(await response.arrayBuffer())
    const timestamp = RFC3161Timestamp.parse(der)
    expect(timestamp.tstInfo.messageImprintHashedMessage.equals(sha256('data'))).toBe(true)
    expect(Math.abs(timestamp.signingTime.getTime() - Date.now())).toBeLessThan(10_000)
    expect(der.includes(integer(Buffer.from('f00d', 'hex')))).toBe(true)
    const bare = Buffer.from(await (await query()).arrayBuffer())
    expect(der.length - bare.length).toBeGreaterThan(400)
  })

  it('refuses a digest of the wrong length, an unknown hash, an extension and junk', async () => {
    expect((await post(url(), { artifactHash: base64('short'), hashAlgorithm: 'sha256' })).status).toBe(400)
    expect((await post(url(), { artifactHash: base64(sha256('x')), hashAlgorithm: 'md5' })).status).toBe(400)
    expect((await query(Buffer.from('a003020101', 'hex'))).status).toBe(400)
    expect((await query(oid('1.2.3.4'))).status).toBe(400)
  })
})

describe('the parts beneath', () => {
  it('gives inclusion proofs that lead to the root, for every leaf of every small tree', () => {
    const node = (left: Buffer, right: Buffer) =>
      createHash('sha256')
        .update(Buffer.concat([Buffer.of(1), left, right]))
        .digest()
    // RFC 6962 §2.1, written as the specification has it.
    const hash = (leaves: Buffer[]): Buffer => {
      if (leaves.length === 1) return leaves[0] ?? Buffer.alloc(0)
      let k = 1
      while (k * 2 < leaves.length) k *= 2
      return node(hash(leaves.slice(0, k)), hash(leaves.slice(k)))
    }
    const path = (index: number, leaves: Buffer[]): Buffer[] => {
      if (leaves.length === 1) return []
      let k = 1
      while (k * 2 < leaves.length) k *= 2
      return index < k
        ? [...path(index, leaves.slice(0, k)), hash(leaves.slice(k))]
        : [...path(index - k, leaves.slice(k)), hash(leaves.slice(0, k))]
    }
    const tree = new MerkleTree()
    const leaves: Buffer[] = []
    for (let size = 1; size <= 33; size++) {
      const leaf = leafHash(Buffer.from(`entry ${size}`))
      tree.append(leaf)
      leaves.push(leaf)
      expect(tree.root().equals(hash(leaves))).toBe(true)
      for (let index = 0; index < size; index++) expect(tree.inclusionProof(index)).toEqual(path(index, leaves))
    }
    expect(new MerkleTree().root().toString('hex')).toBe(createHash('sha256').digest('hex'))
    expect(() => tree.inclusionProof(33)).toThrow(RangeError)
  })

  it('agrees with node:crypto about ECDSA signatures over digests', () => {
    for (const [namedCurve, algorithm] of [
      ['P-256', 'sha256'],
      ['P-384', 'sha384'],
    ] as const) {
      for (let round = 0; round < 8; round++) {
        const pair = generateKeyPairSync('ec', { namedCurve })
        const data = randomBytes(40)
        const digest = createHash(algorithm).update(data).digest()
        const signature = sign(algorithm, data, pair.privateKey)
        expect(verifyDigestSignature(pair.publicKey, digest, signature)).toBe(true)
        const wrong = Buffer.from(digest)
        wrong[round] = (wrong[round] ?? 0) ^ 1
        expect(verifyDigestSignature(pair.publicKey, wrong, signature)).toBe(false)
        expect(verifyDigestSignature(generateKeyPairSync('ec', { namedCurve }).publicKey, digest, signature)).toBe(
          false,
        )
        expect(verifyDigestSignature(pair.publicKey, digest.subarray(1), signature)).toBe(false)
      }
    }
    const zero = sequence(integer(0), integer(0))
    expect(verifyDigestSignature(publicKey, sha256('data'), zero)).toBe(false)
    expect(verifyDigestSignature(generateKeyPairSync('ed25519').publicKey, sha256('data'), zero)).toBe(false)
  })

  it('reads DER only in its one form', () => {
    for (const hex of ['', '3080', '30810100', '3082000100', '300200', '0101ff00', '1f8101', '3084ffffffff']) {
      expect(() => readDer(Buffer.from(hex, 'hex')), hex).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
    }
    expect(readDer(sequence(integer(300))).content.toString('hex')).toBe('0202012c')
  })
})
