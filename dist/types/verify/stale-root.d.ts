import type { FetchedAttestation } from '../model/attestation.ts';
import type { Certificate } from '../model/certificate.ts';
import { CleanbillError } from '../model/error.ts';
import type { Trust, VerificationRoot } from './trust-material.ts';
/** What was being verified when it was refused. */
export interface Refused {
    readonly attestation: FetchedAttestation;
    /** Undefined for a bundle that is signed with a key. */
    readonly leaf?: Certificate | undefined;
    /** The roots that it was held to. */
    readonly roots: readonly VerificationRoot[];
    readonly now: Date;
}
/**
 * Authorities, logs and keys are replaced about twice a year, and a root from before does not know those that came after
 * it: good evidence is then refused as if somebody had forged it (GitHub's timestamp authority, end of June 2026). So
 * where exactly an unknown one is what the refusal rests on, and the evidence is from after the day until which the root
 * was current, nothing can be said of it: `TRUST_ROOT_STALE` in place of the refusal (T-CR-13).
 *
 * It is no way past a check. A root that is current never gives it, whoever made the evidence; and what was changed after
 * it was signed has been found before any root is asked.
 *
 * @returns the error to throw
 */
export declare function orStale(error: unknown, refused: Refused): unknown;
/** The same for a key that is named by its hint alone, such as npm's. */
export declare function orStaleKeys(error: CleanbillError, attestation: FetchedAttestation, { keys, now }: Trust): unknown;
