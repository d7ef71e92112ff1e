import { CleanbillError } from '../model/error.ts'

/** With these a process signs, gets identity tokens or speaks to the runner's services in the job's name (T-AC-10). */
const NEVER =
  /^(ACTIONS_(ID_TOKEN|RUNTIME|RESULTS|CACHE)_.*|SIGSTORE_ID_TOKEN|CI_JOB_JWT(_.*)?|CLEANBILL_KEY_PASSPHRASE)$/i
/** The action's own inputs, of which some are secrets. Upper case only: `input_dir` is somebody's own variable. */
const ACTION_INPUT = /^INPUT_/
/** Withheld unless the caller names them: with these the command may write to the repository. */
const ON_REQUEST = ['GITHUB_TOKEN', 'GH_TOKEN'] as const

/** Is this variable kept from the wrapped command when nobody asks for it? */
export function isWithheld(name: string): boolean {
  return NEVER.test(name) || ACTION_INPUT.test(name) || isOnRequest(name)
}

/**
 * The environment of the wrapped command: the caller's, without tokens and the means to get them.
 *
 * @param passEnv variables handed on although they are withheld by default; only `GITHUB_TOKEN` and `GH_TOKEN` can be
 * @throws {CleanbillError} `ARGUMENT_INVALID`
 */
export function childEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  passEnv: readonly string[] = [],
): Record<string, string> {
  for (const name of passEnv) checkPassed(name)
  const child: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue
    if (!isWithheld(name) || passEnv.includes(name)) child[name] = value
  }
  return child
}

function checkPassed(name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new CleanbillError('ARGUMENT_INVALID', `not the name of a variable: ${JSON.stringify(name.slice(0, 100))}`, {
      hint: 'pass-env takes names only, such as GITHUB_TOKEN.',
    })
  }
  if (isWithheld(name) && !isOnRequest(name)) {
    throw new CleanbillError('ARGUMENT_INVALID', `${name} is never given to the command`, {
      hint: `Only ${ON_REQUEST.join(' and ')} can be named in pass-env; other variables are passed on anyway.`,
    })
  }
}

function isOnRequest(name: string): boolean {
  return (ON_REQUEST as readonly string[]).includes(name.toUpperCase())
}
