import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findDependencies, findInFile, findInTree } from '../../src/discover/find-dependencies.ts'
import { FINDERS } from '../../src/discover/finders/index.ts'
import { isKnownUnread } from '../../src/discover/known-files.ts'
import { openFolder } from '../../src/io/file-tree.ts'
import { toDiscoverDocument } from '../../src/model/discover-document.ts'
import { CleanbillError } from '../../src/model/error.ts'
import { formatDiscovery } from '../../src/report/discover-report.ts'
import { memoryTree } from './case-trees.ts'

const LOCK = '{"lockfileVersion":3,"packages":{"":{},"node_modules/a":{"version":"1.0.0"}}}'
let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'discover-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

describe('findDependencies', () => {
  it('reads the tree, names what it did not look into, and adds up', async () => {
    write('package-lock.json', LOCK)
    write('deep/er/package-lock.json', LOCK)
    write('node_modules/b/package-lock.json', LOCK)
    write('vendor/b/go.sum', 'nonsense')
    write('composer.lock', '{}')
    const { files, dependencies, skipped } = await findDependencies(root)
    expect(files.map(({ path, dependencies: count }) => [path, count])).toStrictEqual([
      ['composer.lock', 1],
      ['deep/er/package-lock.json', 1],
      ['package-lock.json', 1],
    ])
    expect(dependencies.length).toBe(3)
    expect(skipped).toStrictEqual(['node_modules', 'vendor'])
  })

  it('fails with INPUT_EMPTY where there is no dependency file', async () => {
    write('README.md', 'hello')
    await expect(findDependencies(root)).rejects.toMatchObject({ code: 'INPUT_EMPTY' })
  })

  it('fails where there is no such folder', async () => {
    await expect(findDependencies(join(root, 'gone'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })

  it('follows no symlink, neither of a folder nor of a file, and says which dependency files are ones', async () => {
    write('real/package-lock.json', LOCK)
    write('elsewhere.json', LOCK)
    symlinkSync(join(root, 'real'), join(root, 'linked'))
    symlinkSync('..', join(root, 'real/loop'))
    mkdirSync(join(root, 'sub'))
    symlinkSync('../elsewhere.json', join(root, 'sub/package-lock.json'))
    const { files } = await findDependencies(root)
    expect(files.map(({ path, error }) => [path, error?.code])).toStrictEqual([
      ['real/package-lock.json', undefined],
      ['sub/package-lock.json', 'PATH_UNSAFE'],
    ])
  })

  it('reads one file by its path, with what it pulls in', async () => {
    write('requirements.txt', '-r more/other.txt\n')
    write('more/other.txt', 'plain==1.0\n')
    write('package-lock.json', LOCK)
    const { files } = await findInFile(root, 'requirements.txt')
    expect(files.map(({ path, dependencies }) => [path, dependencies])).toStrictEqual([
      ['more/other.txt', 1],
      ['requirements.txt', 0],
    ])
    await expect(findInFile(root, 'notes.txt')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })

  it('does not read a file that a symlink on the way leads to', async () => {
    write('outside/requirements.txt', 'plain==1.0\n')
    mkdirSync(join(root, 'project'))
    symlinkSync('../outside', join(root, 'project/more'))
    write('project/requirements.txt', '-r more/requirements.txt\n')
    const { files } = await findDependencies(join(root, 'project'))
    expect(files.find(({ path }) => path === 'more/requirements.txt')).toMatchObject({
      dependencies: 0,
      error: { code: 'PATH_UNSAFE' },
    })
  })

  it('keeps one unreadable file from hiding the others', async () => {
    write('a/package-lock.json', '{')
    write('b/package-lock.json', LOCK)
    const { files, dependencies } = await findDependencies(root)
    expect(files.map(({ error }) => error?.code)).toStrictEqual(['DEPENDENCY_FILE_MALFORMED', undefined])
    expect(dependencies.length).toBe(1)
  })

  it('ends on files that include each other', async () => {
    const tree = memoryTree({ 'requirements.txt': '-r other.txt\na==1', 'other.txt': '-r requirements.txt\nb==1' })
    expect((await findInTree(tree)).dependencies.map(({ name }) => name).sort()).toStrictEqual(['a', 'b'])
  })
})

describe('a finder', () => {
  const samples: Readonly<Record<string, string>> = Object.fromEntries(FINDERS.map(({ id }) => [id, id]))

  it('has an id and a path of its own', () => {
    expect(new Set(Object.keys(samples)).size).toBe(FINDERS.length)
    const paths = [
      'package-lock.json',
      'a/pnpm-lock.yaml',
      'yarn.lock',
      'bun.lock',
      'requirements-dev.txt',
      'requirements/main.txt',
    ]
    const more = [
      'uv.lock',
      'poetry.lock',
      'pdm.lock',
      'Pipfile.lock',
      'pylock.dev.toml',
      '.github/workflows/a.yaml',
      'x/action.yml',
    ]
    const rest = [
      'Dockerfile.prod',
      'api.dockerfile',
      'Containerfile',
      'docker-compose.override.yml',
      'compose.yaml',
      'Cargo.lock',
    ]
    for (const path of [...paths, ...more, ...rest]) {
      expect(FINDERS.filter((finder) => finder.matches(path)).length, path).toBe(1)
      expect(isKnownUnread(path), path).toBe(false)
    }
    for (const path of [
      'package.json',
      'a/package-lock.json.bak',
      'workflows/a.yml',
      'Dockerfile.dockerignore',
      'docker-compose.txt',
    ]) {
      expect(FINDERS.filter((finder) => finder.matches(path)).length, path).toBe(0)
    }
  })

  it.each(FINDERS.filter(({ id }) => id !== 'requirements' && id !== 'go-mod'))(
    '$id takes no nonsense for an empty list',
    ({ find, id }) => {
      const path = id === 'workflow' ? '.github/workflows/a.yml' : id
      for (const text of ['', 'nonsense \u0000', '[1, 2', '<<<<<<< HEAD\n', '{"a": {', '- a\n- b: [', '"unclosed']) {
        const bytes = Buffer.from(text)
        let entries: number | undefined
        try {
          entries = find({ path, bytes }).dependencies.length
        } catch (error) {
          expect(error).toBeInstanceOf(CleanbillError)
        }
        // Formats of lines may be empty; everything else needs its frame.
        if (
          text !== '' ||
          !['go-sum', 'gradle-lock', 'gemfile-lock', 'cargo-lock', 'poetry-lock', 'pdm-lock'].includes(id)
        ) {
          expect(entries, JSON.stringify(text)).toBe(undefined)
        }
      }
    },
  )

  it.each(FINDERS)('$id fails only with errors of ours on bytes that are not text', ({ find }) => {
    expect(() => find({ path: 'x', bytes: Uint8Array.of(0xff, 0xfe, 0x41) })).toThrow(CleanbillError)
  })

  it.each(FINDERS)('$id never falls over, whatever a file holds', ({ find, id }) => {
    const pieces = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        '"',
        ':',
        ',',
        '\n',
        '  ',
        '    ',
        '- ',
        '#',
        '[[package]]\n',
        'name = "a"\n',
        'version: 1\n',
        '"packages"',
      ],
      ...[
        'lockfileVersion',
        '3',
        'a@1',
        'FROM ',
        'RUN ',
        'jobs:',
        'uses: ',
        'steps:',
        '__proto__',
        'h1:',
        '<a>',
        '</a>',
        '\\',
        '--hash=',
        "'",
        '$(',
      ],
      ...[
        '# yarn lockfile v1\n',
        '__metadata:\n',
        'GEM\n',
        'specs:\n',
        '&a ',
        '*a',
        '!!binary ',
        '|\n',
        '<<: ',
        '\ud800',
        '"constructor"',
      ],
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        try {
          find({ path: id === 'workflow' ? '.github/workflows/a.yml' : 'x', bytes: Buffer.from(parts.join('')) })
        } catch (error) {
          if (!(error instanceof CleanbillError)) throw error
        }
      }),
      { numRuns: 300, seed: 7 },
    )
  })

  it('does not take long over hostile text', () => {
    const long = [
      'a'.repeat(200_000),
      ' '.repeat(200_000),
      '"'.repeat(100_001),
      '-r '.repeat(50_000),
      '$('.repeat(50_000),
      '\\\n'.repeat(50_000),
    ]
    const deep = ['['.repeat(100_000), '{"a":'.repeat(100_000), `${' a:\n'.repeat(1)}${'- '.repeat(20_000)}`]
    for (const finder of FINDERS) {
      for (const text of [...long, ...deep, ...long.map((part) => `FROM a\nRUN ${part}`)]) {
        try {
          finder.find({ path: '.github/workflows/a.yml', bytes: Buffer.from(text) })
        } catch (error) {
          expect(error, finder.id).toBeInstanceOf(CleanbillError)
        }
      }
    }
  })
})

describe('a limit', () => {
  it('holds for a line of a lock and for a file of YAML', async () => {
    const long = `lockfileVersion: '9.0'\nx${' '.repeat(40_000)}: 1\n`
    const large = Buffer.alloc(17 * 1024 * 1024, '#')
    const { files } = await findInTree(memoryTree({ 'pnpm-lock.yaml': long, 'compose.yml': large }))
    expect(files.map(({ error }) => error)).toMatchObject([
      { code: 'LIMIT_EXCEEDED' },
      { code: 'DEPENDENCY_FILE_MALFORMED', line: 2 },
    ])
  })

  it('holds for the number of files', async () => {
    write('a/package-lock.json', LOCK)
    write('b', '')
    await expect(openFolder(root, { skip: () => false, maxFiles: 1 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

describe('the document and the report', () => {
  it('count what they list', async () => {
    const found = await findInTree(
      memoryTree({ 'package-lock.json': LOCK, 'go/go.mod': 'module x\n\nrequire y v1.0.0\n', 'b/uv.lock': '[' }),
    )
    const document = toDiscoverDocument(found)
    expect(document.files.reduce((sum, file) => sum + file.dependencies, 0)).toBe(document.dependencies.length)
    expect(document.files.find(({ path }) => path === 'b/uv.lock')?.error).toMatchObject({
      code: 'DEPENDENCY_FILE_MALFORMED',
    })
    const text = formatDiscovery(found)
    expect(text).toContain('1 dependency in 3 files')
    expect(text).toContain('UNLOCKED_MANIFEST')
    expect(text).toContain('1 file could not be read: this list is not complete')
  })

  it('let no name of a file or a package write to the terminal', async () => {
    const hostile = 'x\u001b[2J\u202e\n::error::y'
    const tree = memoryTree({
      [`${hostile}/package-lock.json`]: LOCK,
      '.github/workflows/a.yml': `jobs:\n  a:\n    steps:\n      - run: ${JSON.stringify(`npm install "${hostile}"`)}\n`,
    })
    const text = formatDiscovery(await findInTree(tree))
    expect(text).not.toContain('\u001b')
    expect(text).not.toContain('\u202e')
    expect(text.split('\n').some((line) => line.startsWith('::error'))).toBe(false)
  })
})
