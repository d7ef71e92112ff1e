import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PackageURL } from 'packageurl-js'
import { describe, expect, it } from 'vitest'
import { FINDERS } from '../../src/discover/finders/index.ts'
import type { Dependency } from '../../src/model/dependency.ts'
import { parsePackageUrl } from '../../src/model/purl.ts'
import { FIXTURES } from '../support/fixtures.ts'
import { COUNTS, realName } from '../support/lockfile-counts.ts'

const LOCKFILES = join(FIXTURES, 'lockfiles')
const present = existsSync(LOCKFILES)
const files = present
  ? readdirSync(LOCKFILES, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(LOCKFILES.length + 1))
      .sort()
  : []
if (!present) console.warn('SKIPPED: 36 lock files, the fixtures are not there')

function find(file: string): readonly Dependency[] {
  const path = realName(file)
  const finder = FINDERS.find((candidate) => candidate.matches(path))
  if (finder === undefined) throw new Error(`no finder reads ${path} (${file})`)
  return finder.find({ path, bytes: readFileSync(join(LOCKFILES, file)) }).dependencies
}

describe.runIf(present)('every entry of a real lock is found', () => {
  const readable = files.filter((file) => !file.includes('/invalid/'))

  it('in each lock file that is there', () => {
    expect(readable.length).toBeGreaterThanOrEqual(35)
    expect(readable.filter((file) => COUNTS[realName(file)] === undefined)).toStrictEqual([])
  })

  it.each(readable)('%s: as many as a second way of counting finds', (file) => {
    const count = COUNTS[realName(file)]
    const text = readFileSync(join(LOCKFILES, file), 'utf8')
    expect(count?.(text)).toBeGreaterThan(0)
    expect(find(file).length).toBe(count?.(text))
  })

  it.each(readable)('%s: each entry stands on the line that names it', (file) => {
    const lines = readFileSync(join(LOCKFILES, file), 'utf8').split('\n')
    const strays = find(file).filter(({ line, name, location, alias }) => {
      // A header of an array of tables comes first, the name a line later.
      const near = `${lines[line - 1] ?? ''}\n${lines[line] ?? ''}`
      const words = [name, location, alias].flatMap((word) =>
        word === undefined ? [] : [word, word.slice(word.lastIndexOf('/') + 1)],
      )
      return !words.some((word) => near.includes(word))
    })
    expect(strays.slice(0, 3)).toStrictEqual([])
  })

  it.each(readable)('%s: each package URL is one for another reader too', (file) => {
    for (const { id } of find(file)) {
      if (!id.startsWith('pkg:')) continue
      const own = parsePackageUrl(id)
      const other = PackageURL.fromString(id)
      expect(other.version ?? '').toBe(own?.version)
      // packageurl-js takes npm names for lower case, which they need not be.
      expect(other.name?.toLowerCase()).toBe(own?.name.toLowerCase())
      expect((other.namespace ?? '').toLowerCase()).toBe(own?.namespace.toLowerCase())
    }
  })

  it.each(readable.filter((file) => /^(?:npm|pnpm|bun|rust|ruby)\//.test(file)))('%s: no hash is lost', (file) => {
    // In version 2 of npm the second section says everything once more.
    const text = readFileSync(join(LOCKFILES, file), 'utf8').replace(
      /("packages": \{[\s\S]*)\n {2}"dependencies": \{[\s\S]*$/,
      '$1',
    )
    const written = [...text.matchAll(/"?integrity"?: "?sha|, "sha512-|^checksum = |\) sha256=/gm)].length
    const held = find(file).filter(({ digests }) =>
      Object.keys(digests).some((algorithm) => algorithm.startsWith('sha')),
    )
    expect(written).toBeGreaterThan(0)
    expect(held.length).toBe(written)
  })

  it('and every wheel and source archive of pydantic-ai: 4,145 files', () => {
    const found = find('python/pydantic-ai.uv.lock')
    const named = found.flatMap(({ files: listed }) => listed ?? [])
    const text = readFileSync(join(LOCKFILES, 'python/pydantic-ai.uv.lock'), 'utf8')
    expect(named.length).toBe([...text.matchAll(/hash = "sha256:[0-9a-f]{64}"/g)].length)
    expect(
      named.every(({ name, digests }) => /\.(?:whl|tar\.gz|zip)$/.test(name ?? '') && digests.sha256?.length === 64),
    ).toBe(true)
  })

  it('and a lock with the marks of a merge is an error with its line', () => {
    expect(() => find('npm/invalid/conflict.package-lock.json')).toThrow(
      expect.objectContaining({ code: 'DEPENDENCY_FILE_MALFORMED', line: 13 }),
    )
  })
})
