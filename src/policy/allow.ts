import type { Dependency } from '../model/dependency.ts'
import { isCommit } from '../model/digest.ts'
import { matchesGlob } from '../model/glob.ts'
import type { AllowEntry, Policy } from '../model/policy.ts'
import { RELEASE_V01, RELEASE_V02 } from '../model/predicates/release.ts'
import { matchesPurl } from './match.ts'
import type { EntryObjection } from './requirements.ts'
import type { Subject } from './rule.ts'

/** Default-deny within a kind: once a kind has entries, what is on none of them is refused. */
export function checkAllowed(subject: Subject, policy: Policy): readonly EntryObjection[] {
  const { dependency } = subject
  const entries = policy.allow.filter(({ kind }) => kind === dependency.kind)
  // Code of this very repository is not brought in by anybody.
  if (entries.length === 0 || ['workspace', 'link'].includes(dependency.source)) return []
  const reasons = entries.map((entry) => whyNot(subject, entry))
  if (reasons.includes(undefined)) return []
  // The entry that names this one and finds it wanting tells more than those about others.
  const reason = reasons.find((one) => one !== OTHER) ?? OTHER
  return [
    {
      rule: 'allowed',
      outcome: 'fire',
      code: 'NOT_ALLOWED',
      message: `${dependency.kind}s are allowed by name, and this one ${reason}`,
      hint: `Add it to \`allow\` in ${policy.file}, or use one that is there.`,
    },
  ]
}

const OTHER = 'is on no entry'

function whyNot(subject: Subject, { owner, name, purl, pinned, immutableRelease }: AllowEntry): string | undefined {
  const { dependency } = subject
  if (owner !== undefined && !owner.some((one) => sameOwner(dependency, one))) return OTHER
  if (name !== undefined && !matchesGlob(name, dependency.name)) return OTHER
  if (purl !== undefined && !matchesPurl(purl, dependency, 'loosen')) return OTHER
  if (pinned !== undefined && !isPinned(dependency, pinned)) return `is not pinned by ${pinned}`
  if (immutableRelease === true && !hasImmutableRelease(subject)) return 'is not known to be an immutable release'
  return undefined
}

/** GitHub does not tell `Actions` and `actions` apart; npm scopes may be written with their `@`. */
function sameOwner({ ecosystem, name }: Dependency, wanted: string): boolean {
  const separator = ecosystem === 'maven' ? ':' : '/'
  const parts = name.split(separator)
  // `docker.io/library/node`: the host is part of who it is, the owner behind it is who is meant.
  const owner =
    parts.length < 2 ? undefined : ['oci', 'docker'].includes(ecosystem) ? parts.slice(0, -1).join('/') : parts[0]
  if (owner === undefined) return false
  const names = [owner, owner.replace(/^@/, '')]
  const fold = (text: string) => (['github', 'oci', 'docker'].includes(ecosystem) ? text.toLowerCase() : text)
  return names.some((one) => fold(one) === fold(wanted))
}

function isPinned({ version = '', digests, files }: Dependency, how: 'sha' | 'digest' | 'version'): boolean {
  if (how === 'version') return version !== ''
  if (how === 'sha') return isCommit(version) || digests.gitCommit !== undefined
  const strong = (set: Readonly<Record<string, string>>) => ['sha256', 'sha384', 'sha512'].some((name) => name in set)
  return files === undefined || files.length === 0 ? strong(digests) : files.every((file) => strong(file.digests))
}

/** GitHub's own attestation of the release, or a tag that GitHub says cannot move. */
function hasImmutableRelease({ evidence, facts: { action } }: Subject): boolean {
  const attested = evidence.accepted.some(({ attestation: { statement } }) =>
    [RELEASE_V01, RELEASE_V02].includes(statement.predicateType),
  )
  return attested || (action.kind === 'known' && action.value.tags.some(({ immutable }) => immutable))
}
