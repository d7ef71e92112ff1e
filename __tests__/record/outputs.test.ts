import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { omsRoot } from '../../src/model/predicates/oms.ts'
import { matchSegment, parsePattern } from '../../src/record/find-outputs.ts'
import { outputsRecorder } from '../../src/record/recorders/outputs.ts'
import { BARE_ENV, codes, makeContext, makeHost, makeProject, observe } from './support.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

interface Case {
  readonly before?: Record<string, string>
  readonly make?: (root: string) => unknown
  readonly patterns: readonly string[]
  readonly code?: number
}

async function outputs({ before = {}, make, patterns, code = 0 }: Case) {
  const workspace = await makeProject(before)
  const context = makeContext({ workspace, outputs: patterns.map((pattern) => ({ role: 'model', pattern })) })
  return await observe(outputsRecorder, context, () => make?.(workspace), { code, signal: null })
}

const write =
  (name: string, content = name) =>
  async (root: string) => {
    await mkdir(join(root, name, '..'), { recursive: true })
    await writeFile(join(root, name), content)
  }
const all =
  (...steps: ((root: string) => unknown)[]) =>
  async (root: string) => {
    for (const step of steps) await step(root)
  }
const paths = (recorded: { outputs?: readonly { path: string }[] }) => recorded.outputs?.map(({ path }) => path)

describe('outputs', () => {
  test('are hashed by path, with role and size', async () => {
    const recorded = await outputs({ make: write('out/model.bin', 'weights'), patterns: ['out/model.bin'] })
    expect(recorded.outputs).toEqual([
      { role: 'model', path: 'out/model.bin', kind: 'file', digest: { sha256: sha256('weights') }, bytes: 7 },
    ])
    expect(recorded.externalParameters).toEqual({ outputs: [{ role: 'model', pattern: 'out/model.bin' }] })
    expect(recorded.limits).toEqual([])
  })

  test('are one for a directory, named by its root, with every file beside it', async () => {
    const names = ['b\nc', 'a', 'ü/z', '\u{1F600}', '\uFF5E']
    const recorded = await outputs({
      make: all(...names.map((name) => write(`out/${name}`, name)), write('out/.git/config', 'left out')),
      patterns: ['./out/'],
    })
    const sorted = ['a', 'b\nc', 'ü/z', '\uFF5E', '\u{1F600}']
    const resources = sorted.map((name) => ({ name, digest: sha256(name), algorithm: 'sha256' as const }))
    expect(recorded.outputs).toEqual([
      {
        role: 'model',
        path: 'out',
        kind: 'directory',
        digest: { sha256: omsRoot(resources) },
        bytes: sorted.reduce((sum, name) => sum + Buffer.byteLength(name), 0),
        files: sorted.map((name) => ({ name, sha256: sha256(name), bytes: Buffer.byteLength(name) })),
      },
    ])
  })

  test('are found by globs, each once, in code point order', async () => {
    const files = ['d/b.whl', 'd/a\n.whl', 'd/.hidden.whl', 'd/x.txt', 'd/e/c.whl', 'd/.h/d.whl', 'top.whl']
    const make = all(...files.map((name) => write(name)))
    const find = async (...patterns: string[]) => paths(await outputs({ make, patterns }))
    expect(await find('d/*.whl')).toEqual(['d/a\n.whl', 'd/b.whl'])
    expect(await find('**/*.whl')).toEqual(['d/a\n.whl', 'd/b.whl', 'd/e/c.whl', 'top.whl'])
    expect(await find('d/**')).toEqual(['d/a\n.whl', 'd/b.whl', 'd/e/c.whl', 'd/x.txt'])
    expect(await find('d/.h*/?.whl')).toEqual(['d/.h/d.whl'])
    expect(await find('d/b.whl', 'd/?.whl')).toEqual(['d/b.whl'])
    expect(await find('d/e*')).toEqual(['d/e'])
  })

  test('may have the characters of a glob in their names', async () => {
    expect(paths(await outputs({ make: all(write('a*b'), write('axb')), patterns: ['a*b'] }))).toEqual(['a*b'])
    expect(paths(await outputs({ make: write('[x]{y}(z)!.bin'), patterns: ['[x]{y}(z)!.*'] }))).toEqual([
      '[x]{y}(z)!.bin',
    ])
  })

  test('do not include what we write ourselves', async () => {
    const workspace = await makeProject({ 'ev/recording.json': '{}', 'a/b.json': '{}' })
    const context = makeContext({
      workspace,
      out: join(workspace, 'ev'),
      outputs: [{ role: 'x', pattern: '**/*.json' }],
    })
    expect(paths(await observe(outputsRecorder, context))).toEqual(['a/b.json'])
  })

  describe('that would hold the folder we write to', () => {
    const refusal = { code: 'ARGUMENT_INVALID', class: 'usage', hint: expect.stringContaining('--out') }
    const contextOf = async (out: string, pattern: string, files: Record<string, string> = {}) => {
      const workspace = await makeProject({ 'a.txt': 'a', ...files })
      return makeContext({ workspace, out: join(workspace, out), outputs: [{ role: 'a', pattern }] })
    }

    test.each([
      ['.cleanbill', '.'],
      ['dist/ev/run', 'dist'],
      ['dist/ev/run', 'dist/ev/'],
      ['dist/ev/run', 'd*'],
      ['dist/ev/run', 'd*/??'],
      ['.hidden/ev', '.h*'],
    ])('are refused before the command: out %s in %s', async (out, pattern) => {
      await expect(outputsRecorder.start(await contextOf(out, pattern))).rejects.toMatchObject(refusal)
      const there = await contextOf(out, pattern, { [`${out}/recording.json`]: '{}' })
      await expect(outputsRecorder.start(there)).rejects.toMatchObject(refusal)
    })

    test('are refused before the command when either name leads through a symlink', async () => {
      const context = await contextOf('link/ev', 'dist', { 'dist/a': 'a' })
      await symlink('dist', join(context.workspace, 'link'))
      await expect(outputsRecorder.start(context)).rejects.toMatchObject(refusal)
      const workspace = join(await makeProject(), 'workspace')
      await symlink(context.workspace, workspace)
      const other = { ...context, workspace, out: join(context.workspace, 'dist/ev') }
      await expect(outputsRecorder.start(other)).rejects.toMatchObject(refusal)
    })

    test.each(['dist', 'd*'])('are refused after the command that made them so: %s', async (pattern) => {
      const context = await contextOf('ev/run', pattern)
      const make = async () => {
        await write('dist/run/x')(context.workspace)
        await symlink('dist', join(context.workspace, 'ev'))
      }
      await expect(observe(outputsRecorder, context, make)).rejects.toMatchObject(refusal)
    })

    test.each([
      ['.cleanbill', '*'],
      ['dist-ev', 'dist'],
      ['dist/ev', '**'],
      ['dist/ev', 'd*/x*'],
    ])('are not those beside it: out %s, output %s', async (out, pattern) => {
      const context = await contextOf(out, pattern)
      const recorded = await observe(outputsRecorder, context, () => write('dist/x')(context.workspace))
      expect(paths(recorded)).toContain(pattern === '**' || pattern === 'd*/x*' ? 'dist/x' : 'dist')
    })
  })

  test('that were there and were not written are named', async () => {
    const before = { 'old.bin': 'x', 'same.bin': 'x', 'dir/a': 'x' }
    const recorded = await outputs({ before, make: write('same.bin', 'x'), patterns: ['*.bin', 'dir'] })
    expect(recorded.limits).toMatchObject([{ code: 'OUTPUT_NOT_WRITTEN' }])
    expect(recorded.limits?.[0]?.message).toMatch(/: "old.bin", "dir"$/)
  })

  const outside = (root: string) => symlink('/etc/hostname', join(root, 'link'))
  test.each<[string, string, Case]>([
    ['nothing matches a path', 'PATTERN_NO_MATCH', { patterns: ['out/modle.bin'] }],
    ['nothing matches a glob', 'PATTERN_NO_MATCH', { make: write('out/a.txt'), patterns: ['out/*.bin'] }],
    ['one of several matches nothing', 'PATTERN_NO_MATCH', { make: write('a'), patterns: ['a', 'b'] }],
    ['a directory is empty', 'SUBJECT_EMPTY', { make: (root) => mkdir(join(root, 'out')), patterns: ['out'] }],
    ['a directory holds ignored files only', 'SUBJECT_EMPTY', { make: write('out/.git/x'), patterns: ['out'] }],
    ['a file is a symlink', 'PATH_UNSAFE', { make: outside, patterns: ['link'] }],
    ['a glob names a symlink', 'PATH_UNSAFE', { make: outside, patterns: ['l*'] }],
    ['a wide glob names a symlink', 'PATH_UNSAFE', { make: outside, patterns: ['**'] }],
    [
      'a glob leads through a symlinked folder',
      'PATH_UNSAFE',
      { make: (root) => symlink('/etc', join(root, 'out')), patterns: ['o*/hostname'] },
    ],
    [
      'a path leads through a symlinked folder',
      'PATH_UNSAFE',
      { make: (root) => symlink('/etc', join(root, 'out')), patterns: ['out/hostname'] },
    ],
    [
      'a directory holds a symlink',
      'PATH_UNSAFE',
      { make: all(write('out/a'), (root) => symlink('a', join(root, 'out/b'))), patterns: ['out'] },
    ],
    [
      'an output is a pipe',
      'PATH_UNSAFE',
      { make: (root) => execFileSync('mkfifo', [join(root, 'p')], { env: BARE_ENV }), patterns: ['p'] },
    ],
    [
      'two names differ in case only',
      'PATH_UNSAFE',
      { make: all(write('Model.bin'), write('model.bin')), patterns: ['*.bin'] },
    ],
    [
      'two names differ in the form of an accent only',
      'PATH_UNSAFE',
      { make: all(write('\u00e9'), write('e\u0301')), patterns: ['*'] },
    ],
    ['a file stands where the folder should', 'PATTERN_NO_MATCH', { make: write('out'), patterns: ['out/model'] }],
  ])('refuses when %s', async (_what, code, given) => {
    await expect(outputs(given)).rejects.toMatchObject({ code, class: 'usage' })
  })

  test('refuses one path with two roles', async () => {
    const workspace = await makeProject({ a: 'x' })
    const context = makeContext({
      workspace,
      outputs: [
        { role: 'model', pattern: 'a' },
        { role: 'report', pattern: './a' },
      ],
    })
    await expect(observe(outputsRecorder, context)).rejects.toMatchObject({ code: 'SUBJECT_NAME_DUPLICATE' })
  })

  test.each(['../x', 'a/../../x', '/etc/*', 'a/../b', '/etc/hostname'])(
    'refuses %s before the command',
    async (pattern) => {
      const workspace = await makeProject()
      const context = makeContext({ workspace, outputs: [{ role: 'x', pattern }] })
      await expect(outputsRecorder.start(context)).rejects.toMatchObject({ code: 'PATTERN_UNSAFE' })
    },
  )

  test('refuses a file that changes while it is recorded', async () => {
    const workspace = await makeProject({ 'a.bin': 'x', 'b.bin': 'x' })
    const host = makeHost()
    let written = Promise.resolve()
    // Progress is reported while a file is hashed: the moment in which a process left behind would write.
    const progress = (what: string) => {
      if (what.includes('b.bin')) written = utimes(join(workspace, 'a.bin'), 1, 1)
    }
    const context = makeContext({ workspace, outputs: [{ role: 'x', pattern: '*.bin' }] })
    const session = await outputsRecorder.start({ ...context, host: { ...host, log: { ...host.log, progress } } })
    await expect(session.finish({ exit: { code: 0, signal: null } })).rejects.toMatchObject({ code: 'SUBJECT_CHANGED' })
    await written
  })

  test('of a failed command are recorded as far as they are there, and what is wrong is named', async () => {
    const recorded = await outputs({
      make: all(write('good'), outside, (root) => mkdir(join(root, 'empty'))),
      patterns: ['missing', 'link', 'empty', 'good'],
      code: 3,
    })
    expect(paths(recorded)).toEqual(['good'])
    expect(codes(recorded.limits)).toEqual(['OUTPUT_NOT_RECORDED', 'OUTPUT_NOT_RECORDED'])
  })

  test('can be none, when none were declared', async () => {
    expect((await outputs({ patterns: [] })).outputs).toEqual([])
  })

  test('may replace what stood there before, of any kind', async () => {
    const before = { 'out/a': 'x' }
    const make = all((root) => rm(join(root, 'out'), { recursive: true }), write('out', 'now a file'))
    expect((await outputs({ before, make, patterns: ['out'] })).outputs).toMatchObject([{ kind: 'file' }])
  })
})

describe('patterns', () => {
  test.each([
    ['*', 'a', true],
    ['*', '.a', false],
    ['.*', '.a', true],
    ['a*b*c', 'aXbYbc', true],
    ['a*b*c', 'aXbY', false],
    ['?', '\u{1F600}', true],
    ['?', 'ab', false],
    ['', '', true],
    ['*.bin', 'x\ny.bin', true],
    ['a.c', 'abc', false],
  ])('%j on %j is %s', (pattern, name, matched) => {
    expect(matchSegment(pattern, name)).toBe(matched)
  })

  test('cannot be made to run for ever', () => {
    expect(matchSegment('*a'.repeat(60), 'a'.repeat(50) + 'b'.repeat(200))).toBe(false)
  })

  test('are taken from the workspace when they are absolute', () => {
    expect(parsePattern('/w', '/w/out/*')).toBe('out/*')
    expect(parsePattern('/w', './/out/./x/')).toBe('out/x')
    expect(parsePattern('/w', '.')).toBe('.')
  })
})
