import { z } from 'zod';
import { type DigestSet } from './digest.ts';
import { type JsonObject, type JsonValue } from './json.ts';
/** The type we write. Source: in-toto attestation framework v1.2, `spec/v1/statement.md`. */
export declare const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
/** Still written by npm publish attestations, SLSA v0.2 producers and cosign: read, never written. */
export declare const STATEMENT_TYPE_V01 = "https://in-toto.io/Statement/v0.1";
/** The DSSE payload type of a statement. */
export declare const STATEMENT_PAYLOAD_TYPE = "application/vnd.in-toto+json";
/** More subjects than this are refused (GHSA-cq38-jh5f-37mq). */
export declare const MAX_SUBJECTS = 1024;
/**
 * in-toto ResourceDescriptor: how a statement names a thing. At least one of `uri`, `digest`, `content` is there.
 * Source: in-toto attestation framework v1.2, `spec/v1/resource_descriptor.md`.
 */
export interface ResourceDescriptor {
    readonly name?: string;
    readonly uri?: string;
    readonly digest?: DigestSet;
    /** Base64 of the bytes themselves; should stay under 1 KB. */
    readonly content?: string;
    readonly downloadLocation?: string;
    readonly mediaType?: string;
    readonly annotations?: JsonObject;
}
/** A subject: a ResourceDescriptor that must carry a digest. */
export interface Subject extends ResourceDescriptor {
    readonly digest: DigestSet;
}
/**
 * An in-toto statement: these subjects, and this is said about them.
 *
 * @example
 * const statement: Statement<ProvenancePredicate> = parseStatement(payload)
 */
export interface Statement<Predicate = JsonValue> {
    readonly _type: typeof STATEMENT_TYPE | typeof STATEMENT_TYPE_V01;
    readonly subject: readonly Subject[];
    /** TypeURI of the predicate, e.g. `https://slsa.dev/provenance/v1`. */
    readonly predicateType: string;
    readonly predicate: Predicate;
}
/** Parser of a ResourceDescriptor. `null` and absent are the same; unknown fields are dropped (in-toto parsing rules). */
export declare const resourceDescriptorSchema: z.ZodPipe<z.ZodObject<{
    name: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodString>>, z.ZodTransform<string | undefined, string | null | undefined>>;
    uri: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodString>>, z.ZodTransform<string | undefined, string | null | undefined>>;
    digest: z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodRecord<z.ZodString, z.ZodUnknown>, z.ZodTransform<Readonly<Record<string, string>>, Record<string, unknown>>>>>;
    content: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodString>>, z.ZodTransform<string | undefined, string | null | undefined>>;
    downloadLocation: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodString>>, z.ZodTransform<string | undefined, string | null | undefined>>;
    mediaType: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodString>>, z.ZodTransform<string | undefined, string | null | undefined>>;
    annotations: z.ZodOptional<z.ZodNullable<z.ZodRecord<z.ZodString, z.ZodUnknown>>>;
}, z.core.$strip>, z.ZodTransform<ResourceDescriptor, {
    name: string | undefined;
    uri: string | undefined;
    digest?: Readonly<Record<string, string>> | null | undefined;
    content: string | undefined;
    downloadLocation: string | undefined;
    mediaType: string | undefined;
    annotations?: Record<string, unknown> | null | undefined;
}>>;
/**
 * Parses the signed bytes of a statement. Call it with the bytes the signature covers and nothing else.
 *
 * @throws {CleanbillError} `STATEMENT_MALFORMED`, `SUBJECT_EMPTY`, `SUBJECT_LIMIT`, `DIGEST_MALFORMED`,
 *   `JSON_MALFORMED`, `JSON_AMBIGUOUS`, `LIMIT_EXCEEDED`
 */
export declare function parseStatement(payload: Uint8Array): Statement;
/** Runs a schema and turns its complaint into our code. Shared by the predicates. */
export declare function parseWith<T>(schema: z.ZodType<T>, value: unknown, where?: string, code?: 'STATEMENT_MALFORMED' | 'PREDICATE_MALFORMED'): T;
/**
 * Makes a statement that can be signed: at least one subject, unique names, strong digests.
 * The specification allows an empty subject list; signing one vouches for nothing and looks like something (T-SU-08).
 *
 * @throws {CleanbillError} `SUBJECT_EMPTY`, `SUBJECT_LIMIT`, `SUBJECT_NAME_DUPLICATE`, `DIGEST_WEAK`; all usage errors
 */
export declare function buildStatement<P>(parts: {
    subject: readonly Subject[];
    predicateType: string;
    predicate: P;
}): Statement<P>;
/** The bytes that get signed: compact JSON in the order the fields were built. */
export declare function serializeStatement(statement: Statement<unknown>): Uint8Array;
/**
 * DSSE pre-authentication encoding: the bytes a DSSE signature covers.
 * Source: secure-systems-lab/dsse v1.0.2, `protocol.md`. Vector: type `http://example.com/HelloWorld`, body
 * `hello world` → `DSSEv1 29 http://example.com/HelloWorld 11 hello world`.
 */
export declare function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array;
/** Removes keys whose value is undefined or null, so that `exactOptionalPropertyTypes` holds and JSON stays small. */
export declare function dropEmpty<T extends object>(value: T): {
    [K in keyof T]?: NonNullable<T[K]>;
};
