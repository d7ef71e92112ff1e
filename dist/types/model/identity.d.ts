import { type Certificate } from './certificate.ts';
/** What the CI system said about the run, from Fulcio's extensions .9–.24. Missing means unknown, and unknown equals nothing. */
export interface CertificateClaims {
    readonly buildSignerUri?: string;
    readonly buildSignerDigest?: string;
    readonly runnerEnvironment?: string;
    readonly sourceRepositoryUri?: string;
    readonly sourceRepositoryDigest?: string;
    readonly sourceRepositoryRef?: string;
    readonly sourceRepositoryIdentifier?: string;
    readonly sourceRepositoryOwnerUri?: string;
    readonly sourceRepositoryOwnerIdentifier?: string;
    readonly buildConfigUri?: string;
    readonly buildConfigDigest?: string;
    readonly buildTrigger?: string;
    readonly runInvocationUri?: string;
    readonly sourceRepositoryVisibility?: string;
    readonly deploymentEnvironment?: string;
    readonly tokenSubject?: string;
}
/** The deprecated extensions .2–.6: raw strings, GitHub only, still the only ones in certificates before 2023. */
export interface LegacyClaims {
    readonly trigger?: string;
    readonly sha?: string;
    readonly workflowName?: string;
    readonly repository?: string;
    readonly ref?: string;
}
export type SubjectName = {
    readonly type: 'uri' | 'email' | 'otherName';
    readonly value: string;
};
/** Somebody to whom a Fulcio CA gave a certificate. */
export interface KeylessIdentity {
    readonly kind: 'certificate';
    readonly subjectAlternativeName: SubjectName;
    /** OIDC issuer, `.8` or the deprecated `.1`. GitHub's release signer has none. */
    readonly issuer?: string;
    readonly claims: CertificateClaims;
    readonly legacy: LegacyClaims;
}
/** Somebody with a certificate of a private CA (OMS method `certificate`): no OIDC issuer, no claims. */
export interface PrivateCaIdentity {
    readonly kind: 'private-ca';
    readonly subject: string;
    readonly commonName?: string;
    readonly subjectAlternativeName?: SubjectName;
    /** SHA-256 of the DER certificate, hex. */
    readonly fingerprint: string;
}
/** Whoever holds a key: no name in it. */
export interface KeyIdentity {
    readonly kind: 'key';
    /** What the bundle calls the key. Unsigned: for display. */
    readonly hint?: string;
    /** SHA-256 of the DER SubjectPublicKeyInfo, hex. */
    readonly fingerprint: string;
    /** The set the key came from. */
    readonly source: 'key' | 'npm-keys';
}
/** Who signed. Whether that is somebody we want is policy. */
export type SignerIdentity = KeylessIdentity | PrivateCaIdentity | KeyIdentity;
/**
 * Reads who a Fulcio certificate was given to.
 *
 * @throws {CleanbillError} `EXTENSION_MALFORMED`
 */
export declare function parseKeylessIdentity(certificate: Certificate): KeylessIdentity;
/** Reads who a certificate of a private CA names; a SAN is optional there. */
export declare function parsePrivateCaIdentity(certificate: Certificate): PrivateCaIdentity;
