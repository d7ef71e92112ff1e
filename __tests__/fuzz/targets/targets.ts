import type { Target } from '../engine/target.ts'
import { DISCOVER } from './discover.ts'
import { DOORS } from './doors.ts'
import { MODEL_DOCUMENTS } from './model-documents.ts'
import { MODEL_NAMES } from './model-names.ts'
import { MODEL_PREDICATES } from './model-predicates.ts'
import { POLICY_TARGETS } from './policy.ts'
import { REPORT } from './report.ts'
import { SOURCE_ANSWERS } from './source-answers.ts'
import { SOURCE_PARTS } from './source-parts.ts'
import { TRUST } from './trust.ts'

/** Everything of ours that reads what others wrote. A new parser is a row in one of these files (CONTRIBUTING, "Fuzzing"). */
export const TARGETS: readonly Target[] = [
  ...MODEL_DOCUMENTS,
  ...MODEL_NAMES,
  ...MODEL_PREDICATES,
  ...DISCOVER,
  ...SOURCE_PARTS,
  ...SOURCE_ANSWERS,
  ...POLICY_TARGETS,
  ...TRUST,
  ...DOORS,
  ...REPORT,
]
