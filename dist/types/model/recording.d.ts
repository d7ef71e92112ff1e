import type { DigestSet } from './digest.ts';
import { type Limit } from './error.ts';
import { type JsonObject } from './json.ts';
import { type ResourceDescriptor } from './statement.ts';
/**
 * A recording is what the wrapper observed of one command, unsigned. It is the hand-over between the job that ran the
 * command (no `id-token`) and the job that re-hashes and signs.
 */
export declare const RECORDING_SCHEMA: string;
/** Limit of a recording that lacks a declared output. It is kept for people and never signed. */
export declare const RECORDING_INCOMPLETE = "RECORDING_INCOMPLETE";
export declare const RUN_KINDS: readonly ['build', 'train', 'evaluate'];
export type RunKind = (typeof RUN_KINDS)[number];
/** What one recorder adds. Every recorder owns its own keys; two recorders that write one key are a defect. */
export interface Contribution {
    /** Chosen by whoever started the run; complete. */
    readonly externalParameters?: JsonObject;
    /** Observed about the platform. */
    readonly internalParameters?: JsonObject;
    readonly resolvedDependencies?: readonly ResourceDescriptor[];
    readonly byproducts?: readonly ResourceDescriptor[];
    /** Component → version, into `builder.version`. */
    readonly builderVersion?: Readonly<Record<string, string>>;
    readonly limits?: readonly Limit[];
}
/** One output: what becomes a subject. `path` is relative to the workspace, with `/`. */
export interface RecordedOutput {
    readonly role: string;
    readonly path: string;
    readonly kind: 'file' | 'directory' | 'image';
    /** Of the bytes; of a directory the OMS root (formats.md §14.1); of an image its manifest's, as the registry has it. */
    readonly digest: DigestSet;
    readonly bytes: number;
    /** Of a directory: each file with its digest, as an OMS manifest. */
    readonly files?: readonly {
        readonly name: string;
        readonly sha256: string;
        readonly bytes: number;
    }[] | undefined;
}
/** How the command ended: exactly one of the two is not null. */
export interface CommandExit {
    readonly code: number | null;
    readonly signal: string | null;
}
export interface Recording {
    readonly schema: typeof RECORDING_SCHEMA;
    readonly kind: RunKind;
    /** RFC 3339, UTC, `Z`. */
    readonly startedOn: string;
    readonly finishedOn: string;
    readonly exit: CommandExit;
    readonly externalParameters: JsonObject;
    readonly internalParameters: JsonObject;
    readonly resolvedDependencies: readonly ResourceDescriptor[];
    readonly byproducts: readonly ResourceDescriptor[];
    readonly builder: {
        readonly id: string;
        readonly version: Readonly<Record<string, string>>;
    };
    readonly invocationId?: string | undefined;
    readonly outputs: readonly RecordedOutput[];
    readonly limits: readonly Limit[];
}
/**
 * Parses a recording file. Unknown keys are refused: the file comes from a job that anybody's code ran in.
 *
 * @throws {CleanbillError} `RECORDING_MALFORMED`, `JSON_MALFORMED`, `LIMIT_EXCEEDED`
 */
export declare function parseRecording(bytes: Uint8Array, file: string): Recording;
/**
 * Joins the contributions of all recorders. A key that two of them write is a defect of ours, not an input's.
 *
 * @throws {CleanbillError} `INTERNAL_ERROR`
 */
export declare function mergeContributions(contributions: readonly Contribution[]): Required<Contribution>;
