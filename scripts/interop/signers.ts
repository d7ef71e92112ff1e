import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exec, lastLine } from './exec.ts'
import type { Tool } from './go-programs.ts'
import { PROVENANCE } from './judges.ts'
import type { Prepared } from './prepared.ts'
import type { Service } from './stations.ts'
import type { Workspace } from './workspace.ts'

export interface Signed {
  readonly artifact: string
  readonly bundle: string
}

/** Somebody who signs provenance of an artifact through a service. */
export interface Signer {
  readonly title: string
  /** Which versions of the log it can be told to use. */
  readonly rekors: readonly (1 | 2)[]
  /** Why it cannot be asked. */
  readonly skipped?: string
  /** Rejects with what it said when it did not sign. */
  readonly sign: (service: Service, name: string) => Promise<Signed>
}

const LIMIT_MS = 120_000

export function signers(prepared: Prepared, workspace: Workspace, env: NodeJS.ProcessEnv): readonly Signer[] {
  const cli = join(prepared.root, 'dist', 'cli.js')
  return [
    runSigner(cli, workspace, env),
    attestSigner(cli, workspace, env),
    cosignSigner(prepared.go.cosign, workspace, env),
    pythonSigner(prepared.python, workspace, env),
  ]
}

/** One step of a job: the built command wraps a training, and signs what came out. */
function runSigner(cli: string, workspace: Workspace, env: NodeJS.ProcessEnv): Signer {
  return {
    title: 'cleanbill run',
    rekors: [2, 1],
    async sign(service, name) {
      const { output, out, training } = trainingOf(workspace, name)
      const signing = ['--signing-config', service.signingConfig, '--trusted-root', service.trust.trustedRoot]
      await runCleanbill([cli, 'run', ...signing, ...training], workspace, { ...env, ...tokenEnv(service) })
      return await signed(join(workspace.folder, output), join(out, 'attestation.json'))
    },
  }
}

/** Two jobs: the first records without any identity, the second hashes again and signs. */
function attestSigner(cli: string, workspace: Workspace, env: NodeJS.ProcessEnv): Signer {
  return {
    title: 'cleanbill run --no-sign, attest',
    rekors: [2],
    async sign(service, name) {
      const { output, out, training } = trainingOf(workspace, name)
      await runCleanbill([cli, 'run', '--no-sign', ...training], workspace, env)
      const recording = ['--recording', join(out, 'recording.json'), '--out', out]
      const signing = ['--signing-config', service.signingConfig, '--trusted-root', service.trust.trustedRoot]
      await runCleanbill([cli, 'attest', ...recording, ...signing], workspace, { ...env, ...tokenEnv(service) })
      return await signed(join(workspace.folder, output), join(out, 'attestation.json'))
    },
  }
}

function trainingOf(workspace: Workspace, name: string) {
  const output = `out/${name}/model.bin`
  const out = join(workspace.folder, 'out', name, 'attestation')
  const script = `const fs = require('node:fs')
    fs.mkdirSync('out/${name}', { recursive: true })
    fs.writeFileSync('${output}', 'weights learned from ' + fs.readFileSync('data.csv'))`
  const files = ['--input', 'dataset:data.csv', '--output', `model:${output}`, '--out', out]
  return { output, out, training: [...files, '--', process.execPath, '-e', script] }
}

function tokenEnv({ tokenRequest }: Service): NodeJS.ProcessEnv {
  return { ACTIONS_ID_TOKEN_REQUEST_URL: tokenRequest.url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: tokenRequest.token }
}

async function runCleanbill(args: readonly string[], workspace: Workspace, env: NodeJS.ProcessEnv): Promise<void> {
  const { code, stderr } = await exec(process.execPath, args, {
    cwd: workspace.folder,
    env: { ...env, ...workspace.runnerEnv },
    timeoutMs: LIMIT_MS,
  })
  if (code !== 0) throw new Error(`${args[1]} ended with ${code}: ${stderr.trim().slice(-1_000)}`)
}

function cosignSigner(cosign: Tool, workspace: Workspace, env: NodeJS.ProcessEnv): Signer {
  return {
    title: 'cosign attest-blob',
    rekors: [2, 1],
    ...('missing' in cosign ? { skipped: cosign.missing } : {}),
    async sign(service, name) {
      if ('missing' in cosign) throw new Error(cosign.missing)
      const { artifact, predicate, bundle } = await peerFiles(workspace, name)
      const trust = ['--signing-config', service.signingConfig, '--trusted-root', service.trust.trustedRoot]
      const what = ['--type', 'slsaprovenance1', '--predicate', predicate, '--bundle', bundle, artifact]
      const args = ['attest-blob', '--yes', '--identity-token', await fetchToken(service), ...trust, ...what]
      const { code, stderr } = await exec(cosign.path, args, { env, timeoutMs: LIMIT_MS })
      if (code !== 0) throw new Error(`exit ${code}: ${lastLine(stderr)}`)
      return await signed(artifact, bundle)
    },
  }
}

function pythonSigner(python: Tool, workspace: Workspace, env: NodeJS.ProcessEnv): Signer {
  return {
    title: 'sigstore-python attest',
    // Its one file of trust and services names Rekor v2.
    rekors: [2],
    ...('missing' in python ? { skipped: python.missing } : {}),
    async sign(service, name) {
      if ('missing' in python) throw new Error(python.missing)
      const { artifact, predicate, bundle } = await peerFiles(workspace, name)
      const what = ['--predicate', predicate, '--predicate-type', PROVENANCE, '--bundle', bundle, artifact]
      const attest = ['attest', '--identity-token', await fetchToken(service), ...what]
      const args = ['-m', 'sigstore', '--trust-config', service.trust.clientTrustConfig, ...attest]
      const { code, stdout, stderr } = await exec(python.path, args, { env, timeoutMs: LIMIT_MS })
      if (code !== 0) throw new Error(`exit ${code}: ${(stderr.trim() || stdout.trim()).slice(-1_000)}`)
      return await signed(artifact, bundle)
    },
  }
}

/** Provenance as another tool's user would write it for the job of the workspace. */
async function peerFiles(workspace: Workspace, name: string) {
  const folder = join(workspace.folder, 'out', name)
  await mkdir(folder, { recursive: true })
  const artifact = join(folder, 'model.bin')
  await writeFile(artifact, `weights of ${name}\n`)
  const { claims } = workspace
  const repository = `https://github.com/${claims.repository}`
  const predicate = {
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: {
          ref: claims.ref,
          repository,
          path: claims.workflow_ref?.split('@')[0]?.split('/').slice(2).join('/'),
        },
      },
      internalParameters: {},
      resolvedDependencies: [{ uri: `git+${repository}@${claims.ref}`, digest: { gitCommit: claims.sha } }],
    },
    runDetails: {
      builder: { id: `https://github.com/${claims.job_workflow_ref}` },
      metadata: { invocationId: `${repository}/actions/runs/${claims.run_id}/attempts/${claims.run_attempt}` },
    },
  }
  const path = join(folder, 'predicate.json')
  await writeFile(path, JSON.stringify(predicate))
  return { artifact, predicate: path, bundle: join(folder, 'bundle.json') }
}

/** As a runner asks for one. */
async function fetchToken({ tokenRequest }: Service): Promise<string> {
  const response = await fetch(`${tokenRequest.url}&audience=sigstore`, {
    headers: { authorization: `Bearer ${tokenRequest.token}` },
    signal: AbortSignal.timeout(10_000),
  })
  const body = (await response.json()) as { value?: string }
  if (response.status !== 200 || body.value === undefined) throw new Error(`no token: ${response.status}`)
  return body.value
}

async function signed(artifact: string, bundle: string): Promise<Signed> {
  await Promise.all([stat(artifact), stat(bundle)])
  const { dsseEnvelope } = JSON.parse(await readFile(bundle, 'utf8')) as { dsseEnvelope?: unknown }
  if (dsseEnvelope === undefined) throw new Error(`${dirname(bundle)} holds a bundle that is not an attestation`)
  return { artifact, bundle }
}
