import { X509Certificate } from 'node:crypto';
/** OIDs as lower-case hex of their DER content: compared as bytes, so no decoder of ours can confuse two of them. */
export declare const OID: {
    readonly keyUsage: '551d0f';
    readonly subjectAltName: '551d11';
    readonly basicConstraints: '551d13';
    readonly extKeyUsage: '551d25';
    readonly codeSigning: '2b06010505070303';
    /** 1.3.6.1.4.1.57264.1, the arc of Fulcio's extensions (fulcio docs/oid-info.md). */
    readonly fulcioArc: '2b0601040183bf3001';
};
export interface CertificateExtension {
    readonly critical: boolean;
    /** Content of the extension's OCTET STRING. */
    readonly value: Uint8Array;
}
/** A leaf certificate, its extensions read by us from the very bytes that the signature check uses. */
export interface Certificate {
    readonly der: Uint8Array;
    readonly x509: X509Certificate;
    /** By {@link OID} hex. */
    readonly extensions: ReadonlyMap<string, CertificateExtension>;
    readonly sha256: string;
}
/**
 * Parses one DER certificate and its extensions, strictly. No trust is implied.
 *
 * @throws {CleanbillError} `CERTIFICATE_INVALID`, `EXTENSION_MALFORMED` (an extension twice)
 */
export declare function parseCertificate(der: Uint8Array): Certificate;
/**
 * Is the extended key usage code signing there? The library does not look at it (a TLS certificate would do).
 *
 * @returns undefined when the certificate does not restrict its use at all
 */
export declare function hasCodeSigningUsage(certificate: Certificate): boolean | undefined;
/** One name of a certificate's subject or issuer, e.g. `O` → `GitHub, Inc.`; undefined when absent or twice. */
export declare function nameField(name: string, field: string): string | undefined;
