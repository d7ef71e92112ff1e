import { type ErrorCode } from './error.ts';
/** One DER value: its tag byte, its content, and where it ended in the bytes it was read from. */
export interface DerValue {
    readonly tag: number;
    readonly content: Uint8Array;
    readonly end: number;
}
export declare const DER_OID = 6;
export declare const DER_UTF8_STRING = 12;
export declare const DER_SEQUENCE = 48;
/** Who complains, and with which code, when the bytes are not DER. */
export interface DerContext {
    readonly code: ErrorCode;
    readonly what: string;
}
/**
 * Reads the DER value that starts at `offset`. One-byte tags only, definite and minimal lengths (X.690 §10.1): a
 * lenient reader would let two encodings of one extension read as the same text, and one of them is the attacker's.
 *
 * @throws {CleanbillError} with the code of the context
 */
export declare function readDer(bytes: Uint8Array, offset: number, context: DerContext): DerValue;
/** As {@link readDer}, and nothing may follow. */
export declare function readDerExact(bytes: Uint8Array, context: DerContext): DerValue;
/** The values inside a constructed value, in order. */
export declare function readDerChildren(content: Uint8Array, context: DerContext): DerValue[];
/** A UTF8String that is the whole of the bytes: tag 0x0C, no trailing bytes, valid UTF-8 (fulcio oid-info.md). */
export declare function readDerUtf8String(bytes: Uint8Array, context: DerContext): string;
/** @throws {CleanbillError} when the bytes are not valid UTF-8 */
export declare function decodeText(bytes: Uint8Array, context: DerContext): string;
