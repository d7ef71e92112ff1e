import type { JsonObject } from '../json.ts';
import { type ResourceDescriptor } from '../statement.ts';
/** Source: in-toto/attestation `spec/predicates/link.md`, v0.3. */
export declare const LINK_V03 = "https://in-toto.io/attestation/link/v0.3";
/** One step of a supply chain; its products are the statement's subjects. */
export interface LinkPredicate {
    readonly name: string;
    readonly command?: readonly string[];
    /** Each with a name of its own and a digest. */
    readonly materials?: readonly ResourceDescriptor[];
    readonly byproducts?: JsonObject;
    readonly environment?: JsonObject;
}
/** @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED` */
export declare function parseLink(predicate: unknown): LinkPredicate;
