import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { X509Certificate as SigstoreCertificate } from '@sigstore/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bitString, contextConstructed, integer, oid, sequence } from '../../src/embedded/der.ts'
import type { EmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import { toPem } from '../../src/embedded/x509.ts'
import { fetchToken, post, signStatement, start, verifyWith } from './signing.ts'

let folder: string
let sigstore: EmbeddedSigstore
/** Added to the server's clock. */
let skew = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cleanbill-fulcio-'))
  sigstore = await start(join(folder, 'state'), () => new Date(Date.now() + skew))
})
afterAll(async () => {
  await sigstore.close()
  await rm(folder, { recursive: true, force: true })
})

const keys = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve })

async function askCertificate(
  token: string,
  challenge: string,
  {
    pair = keys(),
    signer = pair.privateKey,
    hash = 'sha256',
  }: { pair?: { publicKey: KeyObject; privateKey: KeyObject }; signer?: KeyObject; hash?: string } = {},
): Promise<Response> {
  const content = pair.publicKey.export({ type: 'spki', format: 'pem' })
  const proofOfPossession = sign(hash, Buffer.from(challenge), signer).toString('base64')
  return post(`${sigstore.url}/api/v2/signingCert`, {
    credentials: { oidcIdentityToken: token },
    publicKeyRequest: { publicKey: { algorithm: 'ECDSA', content }, proofOfPossession },
  })
}

async function chainOf(response: Response): Promise<X509Certificate[]> {
  expect(response.status).toBe(200)
  const body = (await response.json()) as { signedCertificateEmbeddedSct: { chain: { certificates: string[] } } }
  return body.signedCertificateEmbeddedSct.chain.certificates.map((pem) => new X509Certificate(pem))
}

async function leafOf(response: Response): Promise<SigstoreCertificate> {
  const [leaf] = await chainOf(response)
  return SigstoreCertificate.parse(leaf?.raw ?? Buffer.alloc(0))
}

const SUB = 'repo:octo-org/demo:ref:refs/heads/main'
const extension = (leaf: SigstoreCertificate, number: number) => leaf.extension(`1.3.6.1.4.1.57264.1.${number}`)
const text = (leaf: SigstoreCertificate, number: number) => extension(leaf, number)?.valueObj.subs[0]?.value.toString()

describe('the certificate', () => {
  it('carries every claim of a GitHub token under its number', async () => {
    const token = await fetchToken(sigstore, {
      environment: 'production',
      job_workflow_ref: 'acme/b/.github/workflows/r.yml@refs/tags/v1',
    })
    const leaf = await leafOf(await askCertificate(token, SUB))
    const raw = [1, 2, 3, 4, 5, 6].map((number) => extension(leaf, number)?.value.toString())
    const sha = '4a1f0cf5f2b8a4ddcf3b1f0a7c9d7f7bd2c1e0a9'
    expect(raw).toEqual([sigstore.issuer, 'push', sha, 'train', 'octo-org/demo', 'refs/heads/main'])
    const strings = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [index + 8, text(leaf, index + 8)]))
    expect(strings).toEqual({
      8: sigstore.issuer,
      9: 'https://github.com/acme/b/.github/workflows/r.yml@refs/tags/v1',
      10: sha,
      11: 'github-hosted',
      12: 'https://github.com/octo-org/demo',
      13: sha,
      14: 'refs/heads/main',
      15: '700100200',
      16: 'https://github.com/octo-org',
      17: '9919001',
      18: 'https://github.com/octo-org/demo/.github/workflows/train.yml@refs/heads/main',
      19: sha,
      20: 'push',
      21: 'https://github.com/octo-org/demo/actions/runs/1000000001/attempts/1',
      22: 'public',
      23: 'production',
      24: SUB,
    })
    expect(leaf.extSubjectAltName?.uri).toBe('https://github.com/acme/b/.github/workflows/r.yml@refs/tags/v1')
    expect(leaf.extSubjectAltName?.critical).toBe(true)
  })

  it('has no environment when the token has none', async () => {
    const leaf = await leafOf(await askCertificate(await fetchToken(sigstore), SUB))
    expect(extension(leaf, 23)).toBeUndefined()
  })

  it('is issued by an intermediate, for ten minutes, for code signing, with a serial of its own', async () => {
    const token = await fetchToken(sigstore)
    const [leaf, intermediate, root] = await chainOf(await askCertificate(token, SUB))
    const [other] = await chainOf(await askCertificate(token, SUB))
    if (!leaf || !intermediate || !root || !other) throw new Error('a chain of three is expected')
    expect(
      leaf.verify(intermediate.publicKey) && intermediate.verify(root.publicKey) && root.verify(root.publicKey),
    ).toBe(true)
    expect(leaf.validToDate.getTime() - leaf.validFromDate.getTime()).toBe(600_000)
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.3'])
    expect(leaf.ca).toBe(false)
    expect(leaf.subject ?? '').toBe('')
    expect(leaf.serialNumber).not.toBe(other.serialNumber)
    expect(leaf.serialNumber).toHaveLength(32)
    expect(intermediate.issuer).toContain('for trials only')
  })

  it('names an e-mail address for a token of a person, and verifies', async () => {
    const claims = { email: 'dev@example.com', email_verified: true }
    const { bundle } = await signStatement(sigstore, 2, claims)
    expect(verifyWith(sigstore.trustedRootPath, bundle).identity?.subjectAlternativeName).toBe('dev@example.com')
  })

  it('takes a P-384 key with SHA-384', async () => {
    const [leaf] = await chainOf(
      await askCertificate(await fetchToken(sigstore), SUB, { pair: keys('P-384'), hash: 'sha384' }),
    )
    expect(leaf?.publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1')
  })

  it('is issued for a certificate request and a bearer token too, and not when the request is signed by another key', async () => {
    const ask = async (signer: KeyObject, pair: { publicKey: KeyObject }) => {
      const spki = pair.publicKey.export({ type: 'spki', format: 'der' })
      const info = sequence(integer(0), sequence(), spki, contextConstructed(0))
      const csr = sequence(info, sequence(oid('1.2.840.10045.4.3.2')), bitString(sign('sha256', info, signer)))
      const certificateSigningRequest = Buffer.from(toPem(csr, 'CERTIFICATE REQUEST')).toString('base64')
      return fetch(`${sigstore.url}/api/v2/signingCert`, {
        method: 'POST',
        headers: { authorization: `Bearer ${await fetchToken(sigstore)}` },
        body: JSON.stringify({ certificateSigningRequest }),
      })
    }
    const pair = keys()
    expect((await ask(pair.privateKey, pair)).status).toBe(200)
    expect((await ask(keys().privateKey, pair)).status).toBe(400)
  })
})

describe('the certificate authority refuses', () => {
  const refuses = async (response: Promise<Response>, message: string | RegExp) => {
    const { status, body } = await response.then(async (answer) => ({
      status: answer.status,
      body: await answer.json(),
    }))
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 3, message: expect.stringMatching(message) })
  }
  const TOKEN = 'There was an error processing the identity token'

  it('a token whose signature was changed, or made with another key, or left out', async () => {
    const [header = '', payload = '', signature = ''] = (await fetchToken(sigstore)).split('.')
    const changed = Buffer.from(
      Buffer.from(payload, 'base64url').toString().replace('octo-org/demo', 'evil-org/demo'),
    ).toString('base64url')
    await refuses(askCertificate(`${header}.${changed}.${signature}`, SUB), TOKEN)
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const forged = sign('sha256', Buffer.from(`${header}.${payload}`), other).toString('base64url')
    await refuses(askCertificate(`${header}.${payload}.${forged}`, SUB), TOKEN)
    const none = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg: 'none' }),
    ).toString('base64url')
    await refuses(askCertificate(`${none}.${payload}.`, SUB), TOKEN)
    await refuses(askCertificate('junk', SUB), TOKEN)
  })

  it('a token for another audience, of another issuer, expired, or not valid yet', async () => {
    const soon = Math.floor(Date.now() / 1000)
    await refuses(askCertificate(await fetchToken(sigstore, {}, 'https://example.com'), SUB), TOKEN)
    await refuses(askCertificate(await fetchToken(sigstore, { aud: ['sigstore', 'other'] }), SUB), TOKEN)
    await refuses(
      askCertificate(await fetchToken(sigstore, { iss: 'https://token.actions.githubusercontent.com' }), SUB),
      TOKEN,
    )
    await refuses(askCertificate(await fetchToken(sigstore, { exp: null }), SUB), TOKEN)
    await refuses(askCertificate(await fetchToken(sigstore, { nbf: soon + 120 }), SUB), TOKEN)
    const token = await fetchToken(sigstore)
    skew = 301_000
    await refuses(askCertificate(token, SUB), TOKEN)
    skew = 0
    await expect(chainOf(await askCertificate(token, SUB))).resolves.toHaveLength(3)
  })

  it('a proof over another subject, or by another key', async () => {
    const token = await fetchToken(sigstore)
    const PROOF = 'The signature supplied in the request could not be verified'
    await refuses(askCertificate(token, 'repo:evil-org/demo:ref:refs/heads/main'), PROOF)
    await refuses(askCertificate(token, SUB, { signer: keys().privateKey }), PROOF)
  })

  it('a curve that no client uses, a missing claim, an unverified address, an empty request', async () => {
    await refuses(askCertificate(await fetchToken(sigstore), SUB, { pair: keys('P-521') }), /neither P-256 nor P-384/)
    await refuses(askCertificate(await fetchToken(sigstore, { repository_id: null }), SUB), /repository_id/)
    const email = { email: 'dev@example.com', email_verified: false }
    await refuses(askCertificate(await fetchToken(sigstore, email), 'dev@example.com'), /email_verified/)
    await refuses(post(`${sigstore.url}/api/v2/signingCert`, {}), TOKEN)
  })
})

describe('the token endpoint', () => {
  it('gives no token without the request token', async () => {
    expect((await fetch(`${sigstore.tokenUrl}&audience=sigstore`)).status).toBe(401)
    const wrong = await fetch(sigstore.tokenUrl, { headers: { authorization: `Bearer ${sigstore.requestToken}x` } })
    expect(wrong.status).toBe(401)
  })

  it('says where its key is, under an issuer name that is not an address', async () => {
    const found = (await (await fetch(`${sigstore.url}/.well-known/openid-configuration`)).json()) as {
      issuer: string
      jwks_uri: string
    }
    expect(found.issuer).toBe('https://issuer.cleanbill.internal')
    const jwks = (await (await fetch(found.jwks_uri)).json()) as { keys: Record<string, string>[] }
    expect(Object.keys(jwks.keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
  })
})
