import { expect, test } from 'vitest'
import { parseImageReference, sameRegistry } from '../../src/publish/image-reference.ts'

const HEX = 'ab'.repeat(32)

test.each([
  [`oci://ghcr.io/acme/app@sha256:${HEX}`, 'ghcr.io', 'acme/app', undefined, HEX],
  [`ghcr.io/acme/app:v1@sha256:${HEX.toUpperCase()}`, 'ghcr.io', 'acme/app', 'v1', HEX],
  ['oci://localhost:5000/app:latest', 'localhost:5000', 'app', 'latest', undefined],
  ['oci://[::1]:5000/app:latest', '[::1]:5000', 'app', 'latest', undefined],
  ['docker.io/alpine:3', 'registry-1.docker.io', 'library/alpine', '3', undefined],
  ['INDEX.docker.io/acme/a__b/c-d.e:3', 'registry-1.docker.io', 'acme/a__b/c-d.e', '3', undefined],
])('reads %s', (text, registry, repository, tag, hex) => {
  const found = parseImageReference(text)
  expect([found.registry, found.repository, found.tag, found.digest?.hex]).toEqual([registry, repository, tag, hex])
})

test.each([
  'app:v1',
  'acme/app:v1',
  'ghcr.io/acme/app',
  'ghcr.io/Acme/app:v1',
  'ghcr.io/acme/../app:v1',
  'ghcr.io/acme//app:v1',
  'ghcr.io/acme/app:v1/x',
  'ghcr.io/acme/app?x=1:v1',
  'user:pw@ghcr.io/acme/app:v1',
  'https://ghcr.io/acme/app:v1',
  'ghcr.io#evil.example/acme/app:v1',
  '/acme/app:v1',
  '',
])('refuses %j', (text) => {
  const codes = ['ARGUMENT_INVALID', 'DIGEST_MALFORMED']
  expect(() => parseImageReference(text)).toThrowError(expect.objectContaining({ code: expect.toBeOneOf(codes) }))
})

test('refuses a digest that is too short or too weak', () => {
  for (const digest of ['sha256:abcd', `md5:${'a'.repeat(32)}`, '']) {
    expect(() => parseImageReference(`ghcr.io/acme/app@${digest}`)).toThrowError(
      expect.objectContaining({ code: 'DIGEST_MALFORMED' }),
    )
  }
})

test('compares registry hosts whole', () => {
  expect(sameRegistry('index.docker.io', 'registry-1.docker.io')).toBe(true)
  expect(sameRegistry('evil-docker.io', 'docker.io')).toBe(false)
  expect(sameRegistry('ghcr.io', 'ghcr.io.evil.example')).toBe(false)
  expect(sameRegistry('localhost:5000', 'localhost:5001')).toBe(false)
})
