import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastLine } from './exec.ts'

/** Seconds after which a server ends by itself, should this process be killed without a chance to end it. */
const LIFETIME_S = 900

export interface ServerSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Answers 2xx once the server can be used. */
  readonly health: string
}

export interface Servers {
  /** Starts one and waits until it answers. Rejects with the end of its log when it ends or stays silent. */
  readonly start: (spec: ServerSpec) => Promise<void>
  /** The file that the output of a server is written to. */
  readonly logOf: (name: string) => string
  /** Ends every one that was started here, by its process id, newest first. */
  readonly stop: () => Promise<void>
}

export function makeServers(logFolder: string): Servers {
  const running: { name: string; child: ChildProcess; ended: Promise<void> }[] = []
  // Also when this process ends in a way that skips stop(): an exception nobody caught, process.exit.
  process.on('exit', () => {
    for (const { child } of running) child.kill('SIGTERM')
  })
  const logOf = (name: string) => join(logFolder, `${name}.log`)
  return {
    logOf,
    async start(spec) {
      await mkdir(logFolder, { recursive: true })
      const file = logOf(spec.name)
      // `timeout` passes a SIGTERM on to the server, and outlives us if we are killed.
      const args = ['--kill-after=5', String(LIFETIME_S), spec.command, ...spec.args]
      const child = spawn('timeout', args, { cwd: spec.cwd, env: spec.env, stdio: ['ignore', 'pipe', 'pipe'] })
      const log = createWriteStream(file)
      child.stdout.pipe(log, { end: false })
      child.stderr.pipe(log, { end: false })
      let over = false
      const ended = new Promise<void>((resolve) => {
        const end = (last: string) => {
          if (over) return
          over = true
          log.end(last, resolve)
        }
        child.on('error', (error) => end(error.message))
        child.on('close', () => end(''))
      })
      running.push({ name: spec.name, child, ended })
      if (await answers(spec.health, () => over)) return
      throw new Error(`${spec.name} did not come up: ${lastLine(await readFile(file, 'utf8').catch(() => ''))}`)
    },
    async stop() {
      for (const { child } of running.toReversed()) child.kill('SIGTERM')
      await Promise.all(running.map(({ ended }) => ended))
    },
  }
}

async function answers(url: string, over: () => boolean): Promise<boolean> {
  const until = Date.now() + 30_000
  while (Date.now() < until && !over()) {
    const status = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      async (response) => {
        await response.body?.cancel()
        return response.status
      },
      () => 0,
    )
    if (status >= 200 && status < 300) return true
    await sleep(50)
  }
  return false
}

/** So many different ports of the loopback interface that nobody listens on right now. */
export async function freePorts<const N extends readonly string[]>(names: N): Promise<Record<N[number], number>> {
  const probes = names.map(() => createServer())
  const ports = await Promise.all(
    probes.map(
      (probe) =>
        new Promise<number>((resolve, reject) => {
          probe.on('error', reject)
          probe.listen(0, '127.0.0.1', () => {
            const address = probe.address()
            if (address === null || typeof address === 'string') reject(new Error('no port'))
            else resolve(address.port)
          })
        }),
    ),
  )
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))))
  // One port was asked for and given per name, in order.
  return Object.fromEntries(names.map((name, index) => [name, ports[index]])) as Record<N[number], number>
}
