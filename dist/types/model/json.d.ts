export type JsonValue = null | boolean | number | string | readonly JsonValue[] | {
    readonly [key: string]: JsonValue;
};
export type JsonObject = {
    readonly [key: string]: JsonValue;
};
export interface JsonLimits {
    /** Bytes, checked before decoding. */
    readonly maxBytes: number;
    readonly maxDepth?: number;
}
/** Documents of ours and bundles. Source: formats.md §1 (GHSA-cq38-jh5f-37mq, GHSA-vfp6-jrw2-99g9). */
export declare const DOCUMENT_LIMITS: JsonLimits;
/**
 * Strict JSON: valid UTF-8, no byte order mark, no duplicate keys, no `__proto__`, bounded size and depth.
 * Two parsers that read one signed text differently are a way around a signature, so an ambiguous text is refused.
 *
 * Integers beyond 2^53 come back as strings of their digits: repository ids and log indexes must not be rounded into
 * each other.
 *
 * @throws {CleanbillError} `LIMIT_EXCEEDED`, `JSON_MALFORMED` (with line and column), `JSON_AMBIGUOUS`
 */
export declare function parseJson(bytes: Uint8Array | string, what: string, limits?: JsonLimits): JsonValue;
/** As {@link parseJson}, and the top must be an object. */
export declare function parseJsonObject(bytes: Uint8Array | string, what: string, limits?: JsonLimits): JsonObject;
export declare function isJsonObject(value: unknown): value is JsonObject;
/**
 * @throws {CleanbillError} `JSON_MALFORMED` on invalid UTF-8
 */
export declare function decodeUtf8(bytes: Uint8Array, what: string): string;
/**
 * Refuses numbers that do not survive being read and written: what gets signed must be what the file says.
 *
 * @param text JSON that {@link parseJson} has accepted
 * @throws {CleanbillError} `JSON_AMBIGUOUS` for what is written as an integer beyond 2^53, more than 17 digits, and
 *   what overflows
 */
export declare function requireExactNumbers(text: string, what: string): void;
/**
 * Compact JSON with the keys of every object sorted by code point: equal values give equal bytes. Used for documents
 * of ours that are compared or digested (not for anything a specification canonicalises otherwise).
 */
export declare function toSortedJson(value: unknown, indent?: number): string;
/** Code point order. JavaScript's own `<` compares UTF-16 units, which puts U+1F600 before U+FF5E (formats.md §14.1). */
export declare function compareCodePoints(a: string, b: string): number;
