import { expect, it } from 'vitest'
import {
  LINK_V03,
  PROVENANCE_V1,
  PROVENANCE_V02,
  RELEASE_V01,
  RELEASE_V02,
  SVR_V02,
  TEST_RESULT_V01,
  VSA_V1,
} from '../../src/in-toto.ts'
import { NPM_PUBLISH, PYPI_PUBLISH } from '../../src/model/predicates/registry.ts'

// Signed statements carry these very texts: with another spelling nothing that others have signed would be found.
it.each([
  ['SLSA provenance', PROVENANCE_V1, 'https://slsa.dev/provenance/v1'],
  ['SLSA provenance before 1.0', PROVENANCE_V02, 'https://slsa.dev/provenance/v0.2'],
  ['a verification summary', VSA_V1, 'https://slsa.dev/verification_summary/v1'],
  ['a simple verification result', SVR_V02, 'https://in-toto.io/attestation/svr/v0.2'],
  ['a test result', TEST_RESULT_V01, 'https://in-toto.io/attestation/test-result/v0.1'],
  ['a link', LINK_V03, 'https://in-toto.io/attestation/link/v0.3'],
  ['a release', RELEASE_V01, 'https://in-toto.io/attestation/release/v0.1'],
  ['a release, as GitHub signs it', RELEASE_V02, 'https://in-toto.io/attestation/release/v0.2'],
  ['npm, that it published', NPM_PUBLISH, 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1'],
  ['PyPI, that it published', PYPI_PUBLISH, 'https://docs.pypi.org/attestations/publish/v1'],
])('the statement of %s has the type that its specification gives it', (_, type, specified) => {
  expect(type).toBe(specified)
})
