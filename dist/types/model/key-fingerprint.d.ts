import { type KeyObject } from 'node:crypto';
/** SHA-256 of the DER SubjectPublicKeyInfo, hex: the hint in bundles signed with a key. A name, never a proof. */
export declare function keyFingerprint(key: KeyObject): string;
