import type { DigestSet } from '../model/digest.ts'
import { CleanbillError } from '../model/error.ts'

/**
 * How firmly an input is known (formats.md §16), never merged: `VERIFIED` bytes hashed by us, `PINNED` an immutable
 * id whose bytes we did not see, `DECLARED` a name.
 */
export type InputState = 'VERIFIED' | 'PINNED' | 'DECLARED'

export type InputReference =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'uri'; readonly uri: string; readonly state: 'PINNED'; readonly digest: DigestSet }
  | { readonly kind: 'uri'; readonly uri: string; readonly state: 'DECLARED' }

/** References that name immutable content by themselves. */
const PINS: readonly { readonly form: RegExp; readonly algorithm: string }[] = [
  // A Hugging Face revision of 40 digits is a commit; branch and tag names move.
  { form: /^hf:\/\/(?:(?:datasets|spaces|models)\/)?[\w.-]+(?:\/[\w.-]+)?@([0-9a-f]{40})$/, algorithm: 'gitCommit' },
  { form: /^git\+(?:https|ssh):\/\/[^#?]+@([0-9a-f]{40}|[0-9a-f]{64})$/, algorithm: 'gitCommit' },
  { form: /^(?:oci|docker):\/\/[^#?@]+@sha256:([0-9a-f]{64})$/, algorithm: 'sha256' },
]

const SECRET_PARAMETER = /sig|token|key|secret|password|credential|auth|^se$/i

/**
 * Tells a path from a URI, and what a URI pins.
 *
 * @throws {CleanbillError} `INPUT_INVALID` for a URI with a credential in it: provenance is public
 */
export function parseInputReference(ref: string): InputReference {
  if (!/^([a-z][a-z0-9+.-]+:\/\/|pkg:)/i.test(ref)) return { kind: 'path', path: ref }
  if (/^file:/i.test(ref)) {
    throw invalid(ref, 'is a file URI', 'Write a path relative to the workspace, so that its bytes are hashed.')
  }
  for (const { form, algorithm } of PINS) {
    const id = form.exec(ref)?.[1]
    if (id === undefined) continue
    if (!ref.startsWith('hf:')) refuseCredentials(ref)
    return { kind: 'uri', uri: ref, state: 'PINNED', digest: { [algorithm]: id } }
  }
  refuseCredentials(ref)
  return { kind: 'uri', uri: ref, state: 'DECLARED' }
}

function refuseCredentials(ref: string): void {
  const url = URL.parse(ref)
  if (url === null) throw invalid(ref, 'is not a URI', 'Write it as scheme://host/path.')
  const user = url.protocol === 'git+ssh:' || url.protocol === 'ssh:' ? url.username.replace(/^git$/, '') : url.username
  // `hf://gpt2@main` parses as user gpt2 of the host main: a model of the time before owners, no credential.
  const named = url.protocol === 'hf:' && url.password === '' && /^hf:\/\/[\w.-]+@[\w.-]+$/.test(ref)
  const parameter = [...url.searchParams.keys()].find((name) => SECRET_PARAMETER.test(name))
  if ((!named && (user !== '' || url.password !== '')) || parameter !== undefined) {
    throw invalid(
      ref.replace(/\/\/[^/]*@/, '//***@').replace(/\?.*/s, '?***'),
      'holds a credential',
      'Give the URI without user, password or signed parameters; the command can hold those elsewhere.',
    )
  }
}

function invalid(ref: string, why: string, hint: string): CleanbillError {
  return new CleanbillError('INPUT_INVALID', `the input ${JSON.stringify(ref.slice(0, 200))} ${why}`, { hint })
}
