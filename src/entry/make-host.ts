import { setTimeout as sleep } from 'node:timers/promises'
import type { Host, Log } from '../io/host.ts'
import type { Carried } from './shed.ts'

/** The one place where the machine becomes a value. */
export function makeHost(carried: Pick<Carried, 'env' | 'nodePath'>, log: Log): Host {
  return {
    env: carried.env,
    cwd: process.cwd(),
    platform: process.platform,
    arch: process.arch,
    pid: process.pid,
    nodePath: carried.nodePath,
    now: () => new Date(),
    monotonic: () => performance.now(),
    sleep: async (ms, signal) => {
      await sleep(ms, undefined, signal === undefined ? {} : { signal })
    },
    log,
  }
}
