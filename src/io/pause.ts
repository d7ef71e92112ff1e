import { setTimeout as after } from 'node:timers/promises'

/** Resolves after so many milliseconds. Does not keep the process alive by itself. */
export async function pause(ms: number): Promise<void> {
  await after(ms, undefined, { ref: false })
}
