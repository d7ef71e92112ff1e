import { join } from 'node:path'
import type { Host } from '../io/host.ts'

/** `$XDG_CACHE_HOME/cleanbill/evidence`, else below the home folder; without either nothing is kept. */
export function evidenceCache({ env }: Pick<Host, 'env'>): string | undefined {
  const home = env.XDG_CACHE_HOME ?? (env.HOME === undefined ? undefined : join(env.HOME, '.cache'))
  return home === undefined ? undefined : join(home, 'cleanbill', 'evidence')
}
