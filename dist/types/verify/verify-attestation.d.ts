import type { FetchedAttestation, VerifiedAttestation, VerifiedMessage } from '../model/attestation.ts';
import { type Trust } from './trust-material.ts';
/**
 * Verifies one attestation: signature, certificate or key, log inclusion, time. The sole maker of
 * {@link VerifiedAttestation}. It says who signed what; subject and identity are judged by others.
 *
 * @param artifact the bytes of the file, needed (and used) only for a signature directly over a file
 * @throws {CleanbillError} the codes of threats.md §1; nothing else is ever thrown for hostile input
 */
export declare function verifyAttestation(attestation: FetchedAttestation, trust: Trust, artifact?: Uint8Array): VerifiedAttestation | VerifiedMessage;
