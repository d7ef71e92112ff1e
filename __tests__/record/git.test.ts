import { execFile } from 'node:child_process'
import { appendFile, chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { toPublicRemote } from '../../src/record/public-remote.ts'
import { gitRecorder } from '../../src/record/recorders/git.ts'
import { BARE_ENV, codes, git, makeContext, makeProject, makeRepository, observe } from './support.ts'

const REMOTE = 'https://x-access-token:ghs_0123456789abcdef@github.com/acme/model.git?x=ghs_0123456789abcdef'

async function source(workspace: string, between?: () => unknown, context = makeContext({ workspace })) {
  const recorded = await observe(gitRecorder, context, between)
  return { ...recorded, dependency: recorded.resolvedDependencies?.[0], codes: codes(recorded.limits) }
}

describe('the source', () => {
  test('is commit, tree, branch and remote, without the credentials of the remote', async () => {
    const workspace = await makeRepository({ 'a.txt': 'a' }, REMOTE)
    const { dependency, limits } = await source(workspace)
    expect(dependency).toEqual({
      name: 'source',
      uri: 'git+https://github.com/acme/model@refs/heads/main',
      digest: { gitCommit: await git(workspace, 'rev-parse', 'HEAD') },
      annotations: {
        role: 'source',
        gitTree: await git(workspace, 'rev-parse', 'HEAD^{tree}'),
        ref: 'refs/heads/main',
        dirty: false,
      },
    })
    expect(limits).toEqual([])
    expect(JSON.stringify(dependency)).not.toContain('ghs_')
  })

  test('takes the name of what is checked out from GitHub only for that very commit', async () => {
    const workspace = await makeRepository({ 'a.txt': 'a' })
    const commit = await git(workspace, 'rev-parse', 'HEAD')
    await git(workspace, 'checkout', '--quiet', '--detach')
    const refFor = async (sha: string) => {
      const context = makeContext({ workspace, env: { GITHUB_SHA: sha, GITHUB_REF: 'refs/tags/v1' } })
      return (await source(workspace, undefined, context)).dependency?.annotations?.ref
    }
    expect(await refFor(commit)).toBe('refs/tags/v1')
    expect(await refFor('0'.repeat(40))).toBeUndefined()
  })

  test('is not put under the ref of the run when it is another commit than the run was started for', async () => {
    const workspace = await makeRepository({ 'a.txt': 'a' }, 'https://github.com/acme/app.git')
    const sourceFor = async (sha: string) => {
      const env = { GITHUB_ACTIONS: 'true', GITHUB_SHA: sha, GITHUB_REF: 'refs/heads/main' }
      return source(workspace, undefined, makeContext({ workspace, env }))
    }
    const same = await sourceFor(await git(workspace, 'rev-parse', 'HEAD'))
    expect(same.dependency?.uri).toBe('git+https://github.com/acme/app@refs/heads/main')
    expect(same.limits).toEqual([])
    const other = await sourceFor('0'.repeat(40))
    expect(other.dependency?.uri).toBe('git+https://github.com/acme/app')
    expect(codes(other.limits)).toEqual(['SOURCE_NOT_TRIGGER_COMMIT'])
  })

  test('is found from a folder below, with all that differs in the whole tree', async () => {
    const root = await makeRepository({ 'sub/b.txt': 'b', 'a.txt': 'a' })
    await writeFile(join(root, 'new.txt'), 'one')
    const from = async () => (await source(join(root, 'sub'))).dependency?.annotations?.untrackedSha256
    const one = await from()
    await writeFile(join(root, 'new.txt'), 'two')
    expect(one).toMatch(/^[0-9a-f]{64}$/)
    expect(await from()).not.toBe(one)
  })

  test('carries the digest of what differs from the commit, untracked files included', async () => {
    const workspace = await makeRepository({ 'a.txt': 'a', '.gitignore': 'ignored\n' })
    await writeFile(join(workspace, 'ignored'), 'x')
    expect((await source(workspace)).codes).toEqual([])
    await writeFile(join(workspace, 'a.txt'), 'changed')
    const tracked = await source(workspace)
    expect(tracked.codes).toEqual(['SOURCE_DIRTY'])
    expect(tracked.dependency?.annotations).toMatchObject({
      dirty: true,
      diffSha256: expect.stringMatching(/^\w{64}$/),
    })
    await writeFile(join(workspace, 'né\nw'), 'x')
    await symlink('/etc/hostname', join(workspace, 'link'))
    const untracked = await source(workspace)
    expect(untracked.dependency?.annotations).toMatchObject({ untracked: 2, dirty: true })
    expect(untracked.dependency?.annotations?.diffSha256).toBe(tracked.dependency?.annotations?.diffSha256)
  })

  test('does not count what an earlier run of ours wrote', async () => {
    const workspace = await makeRepository({ 'a.txt': 'a' })
    await mkdir(join(workspace, '.cleanbill'))
    await writeFile(join(workspace, '.cleanbill/recording.json'), '{}')
    const context = makeContext({ workspace, out: join(workspace, '.cleanbill') })
    expect((await source(workspace, undefined, context)).dependency?.annotations?.dirty).toBe(false)
  })

  test.each([
    ['a commit', async (root: string) => git(root, 'commit', '--quiet', '--allow-empty', '--message', 'second')],
    ['a tracked file', async (root: string) => writeFile(join(root, 'a.txt'), 'changed')],
  ])('says that %s changed while the command ran', async (_what, change) => {
    const workspace = await makeRepository({ 'a.txt': 'a' })
    const { codes, dependency } = await source(workspace, () => change(workspace))
    expect(codes).toEqual(['SOURCE_CHANGED_DURING_RUN'])
    expect(dependency?.annotations?.dirty).toBe(false)
  })

  test('does not call a tracked file that is a declared output a change', async () => {
    const workspace = await makeRepository({ 'dist/main.js': 'old', 'a.txt': 'a' })
    const context = makeContext({ workspace, outputs: [{ role: 'bundle', pattern: 'dist/*.js' }] })
    const { codes } = await source(workspace, () => writeFile(join(workspace, 'dist/main.js'), 'new'), context)
    expect(codes).toEqual([])
  })

  test('says what it cannot see: files marked as unchanged, submodules', async () => {
    const workspace = await makeRepository({ 'a.txt': 'a' })
    await git(workspace, 'update-index', '--assume-unchanged', 'a.txt')
    await writeFile(join(workspace, 'a.txt'), 'hidden')
    expect((await source(workspace)).codes).toEqual(['SOURCE_DIFFERENCE_UNKNOWN'])
    const other = await makeRepository({ 'a.txt': 'a' })
    await git(other, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},module`)
    await git(other, 'commit', '--quiet', '--message', 'module')
    expect((await source(other)).codes).toContain('SOURCE_DIFFERENCE_UNKNOWN')
  })

  test('is a limit where there is no repository, no commit, or no git', async () => {
    const plain = await makeProject({ 'a.txt': 'a' })
    expect((await source(plain)).codes).toEqual(['SOURCE_NOT_IN_GIT'])
    await git(plain, 'init', '--quiet')
    expect((await source(plain)).codes).toEqual(['SOURCE_NOT_IN_GIT'])
    const workspace = await makeRepository({ 'a.txt': 'a' })
    const context = makeContext({ workspace, childEnv: { PATH: plain } })
    expect((await source(workspace, undefined, context)).codes).toEqual(['SOURCE_NOT_IN_GIT'])
  })

  test('runs no program that the repository configures', async () => {
    const workspace = await makeRepository({ 'a.txt': 'a', '.gitattributes': '* filter=evil diff=evil\n' })
    const folder = await makeProject()
    const trap = join(folder, 'trap.sh')
    await writeFile(trap, `#!/bin/sh\necho "$0 $*" >> ${join(folder, 'trapped')}\ncat\n`)
    await chmod(trap, 0o755)
    for (const key of ['core.fsmonitor', 'diff.external', 'diff.evil.textconv', 'filter.evil.clean', 'core.pager']) {
      await git(workspace, 'config', key, trap)
    }
    await git(workspace, 'config', 'filter.lfs.clean', trap)
    await git(workspace, 'config', 'diff.evil.command', trap)
    await writeFile(join(workspace, 'a.txt'), 'changed')
    expect((await source(workspace)).codes).toEqual(['SOURCE_DIRTY'])
    await expect(readFile(join(folder, 'trapped'), 'utf8')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test.each(['a=b', '=', 'a.b=c', 'lfs=', ''])(
    'runs no filter of the repository, also one with the name "%s"',
    async (driver) => {
      const folder = await makeProject()
      const trap = join(folder, 'trap.sh')
      await writeFile(trap, `#!/bin/sh\necho "$0 $*" >> ${join(folder, 'trapped')}\ncat\n`)
      await chmod(trap, 0o755)
      const workspace = await makeRepository({ 'a.txt': 'a', '.gitattributes': `a.txt filter=${driver}\n` })
      const section = ['clean', 'smudge', 'process'].map((key) => `\t${key} = ${trap}\n`).join('')
      await appendFile(join(workspace, '.git/config'), `[filter "${driver}"]\n${section}\trequired = true\n`)
      await writeFile(join(workspace, 'a.txt'), 'b')
      const { codes, dependency } = await source(workspace)
      await expect(readFile(join(folder, 'trapped'), 'utf8')).rejects.toMatchObject({ code: 'ENOENT' })
      expect(codes).toEqual(['SOURCE_DIRTY'])
      expect(dependency?.annotations?.diffSha256).toMatch(/^[0-9a-f]{64}$/)
    },
  )

  test('shows the real commit, whatever replace references say', async () => {
    const workspace = await makeRepository({ 'a.txt': 'a' })
    const first = await git(workspace, 'rev-parse', 'HEAD')
    const tree = await git(workspace, 'rev-parse', 'HEAD^{tree}')
    await writeFile(join(workspace, 'a.txt'), 'b')
    await git(workspace, 'commit', '--quiet', '--all', '--message', 'second')
    const second = await git(workspace, 'rev-parse', 'HEAD')
    await git(workspace, 'reset', '--quiet', '--hard', first)
    await git(workspace, 'replace', first, second)
    const { dependency } = await source(workspace)
    expect(dependency?.digest).toEqual({ gitCommit: first })
    expect(dependency?.annotations).toMatchObject({ gitTree: tree, dirty: false })
  })

  test('is read from a folder that belongs to somebody else, and through a symlink', async () => {
    const workspace = await makeRepository({ 'a.txt': 'a' })
    // A container job runs as root in a workspace of the runner's user; git alone refuses that.
    if (process.getuid?.() === 0)
      await promisify(execFile)('chown', ['-R', '65534:65534', workspace], { env: BARE_ENV })
    const link = join(await makeProject(), 'link')
    await symlink(workspace, link)
    const { dependency, codes } = await source(link)
    expect(codes).toEqual([])
    expect(dependency?.annotations?.dirty).toBe(false)
  })

  test('survives the repository going away during the run', async () => {
    const workspace = await makeRepository({ 'a.txt': 'a' })
    const { codes } = await source(workspace, () => rm(join(workspace, '.git'), { recursive: true }))
    expect(codes).toEqual(['SOURCE_CHANGED_DURING_RUN'])
  })
})

describe('remotes', () => {
  test.each([
    ['git@github.com:acme/model.git', 'https://github.com/acme/model'],
    ['ssh://git@github.com:22/acme/model.git', 'https://github.com/acme/model'],
    ['https://u:p@github.com/acme/model.git/', 'https://github.com/acme/model'],
    ['https://git.example.test:8443/acme/model?token=x#y', 'https://git.example.test:8443/acme/model'],
    ['http://git.example.test/acme/model', 'http://git.example.test/acme/model'],
    ['git://git.example.test/acme/model', 'https://git.example.test/acme/model'],
    ['/srv/git/model.git', undefined],
    ['file:///srv/git/model.git', undefined],
    ['../model', undefined],
    ['C:\\model', undefined],
    ['C:/model', undefined],
    ['ext::sh -c whoami', undefined],
    ['', undefined],
  ])('%s is published as %s', (remote, published) => {
    expect(toPublicRemote(remote)).toBe(published)
  })
})
