import { describe, expect, it } from 'vitest'
import { contextPrimitive, sequence } from '../../src/embedded/der.ts'
import { type HttpRequest, HttpUnavailable, makeHttp } from '../../src/io/http.ts'
import type { ResolveName } from '../../src/io/public-address.ts'
import { issueCertificate } from '../support/certificates.ts'
import { countingServers } from '../support/raw-server.ts'
import { codeOf } from '../support/real-signer.ts'

const start = countingServers()

const subjectAltName = { oid: '2.5.29.17', value: sequence(contextPrimitive(2, Buffer.from('blobs.example'))) }
const { pem, privateKey } = issueCertificate({
  extensions: [subjectAltName],
  notBefore: '2020-01-01',
  notAfter: '2049-01-01',
})
const tls = { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem }

/** A resolver that says the same of every name, and which names it was asked. */
function names(...addresses: string[]) {
  const asked: string[] = []
  const lookup: ResolveName = async (hostname) => {
    asked.push(hostname)
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return { asked, lookup }
}

/** Both ways of asking. */
const clients = (options: Parameters<typeof makeHttp>[0]) => {
  const { http, httpStream } = makeHttp(options)
  return [http, async (request: HttpRequest) => void (await (await httpStream(request)).discard())] as const
}

describe('https', () => {
  it('is asked at the address of the name, under the name', async () => {
    const server = await start.https(tls, (request, response) => response.end(request.headers.host))
    const { lookup, asked } = names('127.0.0.1')
    const { http } = makeHttp({ lookup, ca: pem })
    const answer = await http({ url: `https://blobs.example:${server.port}/a` })
    expect(Buffer.from(answer.body).toString()).toBe(`blobs.example:${server.port}`)
    expect(asked).toStrictEqual(['blobs.example'])
  })

  it.each([
    ['an authority that is not known', 'blobs.example', undefined],
    ['another name', 'other.example', pem],
  ])('is not believed with a certificate of %s', async (_, name, ca) => {
    let requests = 0
    const server = await start.https(tls, (_, response) => {
      requests++
      response.end()
    })
    const { http } = makeHttp({ lookup: names('127.0.0.1').lookup, ...(ca === undefined ? {} : { ca }) })
    await expect(http({ url: `https://${name}:${server.port}/` })).rejects.toThrow(HttpUnavailable)
    expect(requests).toBe(0)
  })
})

describe('T-NS-04: a request that may go to public addresses only', () => {
  it('makes no connection to a name that leads inside, and would without the rule', async () => {
    const server = await start.https(tls, (_, response) => response.end('secret'))
    const url = `https://blobs.example:${server.port}/`
    for (const ask of clients({ lookup: names('127.0.0.1').lookup, ca: pem })) {
      expect(await codeOf(() => ask({ url, publicOnly: true }))).toBe('URL_DENIED')
    }
    expect(server.connections()).toBe(0)
    for (const ask of clients({ lookup: names('127.0.0.1').lookup, ca: pem })) await ask({ url })
    expect(server.connections()).toBe(1)
  })

  it('makes none when only one address of many leads inside', async () => {
    const server = await start.https(tls, (_, response) => response.end('secret'))
    const { http } = makeHttp({ lookup: names('127.0.0.1', '1.1.1.1').lookup, ca: pem })
    const request = { url: `https://blobs.example:${server.port}/`, publicOnly: true }
    expect(await codeOf(() => http(request))).toBe('URL_DENIED')
    expect(server.connections()).toBe(0)
  })

  it.each(['http://127.0.0.1', 'http://[::1]', 'https://10.0.0.1', 'https://[::ffff:10.0.0.1]', 'https://0x7f.1'])(
    'does not ask an address in figures, which nobody looks up: %s',
    async (url) => {
      const { lookup, asked } = names('1.1.1.1')
      for (const ask of clients({ lookup })) {
        expect(await codeOf(() => ask({ url, publicOnly: true, timeoutMs: 1_000 }))).toBe('URL_DENIED')
      }
      expect(asked).toStrictEqual([])
    },
  )

  it('does not take up a connection that was made without the rule', async () => {
    const server = await start.https(tls, (_, response) => response.end('secret'))
    const { http } = makeHttp({ lookup: names('127.0.0.1').lookup, ca: pem })
    const url = `https://blobs.example:${server.port}/`
    await http({ url })
    expect(await codeOf(() => http({ url, publicOnly: true }))).toBe('URL_DENIED')
    await http({ url })
    expect(server.connections()).toBe(1)
  })
})
