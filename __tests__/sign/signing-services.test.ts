import { describe, expect, it } from 'vitest'
import { chooseInstance, githubServices, parseSigningConfig } from '../../src/sign/signing-services.ts'
import { codeOf } from '../support/real-signer.ts'

const NOW = new Date('2026-11-22T12:00:00Z')
const PAST = { start: '2026-01-01T00:00:00Z' }
const FUTURE = { start: '2099-01-01T00:00:00Z' }
const OVER = { start: '2025-01-01T00:00:00Z', end: '2026-11-22T12:00:00Z' }

const service = (url: string, validFor: object = PAST, majorApiVersion = 1) => ({
  url,
  majorApiVersion,
  validFor,
  operator: 'x',
})
const config = (change: object = {}) =>
  JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service('https://ca.example')],
    rekorTlogUrls: [service('https://log.example')],
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls: [service('https://tsa.example/api/v1/timestamp')],
    tsaConfig: { selector: 'ANY' },
    ...change,
  })
const parse = (change?: object) => parseSigningConfig(config(change), 'config.json', NOW)

describe('a signing config', () => {
  it('names the services of one signing', () => {
    expect(parse()).toStrictEqual({
      instance: 'custom',
      caUrl: 'https://ca.example',
      log: { url: 'https://log.example', majorApiVersion: 1 },
      tsaUrl: 'https://tsa.example/api/v1/timestamp',
      publicLog: false,
    })
  })

  it('gives the first service that is valid now, and none that begins in 2099 or has ended', () => {
    const urls = [
      service('https://a.example', FUTURE),
      service('https://b.example', OVER),
      service('https://c.example'),
      service('https://d.example'),
    ]
    expect(parse({ caUrls: urls }).caUrl).toBe('https://c.example')
    expect(parse({ rekorTlogUrls: urls }).log?.url).toBe('https://c.example')
    expect(parse({ tsaUrls: urls }).tsaUrl).toBe('https://c.example/api/v1/timestamp')
  })

  it.each(['caUrls', 'tsaUrls', 'rekorTlogUrls'])('is of no use when none of its %s is valid now', async (key) => {
    for (const validFor of [FUTURE, OVER]) {
      expect(await codeOf(() => parse({ [key]: [service('https://a.example', validFor)] }))).toBe('CONFIG_MALFORMED')
    }
    expect(await codeOf(() => parse({ [key]: [service('https://a.example', PAST, 3)] }))).toBe('CONFIG_MALFORMED')
  })

  it('may have no log, and picks Rekor v2 by its version', () => {
    expect(parse({ rekorTlogUrls: [] }).log).toBeUndefined()
    expect(parse({ rekorTlogUrls: [service('https://log.example', PAST, 2)] }).log?.majorApiVersion).toBe(2)
  })

  it.each([
    ['another version', { mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.1+json' }],
    ['no certificate authority', { caUrls: [] }],
    ['no timestamp authority', { tsaUrls: [] }],
    ['a service without its times', { caUrls: [{ url: 'https://ca.example', majorApiVersion: 1 }] }],
    ['a time that is none', { caUrls: [service('https://ca.example', { start: 'yesterday' })] }],
    ['an unknown selector', { tsaConfig: { selector: 'SOME' } }],
  ])('is refused with %s', async (_, change) => {
    expect(await codeOf(() => parse(change))).toBe('CONFIG_MALFORMED')
  })

  it.each(['caUrls', 'tsaUrls', 'rekorTlogUrls'])('sends nothing over plain http but to loopback: %s', async (key) => {
    for (const url of [
      'http://ca.example',
      'http://127.0.0.1.evil.example',
      'http://localhost.evil.example',
      'ftp://ca.example',
      'https://u:p@ca.example',
      'ca.example',
    ]) {
      expect(await codeOf(() => parse({ [key]: [service(url)] }))).toBe('URL_DENIED')
    }
    expect(() => parse({ [key]: [service('http://127.0.0.1:8080')] })).not.toThrow()
  })

  it.each([
    ['https://rekor.sigstore.dev', true],
    ['https://log2025-1.rekor.sigstore.dev', true],
    ['https://sigstore.dev', true],
    ['https://REKOR.sigstore.DEV', true],
    ['https://rekor.sigstore.dev.', true],
    ['https://evilsigstore.dev', false],
    ['https://rekor.sigstore.dev.evil.example', false],
    ['https://evil.example/rekor.sigstore.dev', false],
  ])('knows whether the world reads the log: %s → %s', (url, expected) => {
    expect(parse({ rekorTlogUrls: [service(url)] }).publicLog).toBe(expected)
  })
})

describe('the instance', () => {
  const server = 'https://github.com'
  it.each([
    ['public', undefined, false, 'public-good'],
    ['public', 'github', false, 'github'],
    ['private', undefined, false, 'github'],
    ['internal', undefined, false, 'github'],
    ['unknown', undefined, false, 'github'],
    ['private', undefined, true, 'public-good'],
    ['private', 'github', true, 'github'],
    ['private', 'public-good', true, 'public-good'],
  ] as const)(
    'of a %s repository that asked for %s (allowed: %s) is %s',
    (visibility, requested, allowPublicLog, expected) => {
      expect(chooseInstance({ visibility, serverUrl: server, requested, allowPublicLog })).toBe(expected)
    },
  )

  it.each(['private', 'internal', 'unknown'] as const)(
    'is never the public one for a %s repository that did not say so',
    async (visibility) => {
      const choice = { visibility, serverUrl: server, requested: 'public-good', allowPublicLog: false } as const
      expect(await codeOf(() => chooseInstance(choice))).toBe('PUBLIC_LOG')
    },
  )

  it('of GitHub keeps no log, and has its own hosts for a tenant', () => {
    expect(githubServices('https://github.com')).toStrictEqual({
      instance: 'github',
      caUrl: 'https://fulcio.githubapp.com',
      tsaUrl: 'https://timestamp.githubapp.com/api/v1/timestamp',
      publicLog: false,
    })
    expect(githubServices('https://octo.ghe.com').caUrl).toBe('https://fulcio.octo.ghe.com')
  })

  it.each(['https://ghes.example', 'https://github.com.evil.example', 'https://a.b.ghe.com', 'https://evilghe.com'])(
    'of GitHub is not at %s',
    async (url) => {
      expect(await codeOf(() => githubServices(url))).toBe('STORE_NOT_AVAILABLE')
    },
  )
})
