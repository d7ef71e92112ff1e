import type { Rule } from '../rule.ts'
import { beforeInstall } from './before-install.ts'
import { closedWorldDependencies } from './closed-world-dependencies.ts'
import { cooldown } from './cooldown.ts'
import { independentRebuild } from './independent-rebuild.ts'
import { lockMatchesRegistry } from './lock-matches-registry.ts'
import { newEntryPoints } from './new-entry-points.ts'
import { noCacheRestore } from './no-cache-restore.ts'
import { noDowngrade } from './no-downgrade.ts'
import { pinnedActions } from './pinned-actions.ts'
import { pinnedModels } from './pinned-models.ts'
import { reachableCommit } from './reachable-commit.ts'
import { refAllowList } from './ref-allow-list.ts'
import { reviewedSource } from './reviewed-source.ts'
import { revoked } from './revoked.ts'
import { runOutcome } from './run-outcome.ts'
import { signerContinuity } from './signer-continuity.ts'
import { sourceMatchesArchive } from './source-matches-archive.ts'

/** The rules R0 to R16, in the order of `model/rules.ts`. Adding one: a file, a row here and there, an anchor, a case. */
export const RULES_TABLE: readonly Rule[] = [
  lockMatchesRegistry,
  noDowngrade,
  signerContinuity,
  refAllowList,
  reachableCommit,
  reviewedSource,
  runOutcome,
  cooldown,
  independentRebuild,
  closedWorldDependencies,
  pinnedActions,
  noCacheRestore,
  sourceMatchesArchive,
  newEntryPoints,
  pinnedModels,
  revoked,
  beforeInstall,
]
