import { type Statement } from '../statement.ts';
/** Predicate type of an OpenSSF Model Signing v1.0 signature (the underscore is literal). */
export declare const OMS_SIGNATURE_V1 = "https://model_signing/signature/v1.0";
/** The form before v1.0: digests in `subject`, no serialization. Verified, never written. */
export declare const OMS_DIGESTS_V01 = "https://model_signing/Digests/v0.1";
/** Always left out, at the model root only, with what lies under them. Source: OMS v1.0 §"Default ignore paths". */
export declare const OMS_DEFAULT_IGNORES: readonly ['.git', '.gitattributes', '.github', '.gitignore'];
/** One file (or shard) of a directory: path from its root with `/`, and the lower-case hex digest of its bytes. */
export interface OmsResource {
    readonly name: string;
    readonly digest: string;
    readonly algorithm: 'sha256' | 'blake2b' | 'blake3';
}
export interface OmsSerialization {
    readonly method: 'files' | 'shards';
    readonly hash_type: 'sha256' | 'blake2b' | 'blake3';
    readonly allow_symlinks: boolean;
    readonly shard_size?: number | undefined;
    readonly ignore_paths?: readonly string[] | undefined;
}
/** Predicate of `https://model_signing/signature/v1.0`. A closed object: unknown keys are refused. */
export interface OmsPredicate {
    readonly resources: readonly OmsResource[];
    readonly serialization: OmsSerialization;
}
/**
 * Parses an OMS v1.0 predicate, with the two rules its JSON schema leaves out: at least one resource, and no
 * `shard_size` with method `files`.
 *
 * @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED`
 */
export declare function parseOmsPredicate(predicate: unknown): OmsPredicate;
/** Code point order of the names, which is the order of OMS v1.0 (the Python reference orders by path parts). */
export declare function sortOmsResources(resources: readonly OmsResource[]): OmsResource[];
/**
 * The root digest: SHA-256 over the raw digests in the order given. Verifying recomputes it in *listed* order.
 * Names are not in it, so equal roots do not prove equal names: compare the manifest too.
 */
export declare function omsRoot(resources: readonly OmsResource[]): string;
/**
 * Builds the statement that `model-signing` would sign: method `files`, SHA-256, spec order.
 * Source: ossf/model-signing-spec v1.0.
 *
 * @throws {CleanbillError} `SUBJECT_EMPTY` (usage) when there is no file
 */
export declare function buildOmsStatement(name: string, resources: readonly OmsResource[], ignorePaths?: readonly string[]): Statement<OmsPredicate>;
