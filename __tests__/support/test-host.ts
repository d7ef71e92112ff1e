import { type Host, SILENT_LOG } from '../../src/io/host.ts'

/** A host for tests: no environment, the given folder and clock. */
export function testHost(cwd: string, now: () => Date = () => new Date('2026-11-22T12:00:00Z')): Host {
  return {
    env: {},
    cwd,
    platform: process.platform,
    arch: process.arch,
    pid: process.pid,
    nodePath: process.execPath,
    now,
    monotonic: () => performance.now(),
    sleep: async () => undefined,
    log: SILENT_LOG,
  }
}
