import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fetchCommit } from '../../src/io/git-fetch.ts'
import { scratch } from '../support/built.ts'
import { type GitServer, HAS_GIT_SERVER, startGitServer } from '../support/git-server.ts'
import { codeOf } from '../support/real-signer.ts'

const TOKEN = 'ghs_fetch-token-1b7e'
const folder = scratch()
const repository = folder.path('repository')
const parent = folder.path('temp')
let server: GitServer
let base: string
let head: string

const git = (args: readonly string[], input?: string) =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], {
    cwd: repository,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' } as NodeJS.ProcessEnv,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(input === undefined ? {} : { input }),
  }).trim()

const LIMITS = { maxFiles: 100, maxBytes: 1e6, maxPackBytes: 1e6 }
const ATTRIBUTES = `* text eol=crlf ident filter=evil export-ignore
*.utf16 working-tree-encoding=UTF-16
hidden export-ignore
`
const FILES = {
  'plain.txt': 'one\ntwo\r\nthree $Id$\n',
  hidden: 'left out of archives\n',
  'a.utf16': 'text\n',
  'deep/er/file': '\u0000\u0001\r\n',
  '.lfsconfig': '[lfs]\n  url = https://example.org\n',
}

/** A tree of one entry, as no honest git would write it. */
function commitOf(mode: string, name: string): string {
  const blob = git(['hash-object', '-w', '--stdin'], 'x')
  const entry = Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(blob, 'hex')]).toString('latin1')
  const tree = execFileSync('git', ['hash-object', '-w', '-t', 'tree', '--literally', '--stdin'], {
    ...{ cwd: repository, input: Buffer.from(entry, 'latin1'), encoding: 'utf8' },
  }).trim()
  return keep(git(['commit-tree', tree, '-m', 'x']))
}

/** As GitHub does for the head of every pull request. */
function keep(commit: string): string {
  git(['update-ref', `refs/pull/${commit.slice(0, 8)}/head`, commit])
  return commit
}

beforeAll(async () => {
  if (!HAS_GIT_SERVER) return
  git(['init', '--quiet', '--initial-branch=main'])
  git(['commit', '--quiet', '--allow-empty', '--message', 'base'])
  base = git(['rev-parse', 'HEAD'])
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(join(repository, name, '..'), { recursive: true })
    writeFileSync(join(repository, name), text)
  }
  symlinkSync('/etc/passwd', join(repository, 'package-lock.json'))
  symlinkSync('deep', join(repository, 'linked'))
  git(['add', '--all'])
  // Last, so that what is committed is what was written.
  writeFileSync(join(repository, '.gitattributes'), ATTRIBUTES)
  git(['update-index', '--add', '.gitattributes'])
  git(['update-index', '--add', '--cacheinfo', `160000,${base},module`])
  git(['commit', '--quiet', '--message', 'head'])
  head = keep(git(['rev-parse', 'HEAD']))
  git(['update-ref', 'refs/heads/main', base])
  server = await startGitServer({ folder: folder.path('served'), name: 'acme/app', repository, token: TOKEN })
})
afterAll(async () => {
  await server?.close()
  folder.remove()
})

const request = (more: object = {}) => ({
  ...{ url: `${server.url}/acme/app`, token: TOKEN, head, base, parent, env: { PATH: process.env.PATH } },
  ...more,
})
const left = () => readdirSync(parent)

describe.skipIf(!HAS_GIT_SERVER)('a fetched commit', () => {
  it('lies there with its own bytes, whatever its attributes ask for', async () => {
    const fetched = await fetchCommit(request())
    for (const [name, text] of Object.entries({ ...FILES, '.gitattributes': ATTRIBUTES })) {
      expect(readFileSync(join(fetched.folder, name), 'latin1'), name).toBe(text)
    }
    await fetched.remove()
    expect(left()).toStrictEqual([])
  })

  it('has symlinks that lead nowhere, and no submodule', async () => {
    const { folder: at, remove } = await fetchCommit(request())
    for (const name of ['package-lock.json', 'linked']) {
      expect(lstatSync(join(at, name)).isSymbolicLink()).toBe(true)
      expect(readlinkSync(join(at, name))).toBe('/dev/null/symlink')
      expect(() => readFileSync(join(at, name))).toThrow(/ENOTDIR/)
    }
    expect(readdirSync(at)).not.toContain('module')
    await remove()
  })

  it('is HEAD of its repository, beside its base, and the token is nowhere in it', async () => {
    const { folder: at, remove } = await fetchCommit(request())
    const ask = (...args: string[]) => execFileSync('git', args, { cwd: at, encoding: 'utf8' }).trim()
    expect(ask('rev-parse', 'HEAD')).toBe(head)
    expect(ask('merge-base', base, 'HEAD')).toBe(base)
    const secret = Buffer.from(`x-access-token:${TOKEN}`).toString('base64')
    for (const name of readdirSync(join(at, '.git'), { recursive: true, encoding: 'utf8' })) {
      if (!lstatSync(join(at, '.git', name)).isFile()) continue
      const text = readFileSync(join(at, '.git', name), 'latin1')
      expect(text.includes(TOKEN) || text.includes(secret), name).toBe(false)
    }
    await remove()
  })

  it.each([
    ['.git', '100644'],
    ['.GIT', '100644'],
    ['git~1', '100644'],
    ['..', '100644'],
    ['.g\u200cit', '100644'],
    ['.gitmodules', '120000'],
  ])('is refused with a name that means something to a file system: %s', async (name, mode) => {
    expect(await codeOf(() => fetchCommit(request({ head: commitOf(mode, name) })))).toBe('CHANGE_UNREADABLE')
    expect(left()).toStrictEqual([])
  })

  it.each([
    ['a short id', { head: 'abc123' }],
    ['a branch', { head: 'main' }],
    ['an option', { head: '--upload-pack=touch /tmp/x' }],
    ['a refspec', { base: '+refs/heads/*:refs/heads/*' }],
  ])('is not even asked for by %s', async (_, more) => {
    const before = server.asked.length
    expect(await codeOf(() => fetchCommit(request(more)))).toBe('CHANGE_UNREADABLE')
    expect(server.asked.length).toBe(before)
  })

  it.each([
    ['a commit that is not there', { head: 'f'.repeat(40) }],
    ['another token', { token: 'ghs_wrong' }],
    ['no token', { token: undefined }],
    ['too many files', { limits: { ...LIMITS, maxFiles: 3 } }],
    ['files that are too large', { limits: { ...LIMITS, maxBytes: 20 } }],
    ['packs that are too large', { limits: { ...LIMITS, maxPackBytes: 20 } }],
    ['no git', { env: { PATH: '/nowhere' } }],
  ])('is an error with %s, and leaves nothing behind', async (_, more) => {
    expect(await codeOf(() => fetchCommit(request(more)))).toBe('CHANGE_UNREADABLE')
    expect(left()).toStrictEqual([])
  })

  it('is an error where the id is that of a tag or of a tree', async () => {
    git(['tag', '--annotate', '--force', '--message', 'x', 'tagged', base])
    for (const id of [git(['rev-parse', 'tagged']), git(['rev-parse', `${head}^{tree}`])]) {
      expect(await codeOf(() => fetchCommit(request({ head: id })))).toBe('CHANGE_UNREADABLE')
      expect(await codeOf(() => fetchCommit(request({ base: id })))).toBe('CHANGE_UNREADABLE')
    }
  })

  it.each([
    ['http://git.example/acme/app'],
    ['file:///acme/app'],
    ['ext::sh -c true'],
    ['https://user:word@git.example/acme/app'],
  ])('is not fetched from %s', async (url) => {
    expect(await codeOf(() => fetchCommit(request({ url })))).toBe('URL_DENIED')
  })

  it('is not fetched through a redirect: the token is for one address', async () => {
    const other = await startGitServer({ folder: folder.path('other'), name: 'acme/app', repository, token: TOKEN })
    server.redirect(other.url)
    try {
      expect(await codeOf(() => fetchCommit(request()))).toBe('CHANGE_UNREADABLE')
      expect(other.asked).toStrictEqual([])
    } finally {
      server.redirect(undefined)
      await other.close()
    }
  })
})
