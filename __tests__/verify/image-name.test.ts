import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../src/model/dependency.ts'
import { sameImage } from '../../src/verify/image-name.ts'

const image = (name: string): Dependency => ({
  id: 'pkg:oci/x',
  kind: 'image',
  ecosystem: 'oci',
  name,
  version: undefined,
  digests: {},
  file: 'Dockerfile',
  line: 1,
  scope: 'runtime',
  source: 'registry',
})

describe('sameImage', () => {
  it.for<[string, string, boolean]>([
    ['ghcr.io/acme/app', 'ghcr.io/acme/app', true],
    ['ghcr.io/acme/app:v1', 'ghcr.io/acme/app', true],
    ['ghcr.io/acme/app', 'ghcr.io/acme/other', false],
    ['pkg:oci/app?repository_url=ghcr.io%2Facme%2Fapp', 'ghcr.io/acme/app', true],
    ['pkg:oci/app?repository_url=ghcr.io%2Facme%2Fother', 'ghcr.io/acme/app', false],
    ['pkg:oci/app', 'ghcr.io/acme/app', false],
    ['pkg:docker/acme/app@v1?repository_url=ghcr.io', 'ghcr.io/acme/app', true],
    ['pkg:docker/acme/other@v1?repository_url=ghcr.io', 'ghcr.io/acme/app', false],
    ['pkg:docker/acme/app@v1', 'ghcr.io/acme/app', false],
    ['pkg:docker/node@22', 'docker.io/library/node', true],
    ['pkg:docker/library/node@22', 'node', true],
    ['pkg:npm/app?repository_url=ghcr.io%2Facme', 'ghcr.io/acme/app', false],
    ['pkg:npm/node', 'node', false],
    ['localhost/app', 'localhost/app', true],
    ['localhost/app', 'docker.io/localhost/app', false],
    ['localhost:5000/app:v1', 'localhost:5000/app', true],
    ['registry-1.docker.io/library/node', 'node', true],
    ['docker://node:22', 'node', true],
    ['http://ghcr.io/acme/app', 'ghcr.io/acme/app', true],
    ['https://ghcr.io/acme/app:v1', 'ghcr.io/acme/app', true],
    ['ghcr.io/acme/oci://app', 'ghcr.io/acme/app', false],
    [`ghcr.io/acme/app@sha256:${'a'.repeat(64)}`, 'ghcr.io/acme/app', true],
    [`ghcr.io/acme/app:v1@sha256:${'a'.repeat(64)}`, 'ghcr.io/acme/app', true],
    ['docker.io/node', 'node', true],
    ['node', 'redis', false],
    ['evildocker.io/node', 'evildocker.io/node', true],
    ['evildocker.io/node', 'node', false],
    ['docker.io.evil.example/node', 'node', false],
    ['pkg:', 'ghcr.io/acme/app', false],
  ])('%s means %s: %s', ([name, wanted, expected]) => {
    expect(sameImage(name, image(wanted))).toBe(expected)
  })
})
