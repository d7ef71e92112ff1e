import { resolve } from 'node:path'
import type { GateRequest } from '../../flows/gate.ts'
import { PROFILES } from '../../model/rules.ts'
import { evidenceCache } from '../evidence-cache.ts'
import { VERIFY_THREADS } from '../verify-threads.ts'
import { VERSION } from '../version.ts'
import type { Args, CliContext, OptionSpec } from './command.ts'
import { choice } from './signing-options.ts'

/** How evidence is found and trusted: the same words for `gate`, `init` and `policy explain`. */
export const GATE_OPTIONS: readonly OptionSpec[] = [
  { name: 'policy', value: 'FILE', help: 'Policy, from PATH (default: .github/cleanbill.yml, else the built-in one)' },
  { name: 'lock', value: 'FILE', help: 'Trust lock, from PATH (default: cleanbill.lock)' },
  {
    name: 'profile',
    value: 'PROFILE',
    help: `${PROFILES.join(', ')}; default: what the policy says, else recommended`,
  },
  {
    name: 'evidence',
    value: 'DIR',
    help: 'Look for attestations in this folder too: bundles, JSON lines, npm and PEP 740 documents',
  },
  {
    name: 'facts',
    value: 'FILE',
    multiple: true,
    help: "Facts statement that this repository's own gate signed on its default branch",
  },
  { name: 'offline', help: 'Ask nothing: use the cache and --evidence; what is not there is unreachable' },
  { name: 'trusted-root', value: 'FILE', multiple: true, help: "Trusted root, in place of the policy's" },
  { name: 'npm-keys', value: 'FILE', help: "npm's registry keys, in place of those from TUF" },
  { name: 'no-cache', help: 'Keep no bundles on disk and use none' },
]

export function readGateRequest({ host }: CliContext, args: Args): Omit<GateRequest, 'all' | 'base' | 'updateLock'> {
  const root = resolve(host.cwd, args.positionals[0] ?? '.')
  const path = (name: string) => {
    const value = args.text(name)
    return value === undefined ? undefined : resolve(host.cwd, value)
  }
  return {
    root,
    policyPath: args.text('policy'),
    lockPath: args.text('lock'),
    profile: choice(args, 'profile', PROFILES),
    offline: args.flag('offline'),
    evidence: path('evidence'),
    facts: args.list('facts').map((one) => resolve(host.cwd, one)),
    trustedRoots: args.list('trusted-root').map((one) => resolve(host.cwd, one)),
    npmKeys: path('npm-keys'),
    githubToken: host.env.GITHUB_TOKEN || host.env.GH_TOKEN || undefined,
    cacheDir: args.flag('no-cache') ? undefined : evidenceCache(host),
    threads: VERIFY_THREADS,
    version: VERSION,
  }
}
