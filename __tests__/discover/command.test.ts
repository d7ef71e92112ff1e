import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseCommandArgs } from '../../src/entry/cli/args.ts'
import type { CliContext } from '../../src/entry/cli/command.ts'
import { discoverCommand } from '../../src/entry/cli/commands/discover.ts'
import { discoverDocumentSchema, discoverJsonSchema } from '../../src/model/discover-document.ts'
import { testHost } from '../support/test-host.ts'

const LOCK = '{"lockfileVersion":3,"packages":{"":{},"node_modules/a":{"version":"1.0.0"}}}'
let cwd: string

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'discover-'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(cwd, path)), { recursive: true })
  writeFileSync(join(cwd, path), text)
}

async function discover(...argv: readonly string[]) {
  // Sound: the command looks at nothing but the working directory.
  const context = { host: testHost(cwd) } as unknown as CliContext
  const result = await discoverCommand.run(context, parseCommandArgs(discoverCommand, argv))
  return { ...result, document: discoverDocumentSchema.parse(result.document) }
}

describe('cleanbill discover', () => {
  it('lists each dependency with file and line, and exits 0', async () => {
    write('package-lock.json', LOCK)
    write('.github/workflows/ci.yml', 'jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n')
    const { exitCode, document, text } = await discover()
    expect(exitCode).toBe(0)
    expect(document.dependencies.map(({ id, kind, file, line }) => [id, kind, file, line])).toStrictEqual([
      ['pkg:github/actions/checkout@v4', 'action', '.github/workflows/ci.yml', 4],
      ['pkg:npm/a@1.0.0', 'package', 'package-lock.json', 1],
    ])
    expect(text).toContain('2 dependencies in 2 files')
  })

  it('exits 1 when a file could not be read, and still lists the rest', async () => {
    write('a/package-lock.json', LOCK)
    write('b/package-lock.json', '{')
    const { exitCode, document } = await discover()
    expect(exitCode).toBe(1)
    expect(document.files.map(({ error }) => error?.code)).toStrictEqual([undefined, 'DEPENDENCY_FILE_MALFORMED'])
    expect(document.dependencies.length).toBe(1)
  })

  it('tells several folders apart, and refuses to count one file twice', async () => {
    write('a/package-lock.json', LOCK)
    write('b/package-lock.json', LOCK)
    const { document } = await discover('a', './b/')
    expect(document.files.map(({ path }) => path)).toStrictEqual(['a/package-lock.json', 'b/package-lock.json'])
    expect(document.dependencies.map(({ file }) => file)).toStrictEqual(['a/package-lock.json', 'b/package-lock.json'])
    await expect(discover('a', 'a')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })

  it('takes one file, and a workflow by the path that makes it one', async () => {
    write('.github/workflows/ci.yml', 'jobs:\n  a:\n    uses: acme/flows/.github/workflows/x.yml@v1\n')
    write('package-lock.json', LOCK)
    const { document } = await discover('.github/workflows/ci.yml')
    expect(document.files.map(({ path }) => path)).toStrictEqual(['.github/workflows/ci.yml'])
    expect(document.dependencies[0]?.kind).toBe('reusable-workflow')
  })

  it('says INPUT_EMPTY where there is nothing to look at', async () => {
    await expect(discover()).rejects.toMatchObject({ code: 'INPUT_EMPTY' })
  })

  it('prints the document that its schema describes', () => {
    const written = JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/discover-v1.schema.json'), 'utf8'))
    expect(written).toStrictEqual(JSON.parse(JSON.stringify(discoverJsonSchema())))
  })
})
