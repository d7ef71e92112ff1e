import { CleanbillError } from '../model/error.ts';
/**
 * Turns whatever came out of the library into a refusal with a code of ours. A class that is not known is
 * `LIBRARY_FAULT`: being refused by luck is still a refusal, but it must not look like one of the checks (T-CR-16).
 */
export declare function mapFault(error: unknown, where: string): CleanbillError;
