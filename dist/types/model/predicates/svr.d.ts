import { type ResourceDescriptor } from '../statement.ts';
/** Simple verification result. Source: in-toto/attestation `spec/predicates/svr.md`, v0.2. */
export declare const SVR_V02 = "https://in-toto.io/attestation/svr/v0.2";
/** Properties that hold. There is no form that says FAILED: what failed has no SVR. */
export interface SvrPredicate {
    readonly verifier: {
        readonly id: string;
        readonly policies: readonly ResourceDescriptor[];
    };
    /** RFC 3339, UTC, `Z`. */
    readonly timeCreated: string;
    readonly properties: readonly string[];
}
/** @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED` */
export declare function parseSvr(predicate: unknown): SvrPredicate;
