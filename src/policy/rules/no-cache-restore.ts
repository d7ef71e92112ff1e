import { fromNotices } from '../notices.ts'
import type { Rule } from '../rule.ts'

/**
 * R11. A job that releases restores no cache: runs of other triggers write into the same one (T-NS-09). A pull request
 * poisoned the package store from which TanStack and ultralytics were built. Upstream's caches cannot be seen from here.
 */
export const noCacheRestore: Rule = {
  id: 'no-cache-restore',
  docs: 'docs/rules.md#no-cache-restore',
  checkPipeline: (discovery) => fromNotices(discovery, ['CACHE_RESTORED']),
}
