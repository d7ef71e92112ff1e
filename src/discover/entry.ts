import type { Dependency, DependencySource } from '../model/dependency.ts'
import { formatPackageUrl } from '../model/purl.ts'

interface IdParts {
  readonly qualifiers?: Readonly<Record<string, string | undefined>>
  readonly subpath?: string | undefined
}

type Draft = Omit<Dependency, 'id' | 'kind' | 'digests'> & Partial<Pick<Dependency, 'kind' | 'digests'>> & IdParts

/** Completes one entry: its id follows from where it comes from. */
export function entryOf(draft: Draft): Dependency {
  const { qualifiers, subpath, ...fields } = draft
  return { id: idOf(draft), kind: 'package', digests: {}, ...fields }
}

/** These have no registry to look them up in: a package URL would name somebody else's package of that name. */
const BY_LOCATION: ReadonlySet<DependencySource> = new Set(['file', 'link', 'workspace', 'patch', 'unread', 'dynamic'])

function idOf({ source, ecosystem, name, version, location, qualifiers, subpath }: Draft): string {
  if (BY_LOCATION.has(source) || ecosystem === 'generic') return `${source}:${location ?? name}`
  const from =
    source === 'git'
      ? { vcs_url: ecosystem === 'github' ? undefined : location }
      : source === 'url'
        ? { download_url: location }
        : {}
  return formatPackageUrl({
    type: ecosystem,
    ...splitName(ecosystem, name),
    version,
    qualifiers: { ...from, ...qualifiers },
    subpath,
  })
}

function splitName(ecosystem: string, name: string): { namespace: string; name: string } {
  const cut = ecosystem === 'maven' ? name.indexOf(':') : name.lastIndexOf('/')
  return { namespace: name.slice(0, Math.max(cut, 0)), name: name.slice(cut + 1) }
}
