import { type DigestSet } from '../model/digest.ts';
import type { Statement, Subject } from '../model/statement.ts';
/** What the caller holds in hand. */
export interface HeldArtifact {
    /** For messages. */
    readonly name: string;
    /** Undefined where only a digest is known. */
    readonly kind?: 'file' | 'directory' | undefined;
    /** Any one of these is the artifact: a directory has a root by each of two orders. */
    readonly digests: readonly DigestSet[];
    /** Package URL the subject must have, where the caller said one. */
    readonly purl?: string | undefined;
}
/**
 * Finds the subject that is this artifact: one subject must have the digest **and** the name.
 *
 * @throws {CleanbillError} `SUBJECT_MISMATCH`, `SUBJECT_NAME_MISMATCH`, `DIGEST_WEAK`
 */
export declare function verifySubject(statement: Statement, artifact: HeldArtifact): Subject;
/** As {@link verifySubject}, and every subject that is it: two directories with other names can have one root. */
export declare function findSubjects(statement: Statement, artifact: HeldArtifact): [Subject, ...Subject[]];
export declare function hasPurl(subject: Subject, purl: string): boolean;
