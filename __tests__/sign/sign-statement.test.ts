import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { http } from '../../src/io/http.ts'
import { CleanbillError } from '../../src/model/error.ts'
import { isOutage, signStatement } from '../../src/sign/sign-statement.ts'
import type { SigningServices } from '../../src/sign/signing-services.ts'
import { close, listen } from '../support/loopback-server.ts'
import { testHost } from '../support/test-host.ts'

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl'
let server: Server
let url: string

beforeAll(async () => {
  // A CA that refuses, and echoes what it was sent.
  server = createServer(async (request, answer) => {
    let body = ''
    for await (const chunk of request) body += chunk
    answer.writeHead(400, { 'content-type': 'application/json' })
    answer.end(JSON.stringify({ code: 3, message: `bad token ${body.match(/eyJ[\w.-]+/)?.[0] ?? JWT}` }))
  })
  url = await listen(server)
})
afterAll(() => close(server))

describe('a signing that is refused', () => {
  it('says so without the token, even when the server echoes it', async () => {
    const services: SigningServices = { instance: 'custom', caUrl: url, tsaUrl: url, publicLog: false }
    const host = testHost('/x')
    const claims = { iss: 'https://issuer.example', sub: 'me' }
    const error = await signStatement(Buffer.from('{}'), services, { jwt: JWT, claims }, { host, http }).catch(
      (caught) => caught,
    )
    expect(error).toMatchObject({ code: 'CA_REFUSED' })
    expect(String(error) + error.hint).not.toContain(JWT)
  })
})

describe('an outage', () => {
  it.each([
    'TOKEN_UNAVAILABLE',
    'CA_UNAVAILABLE',
    'LOG_UNAVAILABLE',
    'TSA_UNAVAILABLE',
    'TRUST_ROOT_UNAVAILABLE',
  ] as const)('is %s', (code) => {
    expect(isOutage(new CleanbillError(code, 'x'))).toBe(true)
  })
  it.each(['CA_REFUSED', 'LOG_REFUSED', 'TOKEN_EXPIRED', 'SIGNING_FAILED', 'PUBLIC_LOG', 'KEY_INVALID'] as const)(
    'is not %s: waiting would not help',
    (code) => {
      expect(isOutage(new CleanbillError(code, 'x'))).toBe(false)
    },
  )
  it('is not a defect of ours', () => {
    expect(isOutage(new TypeError('x'))).toBe(false)
  })
})
