import { z } from 'zod'
import { CleanbillError } from '../error.ts'
import { parseWith, type ResourceDescriptor, resourceDescriptorSchema } from '../statement.ts'

/** Source: in-toto/attestation `spec/predicates/test-result.md`, v0.1. */
export const TEST_RESULT_V01 = 'https://in-toto.io/attestation/test-result/v0.1'

/** A test run. For models the subject is the model's OMS root, never the file with the results. */
export interface TestResultPredicate {
  readonly result: 'PASSED' | 'WARNED' | 'FAILED'
  readonly configuration: readonly ResourceDescriptor[]
  readonly url?: string | undefined
  readonly passedTests?: readonly string[] | undefined
  readonly warnedTests?: readonly string[] | undefined
  readonly failedTests?: readonly string[] | undefined
}

const names = z.array(z.string()).optional()
const testResultSchema = z.looseObject({
  result: z.enum(['PASSED', 'WARNED', 'FAILED']),
  configuration: z.array(resourceDescriptorSchema),
  url: z.string().optional(),
  passedTests: names,
  warnedTests: names,
  failedTests: names,
})

/**
 * Parses a test result. One that says PASSED and lists failed tests is refused: a reader would believe the first line.
 *
 * @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED`
 */
export function parseTestResult(predicate: unknown): TestResultPredicate {
  const parsed = parseWith(testResultSchema, predicate, 'the test result', 'PREDICATE_MALFORMED')
  if (parsed.result !== 'FAILED' && (parsed.failedTests ?? []).length > 0) {
    throw new CleanbillError('PREDICATE_MALFORMED', `the test result says ${parsed.result} and lists failed tests`)
  }
  return parsed
}
