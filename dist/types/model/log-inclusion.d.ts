import type { ParsedLogEntry } from './bundle-schema.ts';
/**
 * v0.1 carries a promise; from v0.2 on a proof with a checkpoint is required (protobuf-specs `sigstore_bundle.proto`).
 *
 * @throws {CleanbillError} `LOG_PROOF_INVALID`
 */
export declare function checkInclusion(entries: readonly ParsedLogEntry[], version: '0.1' | '0.2' | '0.3', where: string): void;
