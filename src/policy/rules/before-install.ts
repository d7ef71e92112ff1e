import { fromNotices } from '../notices.ts'
import type { Rule } from '../rule.ts'

/**
 * R16. The gate ran before anything was installed (T-AC-23): afterwards the payload has run already, which is how
 * @squawk fell after TanStack. A program that a step downloads while it runs never passed the gate at all (T-AC-22), and
 * neither does anything where the gate is left out (T-AC-08).
 */
export const beforeInstall: Rule = {
  id: 'before-install',
  docs: 'docs/rules.md#before-install',
  checkPipeline: (discovery) => fromNotices(discovery, ['GATE_TOO_LATE', 'GATE_SKIPPABLE', 'RUNTIME_DOWNLOAD']),
}
