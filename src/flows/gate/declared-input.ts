import type { Dependency } from '../../model/dependency.ts'
import { type ErrorCode, isCleanbillError } from '../../model/error.ts'
import { type Evidence, NO_EVIDENCE } from '../../model/evidence.ts'
import { checkPinnedUrl, type PinnedBytes, URL_SOURCE } from '../../source/pinned-url.ts'
import type { SourceSession } from '../../source/source.ts'
import { BESIDE, type HeldContext, type InputFound, readHeldInput } from './held-input.ts'

export interface InputContext extends HeldContext {
  /** The policy: what it declares is read; what a lock calls a file or a URL is not. */
  readonly policyFile: string
  readonly session: SourceSession
}

/**
 * Looks at the bytes of an input that the policy declares: a path of the project with the signatures that lie in or beside
 * it, or a URL with the digest that the policy pins. A pinned digest is the policy's own word and nobody's signature:
 * bytes that fit it are not vouched for by anybody, and bytes that do not are refused whatever else is signed.
 *
 * @returns undefined for what is no such input
 */
export async function lookAtInput(dependency: Dependency, context: InputContext): Promise<InputFound | undefined> {
  const { source, ecosystem, file, location, digests } = dependency
  if (file !== context.policyFile || ecosystem !== 'generic' || location === undefined) return undefined
  const pinned = digests.sha256 === undefined ? undefined : { sha256: digests.sha256, bytes: dependency.bytes }
  if (source === 'url') return pinned && (await lookAtUrl(location, pinned, context))
  if (source !== 'file') return undefined
  try {
    const held = await readHeldInput(location, pinned, context)
    return { ...held, evidence: pinned === undefined ? held.evidence : sayPinned(held.evidence) }
  } catch (error) {
    if (!isCleanbillError(error) || error.class === 'tool') throw error
    const { code, message } = error
    // It may be there later, brought by a step of the job: what it will be then is not known.
    const evidence = code === 'FILE_NOT_FOUND' ? notThere(location) : refuse(location, BESIDE, code, message)
    return { digests: {}, evidence, isOther: false }
  }
}

async function lookAtUrl(url: string, pinned: PinnedBytes, { session }: InputContext): Promise<InputFound> {
  const answer = await checkPinnedUrl(url, pinned, session)
  const found = { digests: {}, isOther: answer.kind === 'differs' }
  switch (answer.kind) {
    case 'differs':
      return { ...found, evidence: refuse(url, URL_SOURCE, 'SUBJECT_MISMATCH', answer.message) }
    case 'unavailable':
      return { ...found, evidence: { ...NO_EVIDENCE, unavailable: [answer.error] } }
    case 'same':
      return { ...found, evidence: sayPinned({ ...NO_EVIDENCE, silent: [URL_SOURCE] }) }
  }
}

/** Said where nothing else is: what counts of signatures is asked first. */
function sayPinned(evidence: Evidence): Evidence {
  const message = 'the bytes are those that the policy pins, and nobody signed them'
  return { ...evidence, registry: { kind: 'not-applicable', message } }
}

function refuse(where: string, source: string, code: ErrorCode, message: string): Evidence {
  return { ...NO_EVIDENCE, refused: [{ where, source, code, message }] }
}

function notThere(location: string): Evidence {
  const message = `${location.slice(0, 300)} is not in the project`
  const hint = 'Run the gate after the step that brings it, or name where it comes from.'
  return { ...NO_EVIDENCE, unavailable: [{ source: BESIDE, fault: 'unreadable', message, hint }] }
}
