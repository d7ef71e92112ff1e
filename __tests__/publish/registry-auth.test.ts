import { expect, test } from 'vitest'
import type { Http, HttpRequest } from '../../src/io/http.ts'
import { parseChallenge } from '../../src/model/oci.ts'
import { answerChallenge, parseDockerConfig } from '../../src/publish/registry-auth.ts'
import { refusal } from './fixtures.ts'

const encoded = (text: string) => Buffer.from(text).toString('base64')

test('reads a challenge, prefers Bearer, and passes over schemes it does not know', () => {
  expect(parseChallenge('Bearer realm="https://a.example/token",service="s, t",scope="x"')).toEqual({
    scheme: 'bearer',
    parameters: { realm: 'https://a.example/token', service: 's, t', scope: 'x' },
  })
  expect(parseChallenge('Negotiate, Basic realm="r", bearer realm=https://b.example')).toEqual({
    scheme: 'bearer',
    parameters: { realm: 'https://b.example' },
  })
  expect(parseChallenge('Basic')).toEqual({ scheme: 'basic', parameters: {} })
  expect(parseChallenge('Negotiate')).toBeUndefined()
  expect(parseChallenge('')).toBeUndefined()
})

const CREDENTIALS = { username: 'robot', password: 'pw' }

/** Asks with a realm, and tells what went out. */
async function ask(realm: string, registry: string, body: unknown = { token: 't' }) {
  const sent: HttpRequest[] = []
  const http: Http = async (request) => {
    sent.push(request)
    return { status: 200, headers: new Headers(), body: new TextEncoder().encode(JSON.stringify(body)) }
  }
  const challenge = { scheme: 'bearer', parameters: { realm, service: 's', scope: 'repository:other:*' } } as const
  const request = { challenge, registry: new URL(registry), repository: 'acme/app', credentials: CREDENTIALS, http }
  return { sent, answer: answerChallenge({ ...request, timeoutMs: 1000 }) }
}

test('asks for a token for this repository only, whatever the registry wants', async () => {
  const { sent, answer } = await ask('https://auth.example/token?a=b', 'https://registry.example')
  expect(await answer).toBe('Bearer t')
  const url = new URL(sent[0]?.url ?? '')
  expect(Object.fromEntries(url.searchParams)).toEqual({ a: 'b', service: 's', scope: 'repository:acme/app:pull,push' })
})

test.each([
  ['plain http', 'http://auth.example/token', 'https://registry.example'],
  ['a loopback address, from a remote registry', 'http://127.0.0.1:9/token', 'https://registry.example'],
  ['another protocol', 'file:///etc/passwd', 'https://registry.example'],
  ['nothing', '', 'https://registry.example'],
])('sends no credentials to a token service at %s', async (_, realm, registry) => {
  const { sent, answer } = await ask(realm, registry)
  expect((await refusal(answer)).code).toBe('URL_DENIED')
  expect(sent).toEqual([])
})

test.each([{}, { token: 7 }, { token: 'a\r\nx: y' }, { token: '' }, []])(
  'refuses the token answer %j',
  async (body) => {
    const { answer } = await ask('https://auth.example/token', 'https://registry.example', body)
    expect((await refusal(answer)).code).toBe('REGISTRY_MALFORMED')
  },
)

test('finds credentials of exactly this registry in a docker configuration', () => {
  const config = JSON.stringify({
    auths: {
      'ghcr.io.evil.example': { auth: encoded('evil:evil') },
      'ghcr.io': { auth: encoded('me:pass:word') },
      'https://index.docker.io/v1/': { auth: encoded('hub:hubpw') },
      'gcr.io': { identitytoken: 'idt', auth: encoded('<token>:') },
      'helper.example': {},
      'plain.example': { username: 'u', password: 'p' },
    },
    credsStore: 'desktop',
  })
  expect(parseDockerConfig(config, 'ghcr.io')).toEqual({ username: 'me', password: 'pass:word' })
  expect(parseDockerConfig(config, 'registry-1.docker.io')).toEqual({ username: 'hub', password: 'hubpw' })
  expect(parseDockerConfig(config, 'gcr.io')?.identityToken).toBe('idt')
  expect(parseDockerConfig(config, 'plain.example')).toEqual({ username: 'u', password: 'p' })
  for (const other of ['helper.example', 'io', 'evil.ghcr.io', 'localhost:5000']) {
    expect(parseDockerConfig(config, other)).toBeUndefined()
  }
  expect(parseDockerConfig('{}', 'ghcr.io')).toBeUndefined()
})

test('refuses a docker configuration that is not readable', () => {
  expect(() => parseDockerConfig('{"auths":', 'ghcr.io')).toThrowError(
    expect.objectContaining({ code: 'CONFIG_MALFORMED' }),
  )
})
