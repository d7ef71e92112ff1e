import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type VerifyRequest, verifyArtifacts } from '../../src/flows/verify.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { RUN_BUILD_TYPE } from '../../src/model/uris.ts'
import type { VerifyResult } from '../../src/model/verify-document.ts'
import { type LooseJson, type RealSigner, startRealSigner, statementAbout } from './real-signer.ts'
import { testHost } from './test-host.ts'

export const REPO = 'acme/app'
export const SERVER = 'https://github.com'
export const WORKFLOW = `${REPO}/.github/workflows/release.yml@refs/heads/main`
export const CLAIMS = {
  repository: REPO,
  repository_id: '42',
  repository_owner: 'acme',
  repository_owner_id: '7',
  sha: 'a'.repeat(40),
  ref: 'refs/heads/main',
  event_name: 'push',
  workflow_ref: WORKFLOW,
  job_workflow_ref: WORKFLOW,
  runner_environment: 'github-hosted',
  run_id: '11',
  run_attempt: '2',
}

/** As the outbox marks what waited in it. */
export const LATE_MARK = {
  sealedOn: '2026-01-01T00:00:00.000Z',
  sealedSha256: 'c'.repeat(64),
  signedOn: '2026-01-02T00:00:00.000Z',
  reason: 'LOG_UNAVAILABLE',
}

/** A folder with `artifact.txt` (`hello`), a real signer, and `verify` over both. */
export interface VerifyBench {
  readonly signer: RealSigner
  readonly folder: string
  readonly write: (name: string, content: unknown) => Promise<void>
  readonly request: (more?: Partial<VerifyRequest>) => VerifyRequest
  readonly verify: (more?: Partial<VerifyRequest>) => Promise<VerifyResult>
  /** Signs into `bundle.json` first. */
  readonly verifySigned: (
    statement: object,
    more?: Partial<VerifyRequest>,
    claims?: JsonObject,
  ) => Promise<VerifyResult>
}

export async function startVerifyBench(): Promise<VerifyBench> {
  const signer = await startRealSigner()
  const { folder } = signer
  const write = async (name: string, content: unknown) => {
    const path = join(folder, name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  }
  const request = (more: Partial<VerifyRequest> = {}): VerifyRequest => ({
    artifacts: ['artifact.txt'],
    bundles: ['bundle.json'],
    trust: {
      trustedRoots: [signer.sigstore.trustedRootPath],
      keys: [],
      rootCertificates: [],
      offline: true,
      cachePath: join(folder, 'no-cache'),
    },
    identity: { repo: REPO, certOidcIssuer: signer.sigstore.issuer },
    ignorePaths: [],
    ignoreUnsignedFiles: false,
    ...more,
  })
  const verify = async (more: Partial<VerifyRequest> = {}) => {
    const host = testHost(folder, () => new Date())
    const [result] = await verifyArtifacts(request(more), host)
    if (result === undefined) throw new Error('no result')
    return result
  }
  await write('artifact.txt', 'hello')
  return {
    signer,
    folder,
    write,
    request,
    verify,
    verifySigned: async (statement, more = {}, claims = CLAIMS) => {
      await write('bundle.json', await signer.sign(statement, { claims }))
      return await verify(more)
    },
  }
}

/** What `run` writes, in short. */
export function provenance(change: (predicate: LooseJson) => void = () => undefined, bytes = 'hello'): LooseJson {
  const statement = statementAbout(bytes)
  statement.predicate = {
    buildDefinition: {
      buildType: RUN_BUILD_TYPE,
      externalParameters: {
        workflow: { ref: 'refs/heads/main', repository: `${SERVER}/${REPO}`, path: '.github/workflows/release.yml' },
      },
      internalParameters: {
        github: {
          event_name: 'push',
          repository_id: '42',
          repository_owner_id: '7',
          runner_environment: 'github-hosted',
        },
      },
      resolvedDependencies: [{ uri: `git+${SERVER}/${REPO}@refs/heads/main`, digest: { gitCommit: 'a'.repeat(40) } }],
    },
    runDetails: {
      builder: { id: `${SERVER}/${WORKFLOW}#same-job` },
      metadata: { invocationId: `${SERVER}/${REPO}/actions/runs/11/attempts/2` },
      cleanbill_limits: [{ code: 'SAME_JOB', message: 'signed in the job that ran the command' }],
    },
  }
  change(statement.predicate)
  return statement
}
