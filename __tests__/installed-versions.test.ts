import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import semver from 'semver'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const manifest = (name: string) =>
  JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }

/**
 * npm prefers, without a word, an old major whose `engines` fit the Node it runs on: under Node 20 it installs
 * `@sigstore/verify` 3.1.1, which accepts log entries that 4.1.3 refuses (T-CR-17).
 */
describe('what is installed', () => {
  it.each([
    ['@sigstore/verify', '4.1.3'],
    ['@sigstore/bundle', '5.0.1'],
    ['@sigstore/core', '4.0.1'],
    ['@sigstore/sign', '5.1.0'],
    ['@sigstore/tuf', '5.0.1'],
    ['@sigstore/protobuf-specs', '0.5.2'],
    ['node', '24.15.0'],
  ])('%s is at least %s', (name, least) => {
    expect(semver.gte(manifest(name).version, least)).toBe(true)
  })

  it('is what package.json names, exactly', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>
    }
    for (const [name, version] of Object.entries(devDependencies))
      expect(`${name} ${manifest(name).version}`).toBe(`${name} ${version}`)
  })

  it('runs these tests on the Node that the product asks for', () => {
    expect(semver.gte(process.versions.node, '24.15.0')).toBe(true)
  })
})
