import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const run = promisify(execFile)

/** A copy of everything that the checker reads, so that a test can spoil it. */
let copy: string

async function check(folder: string, ...args: string[]): Promise<{ code: number; stdout: string }> {
  const env = { PATH: process.env.PATH ?? '' } as NodeJS.ProcessEnv
  try {
    const { stdout } = await run(process.execPath, [join(folder, 'scripts/docs.ts'), ...args], { cwd: folder, env })
    return { code: 0, stdout }
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string }
    return { code, stdout }
  }
}

async function withSpoiled(file: string, spoil: (text: string) => string): Promise<{ code: number; stdout: string }> {
  const path = join(copy, file)
  const text = await readFile(path, 'utf8')
  const spoiled = spoil(text)
  expect(spoiled).not.toBe(text)
  await writeFile(path, spoiled)
  try {
    return await check(copy)
  } finally {
    await writeFile(path, text)
  }
}

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'cleanbill-docs-'))
  const files = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'LICENSE', 'action.yml', 'package.json']
  for (const name of [...files, 'docs', 'examples', 'schemas', 'scripts', 'src']) {
    await cp(join(ROOT, name), join(copy, name), { recursive: true })
  }
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
})

afterAll(() => rm(copy, { recursive: true, force: true }))

describe('npm run docs', () => {
  it('finds nothing to correct: tables, codes and links are what the code says', async () => {
    const { code, stdout } = await check(ROOT)
    expect(stdout).not.toContain('faults')
    expect(code).toBe(0)
  })

  it('notices an input that action.yml describes otherwise than the code', async () => {
    const { code, stdout } = await withSpoiled('action.yml', (text) =>
      text.replace('default: "bash"', 'default: "zsh"'),
    )
    expect(code).toBe(1)
    expect(stdout).toContain('action.yml: a generated part is not what the code says')
  })

  it('notices a table in the README that was edited by hand, and writes it anew', async () => {
    const { code } = await withSpoiled('README.md', (text) => text.replace('| `exit-code` |', '| `exit-status` |'))
    expect(code).toBe(1)
    const readme = readFileSync(join(copy, 'README.md'), 'utf8')
    await writeFile(join(copy, 'README.md'), readme.replace('| `exit-code` |', '| `exit-status` |'))
    expect((await check(copy, '--write')).code).toBe(0)
    expect(readFileSync(join(copy, 'README.md'), 'utf8')).toBe(readme)
  })

  it('notices a quoted example that is not the file', async () => {
    const { stdout } = await withSpoiled('examples/verify-offline/verify.mjs', (text) => `${text}// more\n`)
    expect(stdout).toContain('README.md: a generated part')
  })

  it('notices an error code without a row, and a row without a code', async () => {
    const { stdout } = await withSpoiled('docs/errors.md', (text) =>
      text.replace('| `KEY_INVALID` |', '| `KEY_WRONG` |'),
    )
    expect(stdout).toContain('docs/errors.md: KEY_INVALID is missing')
    expect(stdout).toContain('docs/errors.md: KEY_WRONG is not in the code')
  })

  it('notices an error code under the heading of another class', async () => {
    const { stdout } = await withSpoiled('docs/errors.md', (text) => text.replace('## Tool (exit 1)', '## Usage too'))
    expect(stdout).toContain('docs/errors.md: DISK_FULL is tool, not under that heading')
  })

  it('notices a finding code without a row, a row without a code, and a row without advice', async () => {
    const { stdout } = await withSpoiled('docs/findings.md', (text) =>
      text
        .replace('| `TOO_YOUNG` |', '| `TOO_OLD` |')
        .replace(/^(\| `REVOKED` \|[^|]+\|).*$/m, '$1 |')
        .replace(/^(\| `NOT_ALLOWED` .*)$/m, '$1\n$1'),
    )
    expect(stdout).toContain('docs/findings.md: TOO_YOUNG is missing')
    expect(stdout).toContain('docs/findings.md: TOO_OLD is not in the code')
    expect(stdout).toContain('docs/findings.md: REVOKED needs a meaning and an advice')
    expect(stdout).toContain('docs/findings.md: NOT_ALLOWED is there twice')
  })

  it('notices a schema that is not what the code says, or is not there, and writes it anew', async () => {
    const file = 'schemas/verdict-v1.schema.json'
    const { stdout } = await withSpoiled(file, (text) => text.replace('"PASSED"', '"PASS"'))
    expect(stdout).toContain(`${file}: is not what the code says`)
    await rm(join(copy, file))
    expect((await check(copy)).stdout).toContain(`${file}: is not what the code says`)
    await check(copy, '--write')
    const [written, right] = [copy, ROOT].map((root) => JSON.parse(readFileSync(join(root, file), 'utf8')))
    expect(written).toStrictEqual(right)
  })

  it('notices a limit that no page explains', async () => {
    const { stdout } = await withSpoiled('docs/limits.md', (text) => text.replace(/^\| `ROOT_IN_JOB`.*\n/m, ''))
    expect(stdout).toContain('docs/limits.md: ROOT_IN_JOB is missing')
  })

  it('notices a link to a file or a heading that is not there', async () => {
    const spoil = (text: string) => `${text}\n[a](docs/gone.md) [b](docs/errors.md#gone)\n`
    const { stdout } = await withSpoiled('README.md', spoil)
    expect(stdout).toContain('README.md: docs/gone.md leads nowhere')
    expect(stdout).toContain('README.md: docs/errors.md#gone: no such heading')
  })
})

describe('action.yml', () => {
  const text = readFileSync(join(ROOT, 'action.yml'), 'utf8')

  it('runs one built file on Node 24 and has no post step that the command could rewrite', () => {
    expect(text).toMatch(/^runs:\n {2}using: node24\n {2}main: dist\/action\.mjs\n$/m)
    expect(text).not.toMatch(/^ {2}(pre|post)(-if)?:/m)
  })
})

describe('examples/in-toto', () => {
  const env = { PATH: process.env.PATH ?? '' } as NodeJS.ProcessEnv
  const example = (name: string, file: string) =>
    run(process.execPath, [join(ROOT, 'examples/in-toto', name), file], { cwd: ROOT, env })

  it('builds a statement that the same library reads', async () => {
    const { stdout } = await example('build-statement.mjs', join(ROOT, 'LICENSE'))
    expect(JSON.parse(stdout)).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'LICENSE' }],
    })
  })

  it('reads the provenance in a bundle', async () => {
    const digest = { sha256: 'ab'.repeat(32) }
    const predicate = {
      buildDefinition: {
        buildType: 'https://example.org/build',
        externalParameters: {},
        resolvedDependencies: [{ name: 'source', digest: { gitCommit: 'cd'.repeat(20) } }],
      },
      runDetails: { builder: { id: 'https://example.org/builder' } },
    }
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'model', digest }],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate,
    }
    const payload = Buffer.from(JSON.stringify(statement)).toString('base64')
    const bundle = join(copy, 'bundle.json')
    await writeFile(bundle, JSON.stringify({ dsseEnvelope: { payload } }))
    const { stdout } = await example('read-provenance.mjs', bundle)
    expect(stdout).toContain(`made model ${JSON.stringify(digest)}`)
    expect(stdout).toContain(`from source {"gitCommit":"${'cd'.repeat(20)}"}`)
    expect(stdout).toContain('by https://example.org/builder')
  })
})
