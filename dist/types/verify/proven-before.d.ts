import { type KeyObject, type X509Certificate } from 'node:crypto';
import type { SignedEntity } from '@sigstore/verify';
import type { LibraryCertificate } from './library-material.ts';
/** A signature that held, as the library would compute it: ECDSA in DER over SHA-256. */
export interface ProvenSignature {
    readonly signed: Uint8Array;
    readonly signature: Uint8Array;
    readonly key: KeyObject;
}
/**
 * We look at the signature first of all, the library last of all. The same signature by the same key over the same bytes
 * does not hold twice over: where all three are the same, the library is told what came of it. Anything else it computes.
 */
export declare function rememberSignature(content: SignedEntity['signature'], proven: ProvenSignature): void;
/**
 * The same for the CA's signature over the signer's certificate, by which we have chosen the trusted root. On Fulcio's
 * curve (P-384) it costs as much as all other signatures of a bundle together.
 *
 * @param der the certificate that `issuers` were found to have issued
 */
export declare function rememberIssuers(certificate: LibraryCertificate, der: Uint8Array, issuers: readonly X509Certificate[]): void;
