import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Http, type HttpRequest, HttpUnavailable } from '../../src/io/http.ts'
import { RekorV2Witness } from '../../src/sign/rekor-v2-witness.ts'
import { isOutage } from '../../src/sign/sign-statement.ts'

const ENTRY = {
  logIndex: '7',
  logId: { keyId: 'AAAA' },
  kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
  integratedTime: '0',
  canonicalizedBody: 'e30=',
}
const content = {
  $case: 'dsseEnvelope' as const,
  dsseEnvelope: {
    payload: Buffer.from('{}'),
    payloadType: 'application/vnd.in-toto+json',
    signatures: [{ sig: Buffer.from('sig'), keyid: '' }],
  },
}
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----\n'

type Answer = number | Error | { readonly status: number; readonly body: string }

/** Asks a log that gives these answers in turn. */
async function testify(...answers: readonly Answer[]) {
  const asked: HttpRequest[] = []
  const slept: number[] = []
  const http: Http = async (request) => {
    asked.push(request)
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? 500
    if (answer instanceof Error) throw answer
    const { status, body } =
      typeof answer === 'number'
        ? { status: answer, body: JSON.stringify(answer < 300 ? ENTRY : { message: 'no' }) }
        : answer
    return { status, headers: new Headers(), body: new TextEncoder().encode(body) }
  }
  const witness = new RekorV2Witness({ url: 'https://log.example', http, sleep: async (ms) => void slept.push(ms) })
  try {
    return { asked, slept, material: await witness.testify(content, CERTIFICATE) }
  } catch (error) {
    return { asked, slept, error: error as Error & { code?: string } }
  }
}

describe('a Rekor v2 log', () => {
  it('is sent a hashedrekord over what was signed, with the certificate', async () => {
    const { asked, material } = await testify(201)
    expect(asked[0]).toMatchObject({ url: 'https://log.example/api/v2/log/entries', method: 'POST' })
    const { hashedRekordRequestV002: sent } = JSON.parse(String(asked[0]?.body))
    expect(sent.signature).toStrictEqual({
      content: Buffer.from('sig').toString('base64'),
      verifier: { x509Certificate: { rawBytes: 'QUJDREVG' }, keyDetails: 'PKIX_ECDSA_P256_SHA_256' },
    })
    const encoded = 'DSSEv1 28 application/vnd.in-toto+json 2 {}'
    expect(sent.digest).toBe(createHash('sha256').update(encoded).digest('base64'))
    expect(material?.tlogEntries?.[0]?.logIndex).toBe('7')
  })

  it.each([405, 409, 400, 422])('that refuses with %i is not asked again, and it is no outage', async (status) => {
    const { asked, error } = await testify(status)
    expect(asked).toHaveLength(1)
    expect(error?.code).toBe('LOG_REFUSED')
    expect(isOutage(error)).toBe(false)
  })

  it.each([503, 500, 429, 408])('that answers %i and then 201 is asked twice', async (status) => {
    const { asked, slept, material } = await testify(status, 201)
    expect(asked).toHaveLength(2)
    expect(slept).toHaveLength(1)
    expect(material?.tlogEntries).toHaveLength(1)
  })

  it.each([
    ['answers 503 every time', 503],
    ['says nothing in time', new HttpUnavailable('log.example: no answer in time')],
  ])('that %s is an outage after four tries with growing pauses', async (_, answer) => {
    const { asked, slept, error } = await testify(answer)
    expect(asked).toHaveLength(4)
    expect(slept).toStrictEqual([500, 1000, 2000])
    expect(asked.every(({ timeoutMs = Number.POSITIVE_INFINITY }) => timeoutMs <= 60_000)).toBe(true)
    expect(error?.code).toBe('LOG_UNAVAILABLE')
    expect(isOutage(error)).toBe(true)
  })

  it('that speaks HTML with status 200 is an outage: somebody else answers for it', async () => {
    const { error } = await testify({ status: 200, body: '<html>' })
    expect(error?.code).toBe('LOG_UNAVAILABLE')
  })

  it('passes on what no log did', async () => {
    const { error } = await testify(new TypeError('defect'))
    expect(error).toBeInstanceOf(TypeError)
  })
})
