/**
 * `cleanbill/in-toto`: in-toto statements and predicates, typed, strictly parsed. npm has no package of them otherwise.
 *
 * @example
 * import { parseStatement, parseProvenance } from 'cleanbill/in-toto'
 * const statement = parseStatement(payload) // the bytes that a signature covers
 * const provenance = parseProvenance(statement.predicate)
 */
export { type Digest, type DigestSet, digestsMatch, parseDigest } from './model/digest.ts';
export { CleanbillError, type ErrorCode } from './model/error.ts';
export type { JsonObject, JsonValue } from './model/json.ts';
export * from './model/predicates/link.ts';
export * from './model/predicates/oms.ts';
export { type BuildDefinition, PROVENANCE_V1, PROVENANCE_V02, type ProvenancePredicate, parseProvenance, type RunDetails, } from './model/predicates/provenance.ts';
export * from './model/predicates/release.ts';
export * from './model/predicates/svr.ts';
export * from './model/predicates/test-result.ts';
export * from './model/predicates/vsa.ts';
export { buildStatement, MAX_SUBJECTS, parseStatement, preAuthEncoding, type ResourceDescriptor, STATEMENT_PAYLOAD_TYPE, STATEMENT_TYPE, STATEMENT_TYPE_V01, type Statement, type Subject, serializeStatement, } from './model/statement.ts';
