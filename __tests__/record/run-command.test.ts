import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type CommandOptions, type ForwardedSignal, runCommand } from '../../src/record/run-command.ts'
import { BARE_ENV, makeProject } from './support.ts'

const run = (argv: readonly string[], options: Partial<CommandOptions> = {}) =>
  runCommand({ argv, cwd: process.cwd(), env: BARE_ENV, stdin: 'ignore', ...options })
const sh = (script: string, options: Partial<CommandOptions> = {}) => run(['sh', '-c', script], options)
const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')

test.each([0, 1, 7, 255])('passes exit code %i on', async (code) => {
  expect((await sh(`exit ${code}`)).exit).toEqual({ code, signal: null })
})

test.each(['SIGTERM', 'SIGKILL'])('records that the command was ended by %s', async (signal) => {
  const { exit } = await sh(`kill -${signal.slice(3)} $$; sleep 5`)
  expect(exit).toEqual({ code: null, signal })
})

test('hands each stream through byte by byte, and digests it', async () => {
  const out: Uint8Array[] = []
  const err: Uint8Array[] = []
  const result = await sh("printf 'a\\377b'; printf 'oops' >&2", {
    onStdout: (chunk) => void out.push(chunk),
    onStderr: (chunk) => void err.push(chunk),
  })
  expect(Buffer.concat(out)).toEqual(Buffer.from([0x61, 0xff, 0x62]))
  expect(result.stdout).toEqual({ sha256: sha256(Buffer.concat(out)), bytes: 3 })
  expect(result.stderr).toEqual({ sha256: sha256('oops'), bytes: 4 })
  expect(result.limits).toEqual([])
})

test('waits for a slow reader instead of piling up what the command prints', async () => {
  let busy = 0
  let most = 0
  const result = await run([process.execPath, '-e', "process.stdout.write('x'.repeat(1_000_000))"], {
    onStdout: async () => {
      most = Math.max(most, ++busy)
      await sleep(5)
      busy--
    },
  })
  expect(most).toBe(1)
  expect(result.stdout).toEqual({ sha256: sha256('x'.repeat(1_000_000)), bytes: 1_000_000 })
})

test('goes on, and digests on, when nobody reads any more', async () => {
  const result = await sh('printf one; sleep 0.2; printf two', {
    onStdout: () => {
      throw new Error('EPIPE')
    },
  })
  expect(result.exit.code).toBe(0)
  expect(result.stdout).toEqual({ sha256: sha256('onetwo'), bytes: 6 })
})

test('is no shell: arguments arrive as they are', async () => {
  const args = ['$(id)', '`id`', 'a\nb', '--flag', '*', 'é']
  const result = await run([
    process.execPath,
    '-e',
    'process.stdout.write(process.argv.slice(1).join("|"))',
    '--',
    ...args,
  ])
  expect(result.stdout.sha256).toBe(sha256(args.join('|')))
})

test('gives the command the environment it was given, and nothing of ours', async () => {
  const chunks: Uint8Array[] = []
  await run([process.execPath, '-e', 'console.log(Object.keys(process.env).sort().join())'], {
    env: { ...BARE_ENV, ONLY: '1' },
    onStdout: (chunk) => void chunks.push(chunk),
  })
  expect(Buffer.concat(chunks).toString().trim()).toBe('HOME,ONLY,PATH')
})

test('forwards a signal, and stops listening when the command ended', async () => {
  let listener: ((signal: ForwardedSignal) => void) | undefined
  const result = await sh('trap "echo caught; exit 9" TERM; echo ready; while :; do sleep 0.05; done', {
    onSignal: (given) => {
      listener = given
      return () => {
        listener = undefined
      }
    },
    onStdout: (chunk) => {
      if (Buffer.from(chunk).toString() === 'ready\n') listener?.('SIGTERM')
    },
  })
  expect(result.exit).toEqual({ code: 9, signal: null })
  expect(result.stdout.sha256).toBe(sha256('ready\ncaught\n'))
  expect(listener).toBeUndefined()
})

test('does not wait for ever for a process that keeps the output open', async () => {
  const folder = await makeProject()
  const started = performance.now()
  const result = await sh(`echo before; sleep 30 & echo $! > ${join(folder, 'pid')}`, { streamGraceMs: 300 })
  process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')))
  expect(performance.now() - started).toBeLessThan(5_000)
  expect(result.exit.code).toBe(0)
  expect(result.stdout.sha256).toBe(sha256('before\n'))
  expect(result.limits).toMatchObject([{ code: 'OUTPUT_STREAM_OPEN' }])
})

test('waits for output that comes soon after the command ended', async () => {
  const result = await sh('(sleep 0.3; printf late) &')
  expect(result.stdout.sha256).toBe(sha256('late'))
  expect(result.limits).toEqual([])
})

test('says that a command does not exist or cannot be executed', async () => {
  const folder = await makeProject({ 'plain.txt': 'x' })
  await expect(run(['no-such-program-here'])).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND' })
  await expect(run([join(folder, 'plain.txt')])).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND' })
})

test.each([[[]], [['']], [['sh', 'a\0b']]])('refuses %j for a command', async (argv) => {
  await expect(run(argv)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
})
