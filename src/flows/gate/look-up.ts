import type { Dependency } from '../../model/dependency.ts'
import type { DigestSet } from '../../model/digest.ts'
import {
  type Evidence,
  type Lookup,
  NO_EVIDENCE,
  type RegistryLookup,
  type RegistryRecord,
  type RegistryWord,
  type SourceError,
  type Target,
} from '../../model/evidence.ts'
import { mapBounded } from '../../model/map-bounded.ts'
import { resolveImage } from '../../source/oci/image-files.ts'
import type { Source, SourceSession } from '../../source/source.ts'
import type { HeldContent, VerifiedEvidence } from '../../verify/verify-evidence.ts'
import { contentOf } from './changes.ts'
import { FOLDER } from './folder-source.ts'
import type { InputFound } from './held-input.ts'
import { type Targets, targetsOf, toImagePlatform } from './targets.ts'

export type VerifyTarget = (
  target: Target,
  /** What a source has sent. */
  answer: Extract<Lookup, { kind: 'found' | 'unread' }>,
  held?: HeldContent,
) => Promise<VerifiedEvidence>

export interface LookUpContext {
  readonly session: SourceSession
  readonly sources: readonly Source[]
  /** Judges what a registry said against the lock (R0). */
  readonly judgeRegistry: (dependency: Dependency, lookup: RegistryLookup) => Promise<RegistryWord>
  readonly verify: VerifyTarget
  /** What the bytes of a declared input say themselves; undefined for everything else. */
  readonly lookAtInput: (dependency: Dependency) => Promise<InputFound | undefined>
  readonly platforms: readonly string[]
  /** The trust lock or the policy expects attestations: then the registry's silence about them is not believed. */
  readonly expects: (dependency: Dependency) => boolean
  readonly progress: (done: number, total: number) => void
}

/** At most so many dependencies are in work at once; the client bounds the requests they make. */
const IN_WORK = 96

/**
 * Asks for the registry's word and for attestations about every dependency, and verifies what comes. Equal entries of
 * several files are asked about once. Nothing is thrown for what a source does: it ends as `unavailable`.
 *
 * @returns evidence by {@link contentOf}
 */
export async function lookUpEvidence(
  dependencies: readonly Dependency[],
  context: LookUpContext,
): Promise<ReadonlyMap<string, Evidence>> {
  const unique = new Map(dependencies.map((entry) => [contentOf(entry), entry]))
  const entries = [...unique]
  let done = 0
  context.progress(0, entries.length)
  const asked = await mapBounded(entries, IN_WORK, async ([key, dependency]) => {
    const answer = await askOne(dependency, context)
    context.progress(++done, entries.length)
    return { key, dependency, ...answer }
  })
  const many = await askMany(asked, context)
  return new Map(asked.map((one) => [one.key, merge([one.evidence, many.get(one.key) ?? NO_EVIDENCE])]))
}

interface Asked {
  readonly targets: Targets
  readonly evidence: Evidence
}

async function askOne(dependency: Dependency, context: LookUpContext): Promise<Asked> {
  const { session, sources } = context
  const input = await context.lookAtInput(dependency)
  // Other bytes than were pinned: what is signed about the pinned ones is not about these.
  if (input?.isOther === true) {
    return { targets: { checked: [], pinned: 0 }, evidence: input.evidence }
  }
  const registry = sources.find(({ register, covers }) => register !== undefined && covers(dependency, session))
  const lookup = await registry?.register?.(dependency, session)
  const word: RegistryWord =
    lookup === undefined ? NO_EVIDENCE.registry : await context.judgeRegistry(dependency, lookup)
  const record = lookup?.kind === 'found' ? lookup.record : undefined
  const targets = withDigests(targetsOf(dependency, record, context.platforms), input?.digests)
  const whole = await askTargets(dependency, targets, record, context)
  const platforms = isImageWithout(dependency, whole) ? await askPlatforms(dependency, context) : NO_EVIDENCE
  return { targets, evidence: merge([platforms, whole, input?.evidence ?? { ...NO_EVIDENCE, registry: word }]) }
}

function withDigests({ checked, pinned }: Targets, digests: DigestSet | undefined): Targets {
  if (digests === undefined) return { checked, pinned }
  return { checked: checked.map((target) => ({ ...target, digests: { ...target.digests, ...digests } })), pinned }
}

async function askTargets(
  dependency: Dependency,
  targets: Targets,
  record: RegistryRecord | undefined,
  context: LookUpContext,
): Promise<Evidence> {
  const { session } = context
  const asking = context.sources.filter(
    ({ lookup, lookupMany, covers }) => lookup && !lookupMany && covers(dependency, session),
  )
  const answers: Evidence[] = []
  for (const source of asking) {
    for (const target of targets.checked) {
      // What claims nothing is asked nothing, unless there was something before: then silence has to be heard (T-NS-08).
      const said = claims(target, record)
      const claimed = said !== true && context.expects(dependency) ? undefined : said
      const found = (await source.lookup?.(target, session, { claimed })) ?? { kind: 'none', source: source.id }
      answers.push(await toEvidence(target, found, context, await heldOf(dependency, found, context)))
    }
  }
  const files = { checked: targets.checked.length, attested: 0, pinned: targets.pinned }
  return merge([...answers, { ...NO_EVIDENCE, files }])
}

/** Builders attest the index or the manifests in it: without a word on the index, each platform has to have its own. */
function isImageWithout(
  { kind, ecosystem, digests }: Dependency,
  { accepted, refused, unavailable }: Evidence,
): boolean {
  const nothing = accepted.length === 0 && refused.length === 0 && unavailable.length === 0
  return kind === 'image' && ecosystem === 'oci' && nothing && digests.sha256 !== undefined
}

/** What the policy's platforms would run, by way of the pinned index and of no other (T-SU-13). */
async function askPlatforms(dependency: Dependency, context: LookUpContext): Promise<Evidence> {
  const image = await resolveImage(dependency, context.session)
  if (image.kind === 'unavailable') return { ...NO_EVIDENCE, unavailable: [image.error] }
  const wanted = context.platforms.map(toImagePlatform)
  const checked = image.files.filter(({ name }) => name !== undefined && wanted.includes(name))
  if (checked.length === 0) return NO_EVIDENCE
  const targets = checked.map((file) => ({ dependency, file, digests: file.digests }))
  return askTargets(dependency, { checked: targets, pinned: image.files.length - checked.length }, undefined, context)
}

/** A signature over a model's files is held against their list at the hub: the files themselves are not fetched. */
async function heldOf(
  dependency: Dependency,
  lookup: Lookup,
  { sources, session }: LookUpContext,
): Promise<HeldContent> {
  if (lookup.kind !== 'found' || (dependency.kind !== 'model' && dependency.kind !== 'dataset')) return {}
  const hub = sources.find(({ model, covers }) => model !== undefined && covers(dependency, session))
  const fact = await hub?.model?.(dependency, session)
  return fact?.kind === 'known' ? { files: fact.value.files } : {}
}

function claims(target: Target, record: RegistryRecord | undefined) {
  if (record === undefined) return undefined
  const file = record.files.find(({ name }) => name !== undefined && name === target.file?.name)
  return file?.claimsAttestations ?? record.claimsAttestations
}

/** Sources that take many questions in one request: asked after all others, with everything at once. */
async function askMany(
  asked: readonly (Asked & { readonly key: string; readonly dependency: Dependency })[],
  context: LookUpContext,
): Promise<ReadonlyMap<string, Evidence>> {
  const found = new Map<string, Evidence>()
  for (const source of context.sources.filter(({ lookupMany }) => lookupMany !== undefined)) {
    const questions = asked
      // One owner is one request: what its registry has vouched for by now is not asked for again elsewhere.
      .filter(({ evidence }) => evidence.accepted.length === 0)
      .filter(({ dependency }) => source.covers(dependency, context.session))
      .flatMap(({ key, targets }) => targets.checked.map((target) => ({ key, target })))
    if (questions.length === 0) continue
    const lookups =
      (await source.lookupMany?.(
        questions.map(({ target }) => target),
        context.session,
      )) ?? []
    for (const [index, { key, target }] of questions.entries()) {
      const lookup = lookups[index] ?? unanswered(source.id)
      const evidence = await toEvidence(target, lookup, context)
      found.set(key, merge([found.get(key) ?? NO_EVIDENCE, evidence]))
    }
  }
  return found
}

function unanswered(source: string): Lookup {
  return { kind: 'unavailable', error: { source, fault: 'truncated', message: 'the answer leaves this one out' } }
}

async function toEvidence(
  target: Target,
  lookup: Lookup,
  context: LookUpContext,
  held: HeldContent = {},
): Promise<Evidence> {
  // A folder that lacks something says nothing about whether its registry has it.
  if (lookup.kind === 'none') return { ...NO_EVIDENCE, silent: lookup.source === FOLDER ? [] : [lookup.source] }
  if (lookup.kind === 'unavailable') return { ...NO_EVIDENCE, unavailable: [lookup.error] }
  const aliases = lookup.kind === 'found' ? lookup.aliases : undefined
  const meant = aliases === undefined ? target : { ...target, digests: { ...target.digests, ...aliases } }
  const { accepted, refused, unsupported } = await context.verify(meant, lookup, held)
  return { ...NO_EVIDENCE, accepted, refused, unavailable: unsupported }
}

/** One dependency's evidence from all its sources; of its files, those with an accepted attestation count as attested. */
function merge(parts: readonly Evidence[]): Evidence {
  const accepted = parts.flatMap((part) => part.accepted)
  const files = parts.find((part) => part.files.checked > 0)?.files ?? NO_EVIDENCE.files
  const named = new Set(accepted.map(({ file }) => file))
  return {
    accepted,
    refused: parts.flatMap((part) => part.refused),
    silent: [...new Set(parts.flatMap((part) => part.silent))],
    unavailable: distinct(parts.flatMap((part) => part.unavailable)),
    registry: parts.find(({ registry }) => registry !== NO_EVIDENCE.registry)?.registry ?? NO_EVIDENCE.registry,
    files: { ...files, attested: Math.min(files.checked, named.size) },
  }
}

/** A source that is down says so once a dependency, however many files it was asked about. */
function distinct(errors: readonly SourceError[]): SourceError[] {
  const seen = new Map(errors.map((error) => [`${error.source} ${error.fault} ${error.message}`, error]))
  return [...seen.values()]
}
