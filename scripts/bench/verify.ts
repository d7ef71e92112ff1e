import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAttestations } from '../../src/model/bundle.ts'
import { parseNpmKeys, parseTrustedRoots, type Trust } from '../../src/verify/trust-material.ts'
import { verifyAttestation } from '../../src/verify/verify-attestation.ts'

/**
 * Prints what the verification of one bundle costs: `node scripts/bench/verify.ts [COUNT]`. Real attestations of packages
 * against the real trusted root, parsed anew each time as the gate does.
 */
const FIXTURES = resolve(import.meta.dirname, '../../../shared/fixtures')
const DOCUMENTS = [
  'npm/playwright-cli-0.1.1/attestations.json',
  'npm/sigstore-1.0.0/attestations.json',
  'pypi/sampleproject-4.0.0.tar.gz.provenance',
  'pypi/abi3info/abi3info-2024.10.3-py3-none-any.whl.provenance',
  'github/actions-attest-build-provenance-13532655.sigstore.json',
]

const count = Number(process.argv[2] ?? '400')
const missing = DOCUMENTS.find((path) => !existsSync(join(FIXTURES, path)))
if (missing !== undefined) {
  console.warn(`SKIPPED: ${missing} is not under ${FIXTURES}`)
} else {
  const read = (path: string): Uint8Array => readFileSync(join(FIXTURES, path))
  const root = 'sigstore/trusted-roots/sigstore-prod.trusted_root.json'
  const trust: Trust = {
    roots: parseTrustedRoots(read(root), root),
    keys: parseNpmKeys(read('sigstore/trusted-roots/npm-registry-keys.json'), 'keys.json'),
    rootCertificates: [],
    now: new Date(),
  }
  for (const path of DOCUMENTS) measure(path, read(path), trust)
}

function measure(path: string, bytes: Uint8Array, trust: Trust): void {
  const document = parseAttestations(bytes, path)
  const each = Math.max(1, Math.floor(count / document.attestations.length))
  const parsing = cpuTime(() => {
    for (let round = 0; round < each; round++) parseAttestations(bytes, path)
  })
  const verifying = cpuTime(() => {
    for (let round = 0; round < each; round++) {
      for (const attestation of document.attestations) verifyAttestation(attestation, trust)
    }
  })
  const per = (time: number) => `${(time / (each * document.attestations.length)).toFixed(2)} ms`
  console.log(`${path}: parse ${per(parsing)}, verify ${per(verifying)} of processor time a bundle`)
}

/** Milliseconds of processor time: another job on the machine does not count. */
function cpuTime(work: () => void): number {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}
