import type { JsonObject } from '../json.ts';
import { type ResourceDescriptor } from '../statement.ts';
/** Always this string, under SLSA 1.0, 1.1 and 1.2 alike. Source: slsa.dev/spec/v1.2/provenance. */
export declare const PROVENANCE_V1 = "https://slsa.dev/provenance/v1";
export declare const PROVENANCE_V02 = "https://slsa.dev/provenance/v0.2";
/** What was built and from what. Source: SLSA provenance v1, `BuildDefinition`. */
export interface BuildDefinition {
    /** TypeURI: how to read `externalParameters`. */
    readonly buildType: string;
    /** Under the tenant's control, complete; a verifier should reject keys it does not know. */
    readonly externalParameters: JsonObject;
    /** Set by the platform. */
    readonly internalParameters?: JsonObject;
    /** Unordered, best effort. */
    readonly resolvedDependencies?: readonly ResourceDescriptor[];
}
/** Who ran it and when. Source: SLSA provenance v1, `RunDetails`. Times are RFC 3339, UTC, `Z`. */
export interface RunDetails {
    readonly builder: {
        readonly id: string;
        readonly version?: Readonly<Record<string, string>>;
        readonly builderDependencies?: readonly ResourceDescriptor[];
    };
    readonly metadata?: {
        readonly invocationId?: string;
        readonly startedOn?: string;
        readonly finishedOn?: string;
    };
    readonly byproducts?: readonly ResourceDescriptor[];
}
/** Predicate of `https://slsa.dev/provenance/v1`. Fields named `<vendor>_<name>` are extensions and kept by the parser. */
export interface ProvenancePredicate {
    readonly buildDefinition: BuildDefinition;
    readonly runDetails: RunDetails;
}
/**
 * Parses a SLSA provenance v1 predicate. Unset, `null` and empty mean the same and come back as empty.
 *
 * @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED`
 */
export declare function parseProvenance(predicate: unknown): ProvenancePredicate;
