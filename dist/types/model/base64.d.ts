/**
 * Decodes base64 strictly. `Buffer.from(s, 'base64')` skips junk, so a payload with characters inserted would decode
 * to the same bytes and two different texts would name one signed thing (formats.md §1).
 *
 * DSSE and protobuf JSON both allow the URL-safe alphabet on input, so that is accepted too, padded or not.
 *
 * @throws {CleanbillError} `BASE64_MALFORMED`
 */
export declare function decodeBase64(text: string, what: string): Uint8Array;
/** Standard alphabet with padding: the only form we write. */
export declare function encodeBase64(bytes: Uint8Array): string;
