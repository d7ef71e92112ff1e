/**
 * The library door of Cleanbill: what programs may build on. The command line and the action are the product; here is
 * what they are made of, as far as it is stable.
 */
export type { FetchedAttestation, FetchedDocument, VerifiedAttestation, VerifiedMessage } from './model/attestation.ts';
export { parseAttestations } from './model/bundle.ts';
export { CleanbillError, ERROR_CODES, type ErrorClass, type ErrorCode, type Limit } from './model/error.ts';
export type { CertificateClaims, KeylessIdentity, SignerIdentity } from './model/identity.ts';
export { parseRecording, type Recording } from './model/recording.ts';
export { parseTrustedRoots, type Trust } from './verify/trust-material.ts';
export { verifyAttestation } from './verify/verify-attestation.ts';
export { verifySubject } from './verify/verify-subject.ts';
