import type { DependencyFile } from '../../model/dependency.ts'
import { digestsMatch, isCommit } from '../../model/digest.ts'
import type { ModelFact } from '../../model/facts.ts'
import { wantedAttestations } from '../evidence-kinds.ts'
import { nameOf, show, showSome, unknownOf } from '../objections.ts'
import { isPinned } from '../pinned.ts'
import type { Objection, Rule, Subject } from '../rule.ts'

/**
 * R14. A model or data set is pinned to a revision and its owner, signed, and loading it runs no code (T-MF-12, T-MF-13).
 * A name on a hub can be given up and taken by somebody else; a list of URLs serves what its hosts serve today.
 */
export const pinnedModels: Rule = {
  id: 'pinned-models',
  docs: 'docs/rules.md#pinned-models',
  check: (subject) => {
    const { kind } = subject.dependency
    if (kind !== 'model' && kind !== 'dataset') return []
    const { model } = subject.facts
    return [
      ...checkPin(subject),
      ...checkSigned(subject),
      ...(model.kind === 'known'
        ? checkHub(subject, model.value)
        : unknownOf(model, `what stands behind ${nameOf(subject)} on its hub`)),
    ]
  },
}

function checkPin(subject: Subject): Objection[] {
  const { dependency } = subject
  // What lies in the project is what its commit holds: whoever changes it changes this project.
  if (dependency.source === 'file') return []
  // A hub's reference is a commit or can be moved; that it has files with digests today pins none of tomorrow's.
  const pinned = dependency.ecosystem === 'huggingface' ? isCommit(dependency.version) : isPinned(dependency)
  if (pinned) return []
  const said = dependency.version ?? dependency.location ?? dependency.name
  return [
    {
      outcome: 'fire',
      code: 'REVISION_MUTABLE',
      message: `${show(dependency.name)} is not pinned: ${show(said)} can be other bytes tomorrow`,
      hint: 'Name the 40 digits of a commit (hf://OWNER/NAME@COMMIT), or the SHA-256 of each file.',
    },
  ]
}

function isSigned({ dependency, evidence }: Subject): boolean {
  return wantedAttestations(dependency, evidence).length > 0
}

function checkSigned(subject: Subject): Objection[] {
  if (isSigned(subject)) return []
  const error = subject.evidence.unavailable[0]
  // Whether there is a signature is not known: the state `unreachable` says so, and this rule claims nothing.
  if (error !== undefined) {
    return [
      {
        outcome: 'unknown',
        code: 'CONTEXT_UNKNOWN',
        message: `whether ${nameOf(subject)} is signed is not known: ${show(error.message, 300)}`,
      },
    ]
  }
  return [
    {
      outcome: 'fire',
      code: 'MODEL_UNSIGNED',
      message: `${nameOf(subject)} has no signature that holds`,
      hint: 'Ask its owner for an OpenSSF Model Signing signature, or sign your own copy.',
    },
  ]
}

function checkHub(subject: Subject, model: ModelFact): readonly Objection[] {
  return [
    ...checkRevision(subject, model),
    ...checkOwner(subject, model),
    ...checkFiles(subject, model),
    ...checkCode(subject, model),
  ]
}

function checkRevision(subject: Subject, { revision }: ModelFact): Objection[] {
  const { version } = subject.dependency
  if (!isCommit(version) || version === revision) return []
  return [
    {
      outcome: 'fire',
      code: 'REVISION_MUTABLE',
      message: `${nameOf(subject)} answers with the revision ${show(revision)}, not with the one that is pinned`,
      hint: 'Load nothing from there: the history of this name was replaced.',
      state: 'changed',
    },
  ]
}

function checkOwner(subject: Subject, { ownerId }: ModelFact): Objection[] {
  const { lock } = subject
  if (lock?.ownerId === undefined || lock.ownerId === ownerId) return []
  if (ownerId === undefined) {
    const message = `who owns ${nameOf(subject)} is not known: the hub gives no id, and the trust lock has ${show(lock.ownerId)}`
    return [{ outcome: 'unknown', code: 'CONTEXT_UNKNOWN', message }]
  }
  return [
    {
      outcome: 'fire',
      code: 'OWNER_CHANGED',
      message: `the owner of ${nameOf(subject)} has the id ${show(ownerId)}, not ${show(lock.ownerId)}: somebody else has this name now`,
      hint: 'Do not load it; look for where the project went.',
      state: 'changed',
    },
  ]
}

/** Split view: the manifest names bytes, and the hub or host has others today, or none. */
function checkFiles(subject: Subject, { files }: ModelFact): readonly Objection[] {
  const today = new Map(files.map(({ path, sha256 }) => [path, sha256]))
  const pinned = (subject.dependency.files ?? []).flatMap((file) => {
    const path = file.name ?? file.url
    return path === undefined ? [] : [{ path, digests: file.digests }]
  })
  const gone = pinned.filter(({ path }) => !today.has(path)).map(({ path }) => path)
  const other = pinned.filter(({ path, digests }) => isOther(digests, today.get(path))).map(({ path }) => path)
  const one = (code: 'INPUT_MISSING' | 'INPUT_CHANGED', paths: readonly string[], what: string): Objection[] => {
    if (paths.length === 0) return []
    const hint = 'Keep a copy of what was pinned; take nothing else in its place.'
    return [
      { outcome: 'fire', code, message: `${nameOf(subject)}: ${showSome(paths)} ${what}`, hint, state: 'invalid' },
    ]
  }
  return [...one('INPUT_CHANGED', other, 'has other bytes than were pinned'), ...one('INPUT_MISSING', gone, 'is gone')]
}

function isOther(digests: DependencyFile['digests'], sha256: string | undefined): boolean {
  return sha256 !== undefined && digests.sha256 !== undefined && !digestsMatch(digests, { sha256 })
}

/**
 * Formats that are data and nothing else: an allow-list, since everything that is not on it (pickle in `.bin`, `.pt`,
 * `.pkl`, `.ckpt`, Keras' lambda layers, Python) may run code when it is loaded.
 */
const DATA_ONLY =
  /(?:^|\/)(?:licen[cs]e|notice|readme|usage_policy|\.gitattributes|\.gitignore|model\.sig)$|\.(?:safetensors|gguf|json|jsonl|md|txt|ya?ml|toml|model|tiktoken|vocab|csv|tsv|parquet|arrow|png|jpe?g|gif|svg|webp|wav|flac|mp3|mp4|pdf|sig|sigstore|index)$/i

function checkCode(subject: Subject, { files }: ModelFact): Objection[] {
  const code = files.map(({ path }) => path).filter((path) => !DATA_ONLY.test(path))
  if (code.length === 0) return []
  const signed = isSigned(subject)
  return [
    {
      outcome: 'fire',
      code: 'MODEL_CODE',
      message: `${nameOf(subject)} holds ${showSome(code)}, which ${code.length === 1 ? 'is' : 'are'} code or can run code when loaded${signed ? '; signed by its owner' : ''}`,
      hint: 'Take safetensors weights, and load without remote code.',
      // A signature lists these files and says whose they are; that they run stays worth a look.
      weight: signed ? 'unusual' : 'absolute',
    },
  ]
}
