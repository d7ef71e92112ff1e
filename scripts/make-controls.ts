import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bundleToJSON } from '@sigstore/bundle'
import { DSSEBundleBuilder, FulcioSigner, RekorWitness, TSAWitness, type Witness } from '@sigstore/sign'
import { startEmbeddedSigstore } from '../src/embedded/embedded-sigstore.ts'
import { STATEMENT_PAYLOAD_TYPE } from '../src/model/statement.ts'

/**
 * Writes `src/verify/controls.json`: the bundles of the negative control, signed once by an embedded Sigstore whose keys
 * are gone when this ends. Run again only when a control is added; every bundle gets another signature then.
 */
const target = resolve(import.meta.dirname, '../src/verify/controls.json')
const folder = mkdtempSync(join(tmpdir(), 'cleanbill-controls-'))
let late = 0
const sigstore = await startEmbeddedSigstore({ stateDir: folder, clock: () => new Date(Date.now() + late) })

const SERVER = 'https://github.com'
const REPOSITORY = 'cleanbill-control/package'
const WORKFLOW = '.github/workflows/release.yml'
const REF = 'refs/heads/main'
const COMMIT = 'c0'.repeat(20)
const CLAIMS = {
  repository: REPOSITORY,
  repository_id: '1001',
  repository_owner: 'cleanbill-control',
  repository_owner_id: '2002',
  sha: COMMIT,
  ref: REF,
  event_name: 'push',
  workflow_ref: `${REPOSITORY}/${WORKFLOW}@${REF}`,
  job_workflow_ref: `${REPOSITORY}/${WORKFLOW}@${REF}`,
  job_workflow_sha: COMMIT,
  runner_environment: 'github-hosted',
  run_id: '31',
  run_attempt: '1',
}
/** SHA-256 of nothing and of `a`: well-known digests, so that a reader sees at once that these are no real packages. */
const HELD = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const OTHER = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'
const NAME = 'cleanbill_control-1.0.0-py3-none-any.whl'

function statement(more: object = {}, repository = `${SERVER}/${REPOSITORY}`): object {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: NAME, digest: { sha256: HELD } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://actions.github.io/buildtypes/workflow/v1',
        externalParameters: { workflow: { ref: REF, repository, path: WORKFLOW } },
        resolvedDependencies: [{ uri: `git+${repository}@${REF}`, digest: { gitCommit: COMMIT } }],
      },
      runDetails: { builder: { id: `${SERVER}/${REPOSITORY}/${WORKFLOW}@${REF}` } },
    },
    ...more,
  }
}

async function sign(payload: object, { type = STATEMENT_PAYLOAD_TYPE, delay = 0 } = {}): Promise<unknown> {
  const url = `${sigstore.tokenUrl}&audience=sigstore&claims=${encodeURIComponent(JSON.stringify(CLAIMS))}`
  const answer = await fetch(url, { headers: { authorization: `Bearer ${sigstore.requestToken}` } })
  const { value } = (await answer.json()) as { value: string }
  const afterwards = (witness: Witness): Witness => ({
    testify: async (content, key) => {
      late = delay
      return await witness.testify(content, key)
    },
  })
  const builder = new DSSEBundleBuilder({
    signer: new FulcioSigner({ fulcioBaseURL: sigstore.url, identityProvider: { getToken: async () => value } }),
    witnesses: [
      afterwards(new RekorWitness({ rekorBaseURL: sigstore.url, majorApiVersion: 1, entryType: 'dsse' })),
      afterwards(new TSAWitness({ tsaBaseURL: sigstore.url })),
    ],
  })
  return bundleToJSON(await builder.create({ data: Buffer.from(JSON.stringify(payload)), type }))
}

const bundles = {
  good: await sign(statement()),
  digest: await sign(statement({ subject: [{ name: NAME, digest: { sha256: OTHER } }] })),
  name: await sign(statement({ subject: [{ name: NAME.replace('control', 'other'), digest: { sha256: HELD } }] })),
  empty: await sign(statement({ subject: [] })),
  payloadType: await sign(statement(), { type: 'text/plain' }),
  claims: await sign(statement({}, `${SERVER}/cleanbill-control/somebody-else`)),
  otherType: await sign(statement({ predicateType: 'https://spdx.dev/Document/v2.3', predicate: {} })),
  failedSummary: await sign(
    statement({
      predicateType: 'https://slsa.dev/verification_summary/v1',
      predicate: {
        verifier: { id: 'https://example.com/cleanbill-control' },
        timeVerified: '2026-01-01T00:00:00Z',
        resourceUri: 'pkg:pypi/cleanbill-control@1.0.0',
        policy: { uri: 'https://example.com/policy', digest: { sha256: OTHER } },
        verificationResult: 'FAILED',
        verifiedLevels: ['FAILED'],
      },
    }),
  ),
  // Logged and stamped 15 minutes after the certificate was issued, which lives for ten. Last: the clock stays there.
  late: await sign(statement(), { delay: 15 * 60 * 1000 }),
}

const trustedRoot: unknown = JSON.parse(readFileSync(sigstore.trustedRootPath, 'utf8'))
await sigstore.close()
rmSync(folder, { recursive: true, force: true })
writeFileSync(target, `${JSON.stringify({ trustedRoot, bundles }, null, 2)}\n`)
console.log(`${target}: ${Object.keys(bundles).length} bundles`)
