import { type ResourceDescriptor } from '../statement.ts';
/** Predicate type of a SLSA verification summary. Source: slsa.dev/spec/v1.2/verification_summary. */
export declare const VSA_V1 = "https://slsa.dev/verification_summary/v1";
/** What a verifier says it checked: this artifact, against this policy, with this result. */
export interface VsaPredicate {
    readonly verifier: {
        readonly id: string;
        readonly version?: Readonly<Record<string, string>>;
    };
    /** RFC 3339, UTC, `Z`. */
    readonly timeVerified?: string;
    /** Where the consumer fetches the artifact; must equal what the consumer expects. */
    readonly resourceUri: string;
    readonly policy: ResourceDescriptor & {
        readonly uri: string;
    };
    /** When not empty: *all* attestations that were used, each with its digest. */
    readonly inputAttestations?: readonly ResourceDescriptor[];
    readonly verificationResult: 'PASSED' | 'FAILED';
    /** At most one level a track, e.g. `SLSA_BUILD_LEVEL_2`; `['FAILED']` on failure. */
    readonly verifiedLevels: readonly string[];
    /** Transitive dependencies counted at their highest level. Unset is no claim; `{}` is "there are none". */
    readonly dependencyLevels?: Readonly<Record<string, number>>;
    readonly slsaVersion?: string;
}
/**
 * Parses a verification summary, with the rules its schema cannot say: the policy has a URI, attestations that were
 * used have digests, a track has one level, and `FAILED` stands alone and agrees with the result.
 *
 * @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED`
 */
export declare function parseVsa(predicate: unknown): VsaPredicate;
/**
 * Checks the parts of a summary together and returns it, ready for {@link buildStatement}.
 *
 * @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED`
 */
export declare function buildVsa(parts: VsaPredicate): VsaPredicate;
