import { type KeyObject } from 'node:crypto';
import type { FetchedAttestation } from '../model/attestation.ts';
import { CleanbillError } from '../model/error.ts';
import type { ProvenSignature } from './proven-before.ts';
import { type TrustedKey } from './trust-material.ts';
/**
 * The signature over exactly these bytes.
 *
 * @returns what the library needs not compute again
 * @throws {CleanbillError} `SIGNATURE_INVALID`
 */
export declare function checkSignature(attestation: FetchedAttestation, key: KeyObject, signed: Uint8Array): ProvenSignature | undefined;
/** Which of the keys signed it; undefined: none. */
export declare function firstThatSigned(keys: readonly TrustedKey[], attestation: FetchedAttestation, signed: Uint8Array): {
    found: TrustedKey;
    proven: ProvenSignature | undefined;
} | undefined;
export declare function signatureInvalid(where: string): CleanbillError;
