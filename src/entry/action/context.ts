import { resolve } from 'node:path'
import type { runCommandFlow } from '../../flows/run.ts'
import type { SigningRequest } from '../../flows/signing-plan.ts'
import type { World } from '../../flows/world.ts'
import type { Log } from '../../io/host.ts'
import { CleanbillError, type Limit } from '../../model/error.ts'
import type { Publisher } from '../../publish/index.ts'
import type { DeclaredOutput } from '../../record/recorder.ts'
import { preparePublishers } from '../publishing.ts'
import type { InputName, Inputs } from './inputs.ts'
import type { OutputName } from './outputs.ts'

/** What the action is given besides its inputs. */
export interface ActionContext {
  readonly world: World
  readonly inputs: Inputs
  readonly log: Log
  readonly setOutput: (name: OutputName, value: string) => void
  /** Folder of this step's papers, absolute. */
  readonly out: string
  /** Limits measured at start. */
  readonly exposure: readonly Limit[]
  readonly io: Parameters<typeof runCommandFlow>[0]['io']
}

export function workspaceOf({ inputs, world: { host } }: Pick<ActionContext, 'inputs' | 'world'>): string {
  return resolve(host.env.GITHUB_WORKSPACE ?? host.cwd, inputs.text('working-directory'))
}

export function signingRequest({ inputs, world: { host } }: ActionContext): SigningRequest {
  const path = (name: InputName) => {
    const value = inputs.text(name)
    return value === '' ? undefined : resolve(host.cwd, value)
  }
  const instance = inputs.text('sigstore')
  return {
    signingConfig: path('signing-config'),
    instance: instance === '' ? undefined : oneOf(inputs, 'sigstore', ['public-good', 'github'] as const),
    allowPublicLog: inputs.flag('allow-public-log'),
    signingKey: path('signing-key'),
    keyPassphrase: host.env.CLEANBILL_KEY_PASSPHRASE,
    trustedRoots: inputs.lines('trusted-root').map((one) => resolve(host.cwd, one)),
  }
}

export async function publishers(
  { inputs, world }: ActionContext,
  images: readonly DeclaredOutput[],
): Promise<readonly Publisher[]> {
  const push = inputs.lines('push-to-registry').filter((line) => line !== 'false')
  const all = push.length === 1 && push[0] === 'true'
  return preparePublishers(
    {
      store: oneOf(inputs, 'store', ['auto', 'github', 'none'] as const),
      githubToken: inputs.text('github-token') || world.host.env.GITHUB_TOKEN,
      choseAnotherWay:
        inputs.text('signing-config') !== '' || inputs.text('signing-key') !== '' || inputs.flag('allow-public-log'),
      images: all ? images.map(({ pattern }) => pattern) : push,
    },
    world,
  )
}

export function oneOf<T extends string>(inputs: Inputs, name: InputName, words: readonly T[]): T {
  const value = inputs.text(name)
  const found = words.find((word) => word === value)
  if (found === undefined) {
    throw new CleanbillError('INPUT_INVALID', `input ${name} is ${JSON.stringify(value)}`, {
      hint: `It may be ${words.join(', ')}.`,
    })
  }
  return found
}
