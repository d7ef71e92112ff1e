import { type Attested, outageError } from '../flows/attest.ts'
import type { Log } from '../io/host.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'

/**
 * The exit code of what became of the statements: what a store refused first, then an outage that may not be waited
 * for, else 0.
 */
export function exitCodeOfAttested(attested: readonly Attested[], onOutage: 'pend' | 'fail', log: Log): number {
  const refused = attested.find((one) => one.refused !== undefined)?.refused
  if (refused !== undefined) return exitCodeOf(refused)
  const pending = attested.find((one) => one.pending !== undefined)?.pending
  if (pending === undefined || onOutage === 'pend') return EXIT.passed
  log.warn(outageError(pending).message)
  return EXIT.outage
}
