import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/entry/cli/commands/index.ts'
import { CLI, runCli, runNode, runProgram, scratch } from '../support/built.ts'
import { readJson } from '../support/github-job.ts'

const folder = scratch()
const mounted: string[] = []
afterAll(() => {
  for (const path of mounted) execFileSync('umount', [path])
  folder.remove()
})

/** In an empty folder that is home and workspace. */
function at(workspace = folder.path()) {
  return {
    workspace,
    cli: (argv: readonly string[], env: Record<string, string | undefined> = {}) =>
      runCli(argv, { cwd: workspace, env: { HOME: workspace, ...env } }),
  }
}

describe('help', () => {
  it('of the program lists every command and the exit codes, on stdout', async () => {
    const { code, stdout, stderr } = await at().cli(['--help'])
    expect(code).toBe(0)
    expect(stderr).toBe('')
    for (const { name, summary } of COMMANDS)
      expect(stdout).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, 'm'))
    expect(stdout).toContain('Exit codes')
  })

  it.each(COMMANDS.map(({ name, options }) => [name, options] as const))(
    'of %s lists every option, within 100 columns',
    async (name, options) => {
      const { code, stdout } = await at().cli([name, '--help'])
      expect(code).toBe(0)
      for (const option of options) expect(stdout).toContain(`--${option.name}`)
      for (const line of stdout.split('\n').filter((text) => !text.includes(' $ ')))
        expect(line.length).toBeLessThanOrEqual(110)
    },
  )

  it('is printed, with exit 2, when there is no command; the version on --version', async () => {
    const none = await at().cli([])
    expect([none.code, none.stdout.includes('Usage')]).toStrictEqual([2, true])
    const { stdout } = await at().cli(['--version'])
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('belongs to the wrapped command behind --', async () => {
    const { code, stdout } = await at().cli(['run', '--no-sign', '--', 'printf', '%s', '--help'])
    expect([code, stdout]).toStrictEqual([0, '--help'])
  })
})

describe('arguments', () => {
  const cases: readonly [string, readonly string[], RegExp][] = [
    ['an unknown command', ['runn'], /no such command: runn[\s\S]*Did you mean run\?/],
    [
      'an unknown option',
      ['run', '--ouput', 'a', '--', 'true'],
      /unknown option --ouput[\s\S]*Did you mean --output\?/,
    ],
    ['an option far from any', ['sign', '--xyzzy'], /See: cleanbill sign --help/],
    ['an option without its value', ['sign', '--outbox'], /outbox/],
    ['an option given twice', ['sign', '--outbox', 'a', '--outbox', 'b'], /--outbox is given 2 times/],
    ['a switch with a value', ['run', '--no-sign=yes', '--', 'true'], /no-sign/],
    ['a missing option', ['sign'], /--outbox is missing/],
    [
      'a word that is not one of the few',
      ['run', '--no-sign', '--kind', 'bake', '--', 'true'],
      /build, train, evaluate/,
    ],
    ['a command where none belongs', ['sign', '--outbox', 'a', '--', 'true'], /takes no -- COMMAND/],
    ['no command to wrap', ['run', '--no-sign', '--output', 'a:b'], /there is no command/],
    ['a command before --', ['run', '--no-sign', 'true'], /there is no command|unexpected argument/],
    ['an output without a role', ['run', '--no-sign', '--output', 'out', '--', 'true'], /no role/],
    ['two things to attest', ['attest', '--recording', 'a', '--predicate', 'b'], /either --recording, or --predicate/],
    ['nothing to attest', ['attest'], /either --recording, or --predicate/],
    ['a port that is none', ['sigstore', '--port', '70000'], /--port/],
    ['an identity that names nobody', ['verify', 'a'], /POLICY_NO_IDENTITY/],
    ['--json where stdout belongs to the command', ['run', '--json', '--', 'true'], /unknown option --json/],
  ]
  it.each(cases)('refuses %s with exit 2 and says what to do', async (_, argv, message) => {
    const { code, stdout, stderr } = await at().cli(argv)
    expect(stderr).toMatch(message)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  it('prints one document with --json, also for an error, and nothing else', async () => {
    const { code, stdout, stderr } = await at().cli(['sign', '--outbox', 'none', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      schema: expect.stringContaining('error-v1'),
      code: 'FILE_NOT_FOUND',
      exitCode: 2,
    })
    expect([code, stderr]).toStrictEqual([2, ''])
  })

  it('T-AC-02: shows no escape sequence of a name that somebody else chose', async () => {
    const { stderr } = await at().cli(['\u001b]8;;https://evil\u0007run\u202e'])
    expect(stderr).not.toMatch(/[\u001b\u0007\u202e]/)
  })

  it('T-CR-17: of an old Node are met with one line, not a stack', async () => {
    const start = readFileSync(CLI, 'utf8')
    expect(start).not.toMatch(/^\s*import\s/m)
    const fake = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' });`
    const preload = join(folder.path(), 'old.cjs')
    writeFileSync(preload, fake)
    const { code, stderr } = await runNode(['--require', preload, CLI, '--help'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^cleanbill needs Node [^\n]*NODE_TOO_OLD[^\n]*\n$/)
  })
})

describe('run', () => {
  const document = join('result.json')
  const run = (place: ReturnType<typeof at>, more: readonly string[], command: readonly string[], env = {}) =>
    place.cli(['run', '--no-sign', '--json-file', document, ...more, '--', ...command], env)

  it('leaves stdin and stdout to the command, and says its own on stderr', async () => {
    const place = at()
    const result = await run(place, ['--output', 'model:a'], ['sh', '-c', 'echo out; echo err >&2; echo 1 > a'])
    expect(result.stdout).toBe('out\n')
    expect(result.stderr).toMatch(/^err\n[\s\S]*Recorded, not signed/)
    expect(readJson(join(place.workspace, document))).toMatchObject({
      exitCode: 0,
      exitCodeOf: 'cleanbill',
      signed: false,
      pending: false,
      outputs: [{ path: 'a' }],
    })
  })

  it.each([
    ['exit 7', 7],
    ['exit 10', 10],
    ['kill -9 $$', 137],
    ['kill -SEGV $$', 139],
  ])('passes the end of the command through: %s', async (script, code) => {
    const place = at()
    const result = await run(place, [], ['sh', '-c', script])
    expect(result.code).toBe(code)
    expect(readJson(join(place.workspace, document))).toMatchObject({
      exitCode: code,
      exitCodeOf: 'command',
      signed: false,
    })
  })

  it('says that an exit code is its own when no command ran', async () => {
    const place = at()
    const result = await run(place, [], ['no-such-program'])
    expect(result.code).toBe(2)
    expect(readJson(join(place.workspace, document))).toMatchObject({ code: 'COMMAND_NOT_FOUND', exitCode: 2 })
  })

  it('T-AC-01: starts no shell: arguments are what they are', async () => {
    const place = at()
    const { stdout } = await run(place, [], ['printf', '%s|', '$(id)', '`id`', 'a\nb', '--flag', "';id;'"])
    expect(stdout).toBe("$(id)|`id`|a\nb|--flag|';id;'|")
  })

  it('forwards SIGTERM and exits 143 with the recording kept', async () => {
    const { workspace } = at()
    let sent = false
    const result = await runCli(['run', '--no-sign', '--', 'sh', '-c', 'echo ready; exec sleep 30'], {
      cwd: workspace,
      env: { HOME: workspace },
      onStdout: (_, child) => {
        if (!sent) child.kill('SIGTERM')
        sent = true
      },
    })
    expect(result.code).toBe(143)
    expect(readJson(join(workspace, '.cleanbill/recording.json')).exit).toStrictEqual({ code: null, signal: 'SIGTERM' })
  })

  it('goes on when whoever reads its output is gone', async () => {
    const { workspace } = at()
    const command = `"${process.execPath}" "${CLI}" run --no-sign --output model:done -- sh -c 'seq 1 200000; echo 1 > done' | head -n 1`
    const { stdout } = await runProgram(['bash', '-c', command], { cwd: workspace, env: { HOME: workspace } })
    expect(stdout).toBe('1\n')
    // The command would end well without us, too: it is our own work that must be done.
    expect(readJson(join(workspace, '.cleanbill/recording.json'))).toMatchObject({ outputs: [{ path: 'done' }] })
  })

  it('refuses an unreadable file among the inputs before the command runs', async () => {
    const place = at()
    writeFileSync(join(place.workspace, 'secret'), 'x')
    chmodSync(join(place.workspace, 'secret'), 0)
    // Root reads everything: there the file is a pipe, which nobody may hash.
    const root = process.getuid?.() === 0
    if (root) execFileSync('mkfifo', [join(place.workspace, 'pipe')])
    const result = await run(place, ['--input', `data:${root ? 'pipe' : 'secret'}`], ['touch', 'ran'])
    expect(result.code).toBe(2)
    expect(result.stderr).toMatch(/FILE_UNREADABLE|PATH_UNSAFE/)
    expect(existsSync(join(place.workspace, 'ran'))).toBe(false)
  })

  it('reports an input that the command changed', async () => {
    const place = at()
    mkdirSync(join(place.workspace, 'data'))
    writeFileSync(join(place.workspace, 'data/a'), '1')
    const result = await run(
      place,
      ['--input', 'dataset:data', '--output', 'model:m'],
      ['sh', '-c', 'echo 2 > data/a; echo 1 > m'],
    )
    expect(result.code).toBe(0)
    const codes = readJson(join(place.workspace, document)).limits.map(({ code }: { code: string }) => code)
    expect(codes).toContain('INPUT_CHANGED_DURING_RUN')
  })

  it.each([
    ['where nothing can be written', '/dev/full/x', 'WRITE_FAILED'],
    ['that is a file', 'taken', 'WRITE_FAILED'],
  ])('says what is lost when the folder for results is one %s', async (_, out, code) => {
    const place = at()
    writeFileSync(join(place.workspace, 'taken'), '')
    const result = await run(place, ['--out', out, '--output', 'model:m'], ['sh', '-c', 'echo 1 > m'])
    expect(result.stderr).toContain(`error ${code}`)
    expect(result.stderr).toContain('hint:')
    expect(result.code).toBe(1)
  })

  it('says DISK_FULL when the disk is full', async () => {
    const place = at()
    const small = folder.path('small')
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', small], { stdio: 'ignore' })
      mounted.push(small)
    } catch {
      console.warn('SKIPPED: a full disk, as only root may mount one')
      return
    }
    const script = `mkdir d; for n in $(seq 1 2000); do echo $n > d/$n; done`
    const result = await run(place, ['--out', join(small, 'out'), '--output', 'model:d'], ['sh', '-c', script])
    expect(result.stderr).toContain('error DISK_FULL')
    expect(result.code).toBe(1)
  })

  it('says so when the document cannot be written, and does not pass', async () => {
    const { cli } = at()
    const { code, stderr } = await cli(['run', '--no-sign', '--json-file', '/nowhere/x.json', '--', 'true'])
    expect(stderr).toContain('WRITE_FAILED')
    expect(code).toBe(1)
  })

  it('takes no answer from a folder that an earlier run wrote: its bundle is set aside', async () => {
    const place = at()
    mkdirSync(join(place.workspace, '.cleanbill'))
    writeFileSync(join(place.workspace, '.cleanbill/attestation.json'), '{}')
    expect((await run(place, [], ['true'])).code).toBe(0)
    expect(existsSync(join(place.workspace, '.cleanbill/attestation.json'))).toBe(false)
  })

  it('tells nobody about the tests around it: the recording has no variable of vitest', async () => {
    const place = at()
    expect((await run(place, ['--output', 'm:a'], ['sh', '-c', 'echo 1 > a'])).code).toBe(0)
    expect(readFileSync(join(place.workspace, '.cleanbill/recording.json'), 'utf8')).not.toMatch(/VITEST|NODE_ENV/)
  })
})

describe('signing outside CI', () => {
  const signed = (place: ReturnType<typeof at>, more: readonly string[], env = {}) =>
    place.cli(['run', '--output', 'model:a', ...more, '--', 'sh', '-c', 'touch ran; echo 1 > a'], env)

  it.each([
    ['nothing that says where', [], 'TOKEN_PERMISSION', {}],
    ['an identity but no instance', [], 'PUBLIC_LOG', { SIGSTORE_ID_TOKEN: 'a.b.c' }],
    ['GitHub’s store without GitHub', ['--store', 'github', '--signing-key', 'k'], 'ARGUMENT_INVALID', {}],
    ['a key that is not there', ['--signing-key', 'k'], 'FILE_NOT_FOUND', {}],
  ] as const)('is refused before the command with %s', async (_, more, code, env) => {
    const place = at()
    const result = await signed(place, more, env)
    expect(result.stderr).toContain(`error ${code}`)
    expect(result.code).toBe(2)
    expect(existsSync(join(place.workspace, 'ran'))).toBe(false)
  })
})
