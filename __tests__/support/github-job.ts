import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bundleFromJSON } from '@sigstore/bundle'
import type { EmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import { verifyWith } from '../embedded/signing.ts'
import { ACTION, type Finished, type ProgramOptions, runNode } from './built.ts'

/** A JSON document that a test looks into. */
// biome-ignore lint/suspicious/noExplicitAny: tests read documents at any depth
export type Document = any

export const REPOSITORY = 'octo-org/demo'
export const WORKFLOW = `${REPOSITORY}/.github/workflows/train.yml@refs/heads/main`
/** Values that must turn up nowhere. */
export const SECRETS = {
  ACTIONS_RUNTIME_TOKEN: 'runtime-token-4f6b1f0d',
  ACTIONS_RESULTS_URL: 'https://results.example/9c1d77aa',
  ACTIONS_CACHE_URL: 'https://cache.example/51be03d1',
  GITHUB_TOKEN: 'ghs_environment-token-77ad',
} as const
export const STORE_TOKEN = 'ghs_store-token-31c8e2'

export interface JobOptions {
  /** An empty folder that everything of this job lies in. */
  readonly folder: string
  readonly sigstore?: EmbeddedSigstore | undefined
  readonly apiUrl?: string | undefined
  /** Of the repository in the event. */
  readonly visibility?: 'public' | 'private' | 'internal'
  readonly ownerType?: 'User' | 'Organization'
  readonly event?: object
  readonly claims?: object
  /** Overrides; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface StepResult extends Finished {
  /** From `GITHUB_OUTPUT`. */
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
}

export interface Job {
  readonly folder: string
  readonly workspace: string
  readonly temp: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Path in the workspace; with text, that file is written. */
  readonly file: (name: string, text?: string | Uint8Array) => string
  /** Runs one step as the runner does: inputs as `INPUT_*`, files for outputs and summary. */
  readonly step: (inputs: Readonly<Record<string, string>>, options?: StepOptions) => Promise<StepResult>
}

export interface StepOptions extends ProgramOptions {
  readonly action?: string
}

/** A job of GitHub Actions: the folders, files and variables that a hosted runner gives a step. */
export function makeJob(options: JobOptions): Job {
  const { folder, sigstore } = options
  const open = (name: string) => {
    mkdirSync(join(folder, name), { recursive: true })
    chmodSync(join(folder, name), 0o777)
    return join(folder, name)
  }
  const [workspace, temp, files, home] = [open('workspace'), open('temp'), open('files'), open('home')]
  const event = join(files, 'event.json')
  const { visibility = 'public', ownerType = 'Organization' } = options
  const repository = { id: 700100200, full_name: REPOSITORY, private: visibility !== 'public', visibility }
  writeFileSync(event, JSON.stringify({ repository: { ...repository, owner: { type: ownerType } }, ...options.event }))
  const claims = options.claims === undefined ? '' : `&claims=${encodeURIComponent(JSON.stringify(options.claims))}`
  const env: Record<string, string | undefined> = {
    CI: 'true',
    HOME: home,
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: options.apiUrl ?? 'http://127.0.0.1:9',
    GITHUB_WORKSPACE: workspace,
    GITHUB_EVENT_NAME: 'push',
    GITHUB_EVENT_PATH: event,
    GITHUB_WORKFLOW_REF: WORKFLOW,
    GITHUB_REF: 'refs/heads/main',
    GITHUB_SHA: '4a1f0cf5f2b8a4ddcf3b1f0a7c9d7f7bd2c1e0a9',
    GITHUB_RUN_ID: '1000000001',
    GITHUB_RUN_ATTEMPT: '1',
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_TEMP: temp,
    ACTIONS_ID_TOKEN_REQUEST_URL: sigstore && `${sigstore.tokenUrl}${claims}`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: sigstore?.requestToken,
    ...SECRETS,
    ...options.env,
  }
  let steps = 0
  return {
    folder,
    workspace,
    temp,
    env,
    file: (name, text) => {
      const path = join(workspace, name)
      if (text !== undefined) {
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, text)
      }
      return path
    },
    step: async (inputs, { action = ACTION, ...more } = {}) => {
      const number = ++steps
      const own = (name: string) => {
        const path = join(files, `${name}-${number}`)
        writeFileSync(path, '')
        chmodSync(path, 0o666)
        return path
      }
      const [output, summary] = [own('output'), own('summary')]
      const store = inputs['github-token'] === undefined ? { store: 'none' } : {}
      const given = { ...instance(sigstore), ...store, ...inputs }
      const finished = await runNode([action], {
        cwd: workspace,
        ...more,
        env: {
          ...env,
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: summary,
          GITHUB_ENV: own('env'),
          GITHUB_PATH: own('path'),
          ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
          ...more.env,
        },
      })
      return { ...finished, outputs: parseOutputs(readText(output)), summary: readText(summary) }
    },
  }
}

/** Inputs that name the embedded instance. */
export function instance(sigstore: EmbeddedSigstore | undefined): Record<string, string> {
  if (sigstore === undefined) return {}
  return { 'signing-config': sigstore.signingConfigPath, 'trusted-root': sigstore.trustedRootPath }
}

/** As the runner reads it: `name<<delimiter`, lines, `delimiter`; the last value of a name counts. */
export function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {}
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const [, name, delimiter] = /^([^=]+?)<<(.+)$/.exec(line) ?? []
    if (name === undefined || delimiter === undefined) {
      const cut = line.indexOf('=')
      if (cut > 0) outputs[line.slice(0, cut)] = line.slice(cut + 1)
      continue
    }
    const value: string[] = []
    for (at++; at < lines.length && lines[at] !== delimiter; at++) value.push(lines[at] ?? '')
    outputs[name] = value.join('\n')
  }
  return outputs
}

export function readJson(path: string): Document {
  return JSON.parse(readFileSync(path, 'utf8'))
}

export function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** The statement in a bundle, unverified. */
export function statementIn(path: string): Document {
  return JSON.parse(Buffer.from(readJson(path).dsseEnvelope.payload, 'base64').toString('utf8'))
}

/** Verifies a bundle with the unmodified `@sigstore/verify` and gives back its statement and who signed. */
export function verifyBundle(path: string, sigstore: EmbeddedSigstore): { statement: Document; identity: string } {
  const signer = verifyWith(sigstore.trustedRootPath, bundleFromJSON(readJson(path)))
  return { statement: statementIn(path), identity: signer.identity?.subjectAlternativeName ?? '' }
}
