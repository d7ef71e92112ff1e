import type { Dependency } from '../model/dependency.ts'
import { formatPackageUrl } from '../model/purl.ts'
import { entryOf } from './entry.ts'

type HubDraft = Pick<Dependency, 'file' | 'line' | 'location'>

/** `org/name`, and a name alone for models of the time before owners. */
const HUB = /^hf:\/\/(?:(models|datasets|spaces)\/)?([\w.-]+(?:\/[\w.-]+)?)(?:@([\w./-]{1,200}))?$/

/**
 * Reads `hf://[datasets/]org/name[@revision]`. A revision of 40 hex digits is a commit; every other moves, and is kept as
 * it is for a rule to object to.
 *
 * @param kind what the reference is for, where it does not say so itself
 * @returns undefined for what is no such reference
 */
export function hubReference(ref: string, kind: 'model' | 'dataset', draft: HubDraft): Dependency | undefined {
  const [matched, type, name = '', revision] = HUB.exec(ref) ?? []
  if (matched === undefined || type === 'spaces') return undefined
  return hubEntry({ name, revision, kind: type === 'datasets' ? 'dataset' : kind }, draft)
}

/** Reads the page of a data set as Croissant files of the hub name it: `https://huggingface.co/datasets/org/name/tree/REV`. */
export function hubPage(url: string, draft: HubDraft): Dependency | undefined {
  const [matched, name = '', revision] =
    /^https:\/\/huggingface\.co\/datasets\/([\w.-]+(?:\/[\w.-]+)?)(?:\/tree\/([^/?#]+))?\/?$/.exec(url) ?? []
  if (matched === undefined) return undefined
  return hubEntry(
    { name, revision: revision === undefined ? undefined : decodeRevision(revision), kind: 'dataset' },
    draft,
  )
}

interface HubParts {
  readonly name: string
  readonly revision: string | undefined
  readonly kind: 'model' | 'dataset'
}

function hubEntry({ name, revision, kind }: HubParts, draft: HubDraft): Dependency {
  const digests = revision !== undefined && /^[0-9a-f]{40}$/.test(revision) ? { gitCommit: revision } : {}
  const entry = entryOf({
    ...draft,
    kind,
    ecosystem: 'huggingface',
    name,
    version: revision,
    scope: 'runtime',
    source: 'registry',
    digests,
  })
  // A model and a data set may have one name, and are two things.
  const path = (kind === 'dataset' ? `datasets/${name}` : name).split('/')
  const id = formatPackageUrl({
    type: 'huggingface',
    namespace: path.slice(0, -1).join('/'),
    name: path.at(-1) ?? name,
    version: revision,
  })
  return { ...entry, id }
}

function decodeRevision(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
