import { z } from 'zod';
/** Media types that are bundles, compared with `===` (the library also takes `…;version=0.9` and `…v0.3+jsonX`). */
export declare const BUNDLE_MEDIA_TYPES: {
    readonly 'application/vnd.dev.sigstore.bundle+json;version=0.1': '0.1';
    readonly 'application/vnd.dev.sigstore.bundle+json;version=0.2': '0.2';
    readonly 'application/vnd.dev.sigstore.bundle+json;version=0.3': '0.3';
    readonly 'application/vnd.dev.sigstore.bundle.v0.3+json': '0.3';
};
export declare const BUNDLE_V03 = "application/vnd.dev.sigstore.bundle.v0.3+json";
declare const logEntry: z.ZodObject<{
    logIndex: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodInt]>, z.ZodTransform<string, string | number>>>>, z.ZodTransform<string | undefined, string | null | undefined>>;
    logId: z.ZodObject<{
        keyId: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
    }, z.core.$strip>;
    kindVersion: z.ZodObject<{
        kind: z.ZodString;
        version: z.ZodString;
    }, z.core.$strip>;
    integratedTime: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodInt]>, z.ZodTransform<string, string | number>>>>, z.ZodTransform<string | undefined, string | null | undefined>>;
    inclusionPromise: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
        signedEntryTimestamp: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
    }, z.core.$strip>>>, z.ZodTransform<{
        signedEntryTimestamp: Uint8Array<ArrayBufferLike>;
    } | undefined, {
        signedEntryTimestamp: Uint8Array<ArrayBufferLike>;
    } | null | undefined>>;
    inclusionProof: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
        logIndex: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodInt]>, z.ZodTransform<string, string | number>>>>, z.ZodTransform<string | undefined, string | null | undefined>>;
        rootHash: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>>>, z.ZodTransform<Uint8Array<ArrayBufferLike> | undefined, Uint8Array<ArrayBufferLike> | null | undefined>>;
        treeSize: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodInt]>, z.ZodTransform<string, string | number>>>>, z.ZodTransform<string | undefined, string | null | undefined>>;
        hashes: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodArray<z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>>>>, z.ZodTransform<Uint8Array<ArrayBufferLike>[] | undefined, Uint8Array<ArrayBufferLike>[] | null | undefined>>;
        checkpoint: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
            envelope: z.ZodString;
        }, z.core.$strip>>>, z.ZodTransform<{
            envelope: string;
        } | undefined, {
            envelope: string;
        } | null | undefined>>;
    }, z.core.$strip>>>, z.ZodTransform<{
        logIndex: string | undefined;
        rootHash: Uint8Array<ArrayBufferLike> | undefined;
        treeSize: string | undefined;
        hashes: Uint8Array<ArrayBufferLike>[] | undefined;
        checkpoint: {
            envelope: string;
        } | undefined;
    } | undefined, {
        logIndex: string | undefined;
        rootHash: Uint8Array<ArrayBufferLike> | undefined;
        treeSize: string | undefined;
        hashes: Uint8Array<ArrayBufferLike>[] | undefined;
        checkpoint: {
            envelope: string;
        } | undefined;
    } | null | undefined>>;
    canonicalizedBody: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
}, z.core.$strip>;
/** Signature count is not judged here: an envelope with none or two has a code of its own. */
export declare const envelopeSchema: z.ZodObject<{
    payload: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
    payloadType: z.ZodString;
    signatures: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodArray<z.ZodObject<{
        sig: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
        keyid: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodString>>, z.ZodTransform<string | undefined, string | null | undefined>>;
    }, z.core.$strip>>>>, z.ZodTransform<{
        sig: Uint8Array<ArrayBufferLike>;
        keyid: string | undefined;
    }[] | undefined, {
        sig: Uint8Array<ArrayBufferLike>;
        keyid: string | undefined;
    }[] | null | undefined>>;
}, z.core.$strip>;
export declare const logEntriesSchema: z.ZodArray<z.ZodObject<{
    logIndex: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodInt]>, z.ZodTransform<string, string | number>>>>, z.ZodTransform<string | undefined, string | null | undefined>>;
    logId: z.ZodObject<{
        keyId: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
    }, z.core.$strip>;
    kindVersion: z.ZodObject<{
        kind: z.ZodString;
        version: z.ZodString;
    }, z.core.$strip>;
    integratedTime: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodInt]>, z.ZodTransform<string, string | number>>>>, z.ZodTransform<string | undefined, string | null | undefined>>;
    inclusionPromise: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
        signedEntryTimestamp: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
    }, z.core.$strip>>>, z.ZodTransform<{
        signedEntryTimestamp: Uint8Array<ArrayBufferLike>;
    } | undefined, {
        signedEntryTimestamp: Uint8Array<ArrayBufferLike>;
    } | null | undefined>>;
    inclusionProof: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
        logIndex: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodInt]>, z.ZodTransform<string, string | number>>>>, z.ZodTransform<string | undefined, string | null | undefined>>;
        rootHash: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>>>, z.ZodTransform<Uint8Array<ArrayBufferLike> | undefined, Uint8Array<ArrayBufferLike> | null | undefined>>;
        treeSize: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodInt]>, z.ZodTransform<string, string | number>>>>, z.ZodTransform<string | undefined, string | null | undefined>>;
        hashes: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodArray<z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>>>>, z.ZodTransform<Uint8Array<ArrayBufferLike>[] | undefined, Uint8Array<ArrayBufferLike>[] | null | undefined>>;
        checkpoint: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
            envelope: z.ZodString;
        }, z.core.$strip>>>, z.ZodTransform<{
            envelope: string;
        } | undefined, {
            envelope: string;
        } | null | undefined>>;
    }, z.core.$strip>>>, z.ZodTransform<{
        logIndex: string | undefined;
        rootHash: Uint8Array<ArrayBufferLike> | undefined;
        treeSize: string | undefined;
        hashes: Uint8Array<ArrayBufferLike>[] | undefined;
        checkpoint: {
            envelope: string;
        } | undefined;
    } | undefined, {
        logIndex: string | undefined;
        rootHash: Uint8Array<ArrayBufferLike> | undefined;
        treeSize: string | undefined;
        hashes: Uint8Array<ArrayBufferLike>[] | undefined;
        checkpoint: {
            envelope: string;
        } | undefined;
    } | null | undefined>>;
    canonicalizedBody: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
}, z.core.$strip>>;
declare const DIGESTS: {
    readonly SHA2_256: 'sha256';
    readonly SHA2_384: 'sha384';
    readonly SHA2_512: 'sha512';
};
export declare const bundleSchema: z.ZodObject<{
    mediaType: z.ZodString;
    verificationMaterial: z.ZodObject<{
        certificate: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
            rawBytes: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
        }, z.core.$strip>>>, z.ZodTransform<{
            rawBytes: Uint8Array<ArrayBufferLike>;
        } | undefined, {
            rawBytes: Uint8Array<ArrayBufferLike>;
        } | null | undefined>>;
        x509CertificateChain: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
            certificates: z.ZodArray<z.ZodObject<{
                rawBytes: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
            }, z.core.$strip>>;
        }, z.core.$strip>>>, z.ZodTransform<{
            certificates: {
                rawBytes: Uint8Array<ArrayBufferLike>;
            }[];
        } | undefined, {
            certificates: {
                rawBytes: Uint8Array<ArrayBufferLike>;
            }[];
        } | null | undefined>>;
        publicKey: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
            hint: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodString>>, z.ZodTransform<string | undefined, string | null | undefined>>;
        }, z.core.$strip>>>, z.ZodTransform<{
            hint: string | undefined;
        } | undefined, {
            hint: string | undefined;
        } | null | undefined>>;
        tlogEntries: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodArray<z.ZodObject<{
            logIndex: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodInt]>, z.ZodTransform<string, string | number>>>>, z.ZodTransform<string | undefined, string | null | undefined>>;
            logId: z.ZodObject<{
                keyId: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
            }, z.core.$strip>;
            kindVersion: z.ZodObject<{
                kind: z.ZodString;
                version: z.ZodString;
            }, z.core.$strip>;
            integratedTime: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodInt]>, z.ZodTransform<string, string | number>>>>, z.ZodTransform<string | undefined, string | null | undefined>>;
            inclusionPromise: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
                signedEntryTimestamp: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
            }, z.core.$strip>>>, z.ZodTransform<{
                signedEntryTimestamp: Uint8Array<ArrayBufferLike>;
            } | undefined, {
                signedEntryTimestamp: Uint8Array<ArrayBufferLike>;
            } | null | undefined>>;
            inclusionProof: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
                logIndex: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodInt]>, z.ZodTransform<string, string | number>>>>, z.ZodTransform<string | undefined, string | null | undefined>>;
                rootHash: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>>>, z.ZodTransform<Uint8Array<ArrayBufferLike> | undefined, Uint8Array<ArrayBufferLike> | null | undefined>>;
                treeSize: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodInt]>, z.ZodTransform<string, string | number>>>>, z.ZodTransform<string | undefined, string | null | undefined>>;
                hashes: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodArray<z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>>>>, z.ZodTransform<Uint8Array<ArrayBufferLike>[] | undefined, Uint8Array<ArrayBufferLike>[] | null | undefined>>;
                checkpoint: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
                    envelope: z.ZodString;
                }, z.core.$strip>>>, z.ZodTransform<{
                    envelope: string;
                } | undefined, {
                    envelope: string;
                } | null | undefined>>;
            }, z.core.$strip>>>, z.ZodTransform<{
                logIndex: string | undefined;
                rootHash: Uint8Array<ArrayBufferLike> | undefined;
                treeSize: string | undefined;
                hashes: Uint8Array<ArrayBufferLike>[] | undefined;
                checkpoint: {
                    envelope: string;
                } | undefined;
            } | undefined, {
                logIndex: string | undefined;
                rootHash: Uint8Array<ArrayBufferLike> | undefined;
                treeSize: string | undefined;
                hashes: Uint8Array<ArrayBufferLike>[] | undefined;
                checkpoint: {
                    envelope: string;
                } | undefined;
            } | null | undefined>>;
            canonicalizedBody: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
        }, z.core.$strip>>>>, z.ZodTransform<{
            logIndex: string | undefined;
            logId: {
                keyId: Uint8Array<ArrayBufferLike>;
            };
            kindVersion: {
                kind: string;
                version: string;
            };
            integratedTime: string | undefined;
            inclusionPromise: {
                signedEntryTimestamp: Uint8Array<ArrayBufferLike>;
            } | undefined;
            inclusionProof: {
                logIndex: string | undefined;
                rootHash: Uint8Array<ArrayBufferLike> | undefined;
                treeSize: string | undefined;
                hashes: Uint8Array<ArrayBufferLike>[] | undefined;
                checkpoint: {
                    envelope: string;
                } | undefined;
            } | undefined;
            canonicalizedBody: Uint8Array<ArrayBufferLike>;
        }[] | undefined, {
            logIndex: string | undefined;
            logId: {
                keyId: Uint8Array<ArrayBufferLike>;
            };
            kindVersion: {
                kind: string;
                version: string;
            };
            integratedTime: string | undefined;
            inclusionPromise: {
                signedEntryTimestamp: Uint8Array<ArrayBufferLike>;
            } | undefined;
            inclusionProof: {
                logIndex: string | undefined;
                rootHash: Uint8Array<ArrayBufferLike> | undefined;
                treeSize: string | undefined;
                hashes: Uint8Array<ArrayBufferLike>[] | undefined;
                checkpoint: {
                    envelope: string;
                } | undefined;
            } | undefined;
            canonicalizedBody: Uint8Array<ArrayBufferLike>;
        }[] | null | undefined>>;
        timestampVerificationData: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
            rfc3161Timestamps: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodArray<z.ZodObject<{
                signedTimestamp: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
            }, z.core.$strip>>>>, z.ZodTransform<{
                signedTimestamp: Uint8Array<ArrayBufferLike>;
            }[] | undefined, {
                signedTimestamp: Uint8Array<ArrayBufferLike>;
            }[] | null | undefined>>;
        }, z.core.$strip>>>, z.ZodTransform<{
            rfc3161Timestamps: {
                signedTimestamp: Uint8Array<ArrayBufferLike>;
            }[] | undefined;
        } | undefined, {
            rfc3161Timestamps: {
                signedTimestamp: Uint8Array<ArrayBufferLike>;
            }[] | undefined;
        } | null | undefined>>;
    }, z.core.$strip>;
    dsseEnvelope: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
        payload: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
        payloadType: z.ZodString;
        signatures: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodArray<z.ZodObject<{
            sig: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
            keyid: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodString>>, z.ZodTransform<string | undefined, string | null | undefined>>;
        }, z.core.$strip>>>>, z.ZodTransform<{
            sig: Uint8Array<ArrayBufferLike>;
            keyid: string | undefined;
        }[] | undefined, {
            sig: Uint8Array<ArrayBufferLike>;
            keyid: string | undefined;
        }[] | null | undefined>>;
    }, z.core.$strip>>>, z.ZodTransform<{
        payload: Uint8Array<ArrayBufferLike>;
        payloadType: string;
        signatures: {
            sig: Uint8Array<ArrayBufferLike>;
            keyid: string | undefined;
        }[] | undefined;
    } | undefined, {
        payload: Uint8Array<ArrayBufferLike>;
        payloadType: string;
        signatures: {
            sig: Uint8Array<ArrayBufferLike>;
            keyid: string | undefined;
        }[] | undefined;
    } | null | undefined>>;
    messageSignature: z.ZodPipe<z.ZodOptional<z.ZodNullable<z.ZodObject<{
        messageDigest: z.ZodObject<{
            algorithm: z.ZodEnum<{
                SHA2_256: "SHA2_256";
                SHA2_384: "SHA2_384";
                SHA2_512: "SHA2_512";
            }>;
            digest: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
        }, z.core.$strip>;
        signature: z.ZodPipe<z.ZodString, z.ZodTransform<Uint8Array<ArrayBufferLike>, string>>;
    }, z.core.$strip>>>, z.ZodTransform<{
        messageDigest: {
            algorithm: "SHA2_256" | "SHA2_384" | "SHA2_512";
            digest: Uint8Array<ArrayBufferLike>;
        };
        signature: Uint8Array<ArrayBufferLike>;
    } | undefined, {
        messageDigest: {
            algorithm: "SHA2_256" | "SHA2_384" | "SHA2_512";
            digest: Uint8Array<ArrayBufferLike>;
        };
        signature: Uint8Array<ArrayBufferLike>;
    } | null | undefined>>;
}, z.core.$strip>;
export type ParsedBundle = z.output<typeof bundleSchema>;
export type ParsedLogEntry = z.output<typeof logEntry>;
export type ParsedEnvelope = z.output<typeof envelopeSchema>;
export declare const digestName: (algorithm: keyof typeof DIGESTS) => "sha256" | "sha384" | "sha512";
/**
 * Runs a schema over bundle JSON.
 *
 * @throws {CleanbillError} `BUNDLE_MALFORMED`, `BASE64_MALFORMED`
 */
export declare function parseBundlePart<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T>;
/** Parsed values back to JSON: byte arrays as standard base64, `undefined` dropped. */
export declare function toWire(value: unknown): unknown;
export {};
