import type { FetchedDocument, UnreadDocument } from './attestation.ts';
/** More attestations than this in one document are refused (GHSA-vfp6-jrw2-99g9). */
export declare const MAX_ATTESTATIONS = 100;
/**
 * Reads what people have: a Sigstore bundle (v0.1–v0.3, an OMS `model.sig` included), JSON lines of them, an npm
 * attestations document, a GitHub attestations answer, a PEP 740 attestation or provenance object, a bare DSSE
 * envelope. Nothing is verified. An attestation that cannot be read is listed as unreadable, not dropped.
 *
 * @param name how to call the document in messages
 * @throws {CleanbillError} `BUNDLE_MALFORMED`, `BUNDLE_VERSION`, `BASE64_MALFORMED`, `SIGNATURE_COUNT`,
 *   `JSON_MALFORMED`, `JSON_AMBIGUOUS`, `LIMIT_EXCEEDED` when the document holds one attestation or none can be told
 */
export declare function parseAttestations(bytes: Uint8Array, name: string): FetchedDocument;
/**
 * Reads a document that has to be of one form.
 *
 * @throws {CleanbillError} as {@link parseAttestations}; `BUNDLE_MALFORMED` for another form
 */
export declare function readUnread({ bytes, where, form }: UnreadDocument): FetchedDocument;
