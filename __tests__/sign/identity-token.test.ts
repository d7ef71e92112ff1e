import { describe, expect, it } from 'vitest'
import type { Host } from '../../src/io/host.ts'
import { type Http, type HttpRequest, HttpUnavailable } from '../../src/io/http.ts'
import { chooseIdentityProvider, parseIdentityToken, publicNames } from '../../src/sign/identity-token.ts'
import { codeOf } from '../support/real-signer.ts'
import { testHost } from '../support/test-host.ts'

const NOW = new Date('2026-11-22T12:00:00Z')
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const CLAIMS = { iss: 'https://issuer.example', sub: 'me', aud: 'sigstore', exp: NOW.getTime() / 1000 + 60 }
const jwt = (change: object = {}) => `${part({ alg: 'RS256' })}.${part({ ...CLAIMS, ...change })}.c2ln`

const GITHUB = {
  GITHUB_ACTIONS: 'true',
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://vstoken.example/token?api-version=2.0',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
}
const never: Http = async () => {
  throw new Error('asked')
}
const host = (env: Host['env'], more: Partial<Host> = {}): Host => ({ ...testHost('/x', () => NOW), env, ...more })
const answering =
  (status: number, body: string, asked: HttpRequest[] = []): Http =>
  async (request) => {
    asked.push(request)
    return { status, headers: new Headers(), body: new TextEncoder().encode(body) }
  }

describe('the source of the identity', () => {
  it.each([
    ['GitHub', GITHUB, 'github'],
    ['GitLab', { GITLAB_CI: 'true', SIGSTORE_ID_TOKEN: 'x' }, 'gitlab'],
    ['a variable', { SIGSTORE_ID_TOKEN: 'x' }, 'environment'],
    ['GitHub, whatever else is set', { ...GITHUB, GITLAB_CI: 'true' }, 'github'],
  ])('is %s', (_, env, id) => {
    expect(chooseIdentityProvider(host(env), never).id).toBe(id)
  })

  it.each([
    ['a planted variable on GitHub', { ...GITHUB, SIGSTORE_ID_TOKEN: 'x' }, false, 'TOKEN_SOURCE'],
    ['a planted variable and no permission', { GITHUB_ACTIONS: 'true', SIGSTORE_ID_TOKEN: 'x' }, false, 'TOKEN_SOURCE'],
    ['no permission', { GITHUB_ACTIONS: 'true' }, false, 'TOKEN_PERMISSION'],
    ['half a permission', { ...GITHUB, ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' }, false, 'TOKEN_PERMISSION'],
    ['a fork', { GITHUB_ACTIONS: 'true' }, true, 'TOKEN_FORK'],
    ['GitLab without id_tokens', { GITLAB_CI: 'true' }, false, 'TOKEN_PERMISSION'],
    ['nothing', {}, false, 'TOKEN_PERMISSION'],
  ])('is refused at once: %s', async (_, env, fork, code) => {
    expect(await codeOf(() => chooseIdentityProvider(host(env), never, fork))).toBe(code)
  })

  it('stands in no message, whatever is wrong with it', async () => {
    for (const given of [jwt({ aud: 'somebody' }), jwt({ exp: 1 }), 'no.jwt.at-all']) {
      const refusal = await chooseIdentityProvider(host({ SIGSTORE_ID_TOKEN: given }), never)
        .getToken()
        .catch((error: Error) => error)
      expect(refusal).toBeInstanceOf(Error)
      expect(`${(refusal as Error).message} ${(refusal as { hint?: string }).hint}`).not.toContain(given)
    }
  })
})

describe('GitHub’s token endpoint', () => {
  it('is asked for the audience sigstore with the request token', async () => {
    const asked: HttpRequest[] = []
    const provider = chooseIdentityProvider(host(GITHUB), answering(200, JSON.stringify({ value: jwt() }), asked))
    expect((await provider.getToken()).claims).toMatchObject({ sub: 'me' })
    expect(asked).toHaveLength(1)
    expect(asked[0]?.url).toBe(`${GITHUB.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=sigstore`)
    expect(asked[0]?.headers).toMatchObject({ authorization: 'Bearer request-token' })
    expect(asked[0]?.timeoutMs).toBeLessThanOrEqual(30_000)
  })

  it.each([
    [401, '', 'TOKEN_PERMISSION', 1],
    [403, '', 'TOKEN_PERMISSION', 1],
    [404, '', 'TOKEN_UNAVAILABLE', 1],
    [302, '', 'TOKEN_UNAVAILABLE', 1],
    [500, '', 'TOKEN_UNAVAILABLE', 3],
    [200, '{"message":"no"}', 'TOKEN_MALFORMED', 1],
    [200, '{"value":null}', 'TOKEN_MALFORMED', 1],
    [200, '{"value":""}', 'TOKEN_MALFORMED', 1],
    [200, '<html>', 'TOKEN_MALFORMED', 1],
    [200, '', 'TOKEN_MALFORMED', 1],
    [200, '[]', 'TOKEN_MALFORMED', 1],
  ])('that answers %i %s is %s after %i requests', async (status, body, code, requests) => {
    const asked: HttpRequest[] = []
    expect(await codeOf(() => chooseIdentityProvider(host(GITHUB), answering(status, body, asked)).getToken())).toBe(
      code,
    )
    expect(asked).toHaveLength(requests)
  })

  it('that says nothing in time is an outage, after three tries', async () => {
    let tries = 0
    const silent: Http = async () => {
      tries++
      throw new HttpUnavailable('vstoken.example: no answer in time')
    }
    expect(await codeOf(() => chooseIdentityProvider(host(GITHUB), silent).getToken())).toBe('TOKEN_UNAVAILABLE')
    expect(tries).toBe(3)
  })

  it('may fail once', async () => {
    let tries = 0
    const flaky: Http = async (request) => {
      if (tries++ === 0) throw new HttpUnavailable('reset')
      return answering(200, JSON.stringify({ value: jwt() }))(request)
    }
    await expect(chooseIdentityProvider(host(GITHUB), flaky).getToken()).resolves.toHaveProperty('claims.sub', 'me')
  })
})

describe('a token', () => {
  it('may name sigstore among its audiences', () => {
    expect(parseIdentityToken(jwt({ aud: ['x', 'sigstore'] }), NOW).claims.sub).toBe('me')
  })

  it.each([
    ['for somebody else', jwt({ aud: 'x' }), 'TOKEN_AUDIENCE'],
    ['for nobody', jwt({ aud: undefined }), 'TOKEN_AUDIENCE'],
    ['for one that contains the word', jwt({ aud: 'sigstore.evil' }), 'TOKEN_AUDIENCE'],
    ['that has just expired', jwt({ exp: NOW.getTime() / 1000 }), 'TOKEN_EXPIRED'],
    ['without an end', jwt({ exp: undefined }), 'TOKEN_EXPIRED'],
    ['without an issuer', jwt({ iss: undefined }), 'TOKEN_MALFORMED'],
    ['without a subject', jwt({ sub: 7 }), 'TOKEN_MALFORMED'],
    ['of two parts', jwt().split('.').slice(0, 2).join('.'), 'TOKEN_MALFORMED'],
    ['that is "undefined"', 'undefined', 'TOKEN_MALFORMED'],
    ['that is no JSON', 'a.b.c', 'TOKEN_MALFORMED'],
    ['that is a list', `${part({})}.${part([])}.x`, 'TOKEN_MALFORMED'],
  ])('%s is refused, and is in no message', async (_, token, code) => {
    try {
      parseIdentityToken(token, NOW)
      expect.unreachable()
    } catch (error) {
      expect((error as { code: string }).code).toBe(code)
      if (token.length > 20) expect(String(error)).not.toContain(token.slice(0, 20))
    }
  })

  it('tells which names become public', () => {
    expect(publicNames({ repository: 'acme/secret', email: 'a@b.example', exp: 1, run_id: '' })).toStrictEqual([
      'repository: acme/secret',
      'email: a@b.example',
    ])
  })
})
