import type { Policy } from '../model/policy.ts'
import type { TrustLock } from '../model/trust-lock.ts'
import { escapeTerminal } from './escape.ts'
import { plural } from './words.ts'

/** What `policy check` prints: that both files can be read, and what is in them. */
export function formatCheckedPolicy(checked: {
  readonly policy: Policy
  readonly lock: TrustLock
  readonly policyPath: string
  readonly lockPath: string
  readonly hasPolicy: boolean
  readonly hasLock: boolean
}): string {
  const { policy, lock, policyPath, lockPath, hasPolicy, hasLock } = checked
  const parts = [
    plural(policy.require.length, 'require entry', 'require entries'),
    plural(policy.allow.length, 'allow entry', 'allow entries'),
    plural(policy.waivers.length, 'waiver', 'waivers'),
  ]
  const signers = lock.entries.reduce((sum, entry) => sum + entry.signers.length, 0)
  return [
    hasPolicy
      ? `${escapeTerminal(policyPath)}: profile ${policy.profile}, ${parts.join(', ')}`
      : `no ${escapeTerminal(policyPath)}: the built-in policy holds, profile ${policy.profile}`,
    hasLock
      ? `${escapeTerminal(lockPath)}: ${plural(lock.entries.length, 'entry', 'entries')}, ${plural(signers, 'signer', 'signers')}`
      : `no ${escapeTerminal(lockPath)}: nothing is known yet about who publishes what (cleanbill init writes it)`,
  ].join('\n')
}
