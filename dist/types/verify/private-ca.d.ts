import type { X509Certificate } from 'node:crypto';
import { type Certificate } from '../model/certificate.ts';
/**
 * Checks a chain of a private CA (OMS method `certificate`): the leaf signs code, each issuer is a CA, the last one is
 * a certificate that the caller trusts. Intermediates from the bundle only help to find the way.
 *
 * There is no trusted time in such a bundle, so everything must be valid now: an expired certificate is refused even
 * where it was valid when it signed.
 *
 * @throws {CleanbillError} `CERTIFICATE_INVALID`, `CERTIFICATE_EXPIRED`
 */
export declare function verifyPrivateChain(chain: readonly Uint8Array[], roots: readonly X509Certificate[], now: Date, where: string): Certificate;
