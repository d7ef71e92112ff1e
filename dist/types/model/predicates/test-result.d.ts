import { type ResourceDescriptor } from '../statement.ts';
/** Source: in-toto/attestation `spec/predicates/test-result.md`, v0.1. */
export declare const TEST_RESULT_V01 = "https://in-toto.io/attestation/test-result/v0.1";
/** A test run. For models the subject is the model's OMS root, never the file with the results. */
export interface TestResultPredicate {
    readonly result: 'PASSED' | 'WARNED' | 'FAILED';
    readonly configuration: readonly ResourceDescriptor[];
    readonly url?: string | undefined;
    readonly passedTests?: readonly string[] | undefined;
    readonly warnedTests?: readonly string[] | undefined;
    readonly failedTests?: readonly string[] | undefined;
}
/**
 * Parses a test result. One that says PASSED and lists failed tests is refused: a reader would believe the first line.
 *
 * @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED`
 */
export declare function parseTestResult(predicate: unknown): TestResultPredicate;
