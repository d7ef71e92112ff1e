/**
 * Predicate type with which npm's registry says that it accepted a package, signed with a key of the registry. It is no
 * build's word: nothing in it says where the package came from. Source: npm/attestation `specs/publish`.
 */
export const NPM_PUBLISH = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1'

/** PyPI: that this trusted publisher uploaded the file; the certificate says who. Source: docs.pypi.org/attestations. */
export const PYPI_PUBLISH = 'https://docs.pypi.org/attestations/publish/v1'
