import { resolve } from 'node:path'
import type { SigningRequest } from '../../flows/signing-plan.ts'
import { SUBJECT_MODES, type SubjectMode } from '../../model/build-provenance.ts'
import { CleanbillError } from '../../model/error.ts'
import type { PublishingRequest } from '../publishing.ts'
import type { Args, CliContext, OptionSpec } from './command.ts'

/** How to sign and where to publish: the same words for `run`, `attest` and `sign`. */
export const SIGNING_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'sigstore',
    value: 'INSTANCE',
    help: 'public-good or github; default: public-good for a public repository, github for a private one',
  },
  {
    name: 'signing-config',
    value: 'FILE',
    help: 'Sigstore signing config of an instance of your own (needs --trusted-root)',
  },
  {
    name: 'trusted-root',
    value: 'FILE',
    multiple: true,
    help: 'Trusted root that the new bundle is verified with before it is published',
  },
  { name: 'allow-public-log', help: 'Let the names of a private repository go to a public log' },
  {
    name: 'signing-key',
    value: 'PEM',
    help: 'Sign with a private key instead; passphrase in CLEANBILL_KEY_PASSPHRASE',
  },
  {
    name: 'store',
    value: 'WHERE',
    help: "auto, github or none: GitHub's attestation store; auto uses it in a GitHub job with a token",
  },
  {
    name: 'push-to',
    value: 'OCI-REF',
    multiple: true,
    help: 'Attach the bundle to this image (oci://registry/name@sha256:…) as a referrer',
  },
]

export const SUBJECT_MODE_OPTION: OptionSpec = {
  name: 'subject-mode',
  value: 'MODE',
  help: 'all: one statement with every output; single: one statement each',
}

export const ON_OUTAGE_OPTION: OptionSpec = {
  name: 'on-outage',
  value: 'WHAT',
  help: 'pend: seal into the outbox and exit 0 with a warning; fail: the same, and exit 11',
}

/** @throws {CleanbillError} `ARGUMENT_INVALID` */
export function readSigningRequest({ host }: CliContext, args: Args): SigningRequest {
  return {
    signingConfig: pathOption(host.cwd, args.text('signing-config')),
    instance: choice(args, 'sigstore', ['public-good', 'github'] as const),
    allowPublicLog: args.flag('allow-public-log'),
    signingKey: pathOption(host.cwd, args.text('signing-key')),
    keyPassphrase: host.env.CLEANBILL_KEY_PASSPHRASE,
    trustedRoots: args.list('trusted-root').map((path) => resolve(host.cwd, path)),
  }
}

/** @throws {CleanbillError} `ARGUMENT_INVALID` */
/** @param images references that get the bundle; a command without `--push-to` has none */
export function readPublishingRequest(
  { host }: CliContext,
  args: Args,
  images: readonly string[] = args.list('push-to'),
): PublishingRequest {
  return {
    store: choice(args, 'store', ['auto', 'github', 'none'] as const) ?? 'auto',
    githubToken: host.env.GITHUB_TOKEN ?? host.env.GH_TOKEN,
    choseAnotherWay: ['signing-config', 'signing-key'].some((name) => args.text(name)) || args.flag('allow-public-log'),
    images,
  }
}

export function readSubjectMode(args: Args): SubjectMode {
  return choice(args, 'subject-mode', SUBJECT_MODES) ?? 'all'
}

export function readOnOutage(args: Args): 'pend' | 'fail' {
  return choice(args, 'on-outage', ['pend', 'fail'] as const) ?? 'pend'
}

/**
 * One of a few words, or undefined when the option is absent.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID`
 */
export function choice<T extends string>(args: Args, name: string, words: readonly T[]): T | undefined {
  const value = args.text(name)
  if (value === undefined) return undefined
  const found = words.find((word) => word === value)
  if (found === undefined) {
    throw new CleanbillError('ARGUMENT_INVALID', `--${name} is ${JSON.stringify(value)}`, {
      hint: `It may be ${words.join(', ')}.`,
    })
  }
  return found
}

function pathOption(cwd: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(cwd, path)
}
