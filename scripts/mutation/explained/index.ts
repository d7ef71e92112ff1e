import type { Explained } from './explained.ts'
import { MODEL_BUNDLES } from './model-bundles.ts'
import { MODEL_DOCUMENTS } from './model-documents.ts'
import { MODEL_NAMES } from './model-names.ts'
import { MODEL_PREDICATES } from './model-predicates.ts'
import { POLICY_DECISIONS } from './policy-decisions.ts'
import { POLICY_FILES_AND_RULES } from './policy-files-and-rules.ts'
import { POLICY_SIGNERS } from './policy-signers.ts'
import { VERIFY } from './verify.ts'
import { VERIFY_SPEED } from './verify-speed.ts'
import { VERIFY_SUBJECTS } from './verify-subjects.ts'

export const EXPLAINED: readonly Explained[] = [
  ...MODEL_BUNDLES,
  ...MODEL_DOCUMENTS,
  ...MODEL_NAMES,
  ...MODEL_PREDICATES,
  ...POLICY_DECISIONS,
  ...POLICY_FILES_AND_RULES,
  ...POLICY_SIGNERS,
  ...VERIFY,
  ...VERIFY_SPEED,
  ...VERIFY_SUBJECTS,
]
