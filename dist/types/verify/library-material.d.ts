import type { KeyObject } from 'node:crypto';
import type { TrustedRoot } from '@sigstore/protobuf-specs';
import { type TrustMaterial } from '@sigstore/verify';
/** The library's way to a key that a bundle names by its hint. */
export type KeyFinder = (hint: string) => {
    publicKey: KeyObject;
    validFor: (date: Date) => boolean;
};
export type LibraryCertificate = TrustMaterial['certificateAuthorities'][number]['certChain'][number];
/**
 * The trusted root in the library's own form, read once: for each bundle anew it costs more than the bundle itself.
 *
 * The library follows the chain of every certificate up to the root, for every timestamp again. Whether one trusted
 * certificate issued another does not change between two bundles, so that is remembered; what the bundle brings along is
 * verified each time.
 */
export declare function libraryMaterial(root: TrustedRoot): (findKey: KeyFinder) => TrustMaterial;
/**
 * The library compares certificates by writing them out again each time, part by part, which is half of what a bundle
 * costs; it reads the name of each extension again whenever it looks for one, and the whole certificate again to leave
 * one extension out. What it reads and writes follows from the parsed bytes, which nobody changes: its one change, for
 * the SCT, is made to a copy of the list of extensions.
 */
export declare function rememberEncoding(certificate: LibraryCertificate): void;
