import { describe, expect, it } from 'vitest'
import {
  defaultRegistryOrigin,
  MANIFEST_MAX_BYTES,
  MANIFEST_TYPES,
  parseChallenge,
  registryHost,
} from '../../src/model/oci.ts'

it('asks for the four kinds of manifest there are, of 4 MiB at most', () => {
  expect(MANIFEST_TYPES).toStrictEqual([
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ])
  expect(MANIFEST_MAX_BYTES).toBe(4_194_304)
})

it.each([
  ['docker.io', 'registry-1.docker.io'],
  ['index.docker.io', 'registry-1.docker.io'],
  ['registry-1.docker.io', 'registry-1.docker.io'],
  ['Docker.IO', 'registry-1.docker.io'],
  ['ghcr.io', 'ghcr.io'],
  ['GHCR.io:443', 'ghcr.io:443'],
  ['evil-docker.io', 'evil-docker.io'],
  ['docker.io.evil.example', 'docker.io.evil.example'],
  ['', ''],
])('the registry %j is served by %j', (host, expected) => {
  expect(registryHost(host)).toBe(expected)
  expect(defaultRegistryOrigin(host)).toBe(`https://${expected}`)
})

describe('parseChallenge', () => {
  it.each<[string, string, Readonly<Record<string, string>>]>([
    ['Basic realm="x"', 'basic', { realm: 'x' }],
    ['basic', 'basic', {}],
    ['BEARER', 'bearer', {}],
    ['Bearer,', 'bearer', {}],
    [
      'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
      'bearer',
      { realm: 'https://auth.example/token', service: 'registry.example', scope: 'repository:a/b:pull,push' },
    ],
    ['Bearer REALM="Https://A"', 'bearer', { realm: 'Https://A' }],
    ['Bearer realm = plain , service= other', 'bearer', { realm: 'plain', service: 'other' }],
    ['Bearer realm=two  ,  service=words', 'bearer', { realm: 'two', service: 'words' }],
    ['Bearer realm="", service="s"', 'bearer', { realm: '', service: 's' }],
    ['Bearer realm="a\\"b\\\\c\\d"', 'bearer', { realm: 'a"b\\cd' }],
    ['Bearer realm="Basic x, y=z"', 'bearer', { realm: 'Basic x, y=z' }],
    ['Bearer realm=a"b', 'bearer', { realm: 'a' }],
    // Bearer wins, wherever it stands, and has its own parameters only.
    ['Basic realm="b", Bearer realm="t"', 'bearer', { realm: 't' }],
    ['Bearer realm="t", Basic realm="b"', 'bearer', { realm: 't' }],
    ['Basic realm="one", Basic realm="two"', 'basic', { realm: 'one' }],
    ['Bearer realm="one", Bearer realm="two"', 'bearer', { realm: 'one' }],
    ['Negotiate realm="n", Basic realm="b"', 'basic', { realm: 'b' }],
    ['Basic realm="b", Negotiate realm="n", more="m"', 'basic', { realm: 'b' }],
    ['Bearer\trealm="t"', 'bearer', { realm: 't' }],
  ])('reads %j', (header, scheme, parameters) => {
    expect(parseChallenge(header)).toStrictEqual({ scheme, parameters })
  })

  it.each(['', 'Negotiate', 'Digest realm="x"', 'realm="Bearer"', 'Bearer2', 'Basic/1', '='])(
    'is none in %j',
    (header) => {
      expect(parseChallenge(header)).toBeUndefined()
    },
  )

  it('reads the first 4096 characters', () => {
    expect(parseChallenge(`${' '.repeat(4091)}Basic`)).toStrictEqual({ scheme: 'basic', parameters: {} })
    expect(parseChallenge(`${' '.repeat(4092)}Basic`)).toBeUndefined()
    expect(parseChallenge(`${' '.repeat(4096)}Basic`)).toBeUndefined()
  })
})
