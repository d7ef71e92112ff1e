/** Documents of every form that `parseAttestations` reads, in order as far as a parser looks; nothing in them is signed. */
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const HASH = base64('h'.repeat(32))

export const STATEMENT = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [
    { name: 'a.txt', digest: { sha256: 'a'.repeat(64), gitCommit: 'b'.repeat(40) } },
    { digest: { sha512: 'c'.repeat(128) }, uri: 'pkg:npm/a@1.0.0', annotations: { a: 1 } },
  ],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: { buildType: 'https://example.com/type', externalParameters: { a: [1, 2] } },
    runDetails: { builder: { id: 'https://example.com/builder' }, metadata: { cleanbill_lateSigned: false } },
  },
}

export const ENVELOPE = {
  payload: base64(JSON.stringify(STATEMENT)),
  payloadType: 'application/vnd.in-toto+json',
  signatures: [{ sig: base64('signature'), keyid: 'key' }],
}

const ENTRY = {
  logIndex: '12',
  logId: { keyId: HASH },
  kindVersion: { kind: 'dsse', version: '0.0.1' },
  integratedTime: '1764000000',
  inclusionPromise: { signedEntryTimestamp: base64('promise') },
  inclusionProof: {
    logIndex: '12',
    rootHash: HASH,
    treeSize: '20',
    hashes: [HASH, HASH],
    checkpoint: { envelope: `log.example\n20\n${HASH}\n\n\u2014 log.example ${base64('checkpoint')}\n` },
  },
  canonicalizedBody: base64('{"apiVersion":"0.0.1","kind":"dsse","spec":{}}'),
}

const TIMES = { rfc3161Timestamps: [{ signedTimestamp: base64('timestamp') }] }
const CERTIFICATE = { rawBytes: base64('certificate') }

export const BUNDLE = {
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: { certificate: CERTIFICATE, tlogEntries: [ENTRY], timestampVerificationData: TIMES },
  dsseEnvelope: ENVELOPE,
}

const OLD = {
  mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
  verificationMaterial: { x509CertificateChain: { certificates: [CERTIFICATE] }, tlogEntries: [ENTRY] },
  messageSignature: {
    messageDigest: { algorithm: 'SHA2_256', digest: HASH },
    signature: base64('signature'),
  },
}

const KEYED = { ...BUNDLE, verificationMaterial: { publicKey: { hint: 'SHA256:key' }, tlogEntries: [ENTRY] } }

const PEP740 = {
  version: 1,
  verification_material: { certificate: CERTIFICATE.rawBytes, transparency_entries: [ENTRY] },
  envelope: { statement: ENVELOPE.payload, signature: base64('signature') },
}

const NPM = {
  attestations: [
    { predicateType: 'https://slsa.dev/provenance/v1', bundle: BUNDLE },
    { predicateType: 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1', bundle: KEYED },
  ],
}

const PROVENANCE = {
  version: 1,
  attestation_bundles: [{ publisher: { kind: 'GitHub', repository: 'a/b' }, attestations: [PEP740] }],
}

export const DOCUMENTS: readonly unknown[] = [BUNDLE, OLD, NPM, PROVENANCE, PEP740, ENVELOPE]

export const bundleSeeds = (): readonly string[] => [
  ...DOCUMENTS.map((document) => JSON.stringify(document)),
  JSON.stringify({ attestations: [{ bundle: BUNDLE, repository_id: 1 }] }),
  `${JSON.stringify(BUNDLE)}\n${JSON.stringify(OLD)}\n`,
]
