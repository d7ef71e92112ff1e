import { CleanbillError } from '../../model/error.ts'

/** One input of the action. `action.yml` and the README's table are compared with this table by a test. */
export interface InputSpec {
  readonly name: string
  readonly description: string
  readonly default?: string
}

/** Names of actions/attest where the meaning is the same: subject-path, predicate-type, predicate-path, push-to-registry, show-summary, github-token. */
export const INPUTS = [
  { name: 'run', description: 'The command to wrap: a script, run by `shell` as a workflow step would run it.' },
  { name: 'shell', description: 'bash (default), sh, or python.', default: 'bash' },
  {
    name: 'working-directory',
    description: 'Where the command runs; inputs and outputs are relative to it.',
    default: '.',
  },
  { name: 'kind', description: 'What the command does: build, train or evaluate.', default: 'build' },
  {
    name: 'inputs',
    description:
      'What flows in, a line each: `role: path-or-uri`, e.g. `dataset: data/train` or `model: hf://org/name@<40-hex commit>`.',
  },
  {
    name: 'outputs',
    description:
      'What comes out and gets signed, a line each: `role: path`, a glob, a directory, or `image: oci://registry/name:tag`.',
  },
  {
    name: 'subject-path',
    description: 'As in actions/attest: paths or globs, a line each; the same as `outputs` with the role `artifact`.',
  },
  {
    name: 'subject-mode',
    description: 'all: one statement with every output; single: one statement each.',
    default: 'all',
  },
  {
    name: 'sign',
    description: 'false: write the recording only, and sign it in another job with `recording`.',
    default: 'true',
  },
  { name: 'recording', description: 'Sign this recording of another job; its outputs are hashed again first.' },
  {
    name: 'predicate-type',
    description: 'Sign a predicate of this type about `subject-path`, instead of running something.',
  },
  { name: 'predicate-path', description: 'JSON file with that predicate.' },
  {
    name: 'gate',
    description:
      'Before the command, judge what flows in: auto does so where a policy or a trust lock is there, true always, false never. Without `run`, `recording` and `predicate-path` the step is the gate alone.',
    default: 'auto',
  },
  {
    name: 'policy',
    description: 'Policy of the gate, from `working-directory`; without one the built-in policy holds.',
    default: '.github/cleanbill.yml',
  },
  { name: 'lock', description: 'Trust lock: who each dependency is accepted from.', default: 'cleanbill.lock' },
  { name: 'profile', description: 'baseline, recommended or strict; default: what the policy says.' },
  {
    name: 'base',
    description:
      'Judge what differs from the merge base with this ref. Default: the target of a pull request or merge group.',
  },
  { name: 'all', description: 'true: judge everything, also on a pull request.', default: 'false' },
  { name: 'evidence', description: 'Folder with attestations that are looked at too.' },
  {
    name: 'facts',
    description: "Facts statements that this repository's own gate signed on its default branch, a line each.",
  },
  { name: 'sarif', description: 'Write the findings to this file as SARIF 2.1.0.' },
  {
    name: 'out',
    description:
      'Folder for the recording, the bundles and the outbox; a second step of the job gets a folder of its own (`.cleanbill-2`).',
    default: '.cleanbill',
  },
  {
    name: 'pass-env',
    description: 'Variables that the command gets although it normally would not: GITHUB_TOKEN, GH_TOKEN.',
  },
  {
    name: 'sigstore',
    description:
      'Which instance signs: public-good or github. Default: public-good for a public repository, github for a private one.',
  },
  { name: 'signing-config', description: 'Sigstore signing config of an instance of your own; needs `trusted-root`.' },
  { name: 'trusted-root', description: 'Its trusted root: the new bundle is verified before it is published.' },
  {
    name: 'allow-public-log',
    description: 'true: the names of a private repository may go to a public log.',
    default: 'false',
  },
  {
    name: 'signing-key',
    description:
      'PEM file: sign with this key instead of Sigstore. Passphrase in the variable CLEANBILL_KEY_PASSPHRASE.',
  },
  {
    name: 'on-outage',
    description: 'pend: seal the statement into the outbox and go on with a warning; fail: the same, and exit 11.',
    default: 'pend',
  },
  { name: 'store', description: "auto, github or none: GitHub's attestation store.", default: 'auto' },
  {
    name: 'push-to-registry',
    description:
      'Images (`oci://registry/name@sha256:…`, a line each) that get the bundle as a referrer; true: every image in `outputs`.',
  },
  { name: 'show-summary', description: 'Write the job summary.', default: 'true' },
  {
    name: 'github-token',
    description: 'For the attestation store, and for what the gate asks GitHub. The command does not get it.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of the workflow language, for action.yml
    default: '${{ github.token }}',
  },
] as const satisfies readonly InputSpec[]

export type InputName = (typeof INPUTS)[number]['name']

/** Read once, before anything else; the environment is not looked at again. */
export interface Inputs {
  readonly text: (name: InputName) => string
  readonly lines: (name: InputName) => readonly string[]
  readonly flag: (name: InputName) => boolean
}

/**
 * Reads the runner's `INPUT_*` variables.
 *
 * @throws {CleanbillError} `INPUT_INVALID` from `flag` for anything but true and false
 */
export function readInputs(env: Readonly<Record<string, string | undefined>>): Inputs {
  const text = (name: InputName) => {
    const spec: InputSpec | undefined = INPUTS.find((input) => input.name === name)
    const given = env[`INPUT_${name.toUpperCase()}`] ?? ''
    const fallback = spec?.default?.startsWith('${{') ? '' : (spec?.default ?? '')
    return given.trim() === '' ? fallback : given
  }
  return {
    text: (name) => text(name).trim(),
    lines: (name) =>
      text(name)
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    flag: (name) => {
      const value = text(name).trim()
      if (/^(true|True|TRUE)$/.test(value)) return true
      if (/^(false|False|FALSE|)$/.test(value)) return false
      throw new CleanbillError('INPUT_INVALID', `input ${name} is ${JSON.stringify(value)}, neither true nor false`)
    },
  }
}

/**
 * The command line that GitHub's runner would start for `run:` with this shell.
 *
 * @throws {CleanbillError} `INPUT_INVALID`
 */
export function shellCommand(script: string, shell: string): readonly string[] {
  const shells: Readonly<Record<string, readonly string[]>> = {
    bash: ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', script],
    sh: ['sh', '-e', '-c', script],
    python: ['python', '-c', script],
  }
  const argv = shells[shell]
  if (argv === undefined) {
    throw new CleanbillError('INPUT_INVALID', `shell is ${JSON.stringify(shell)}`, {
      hint: 'It may be bash, sh or python.',
    })
  }
  return argv
}
