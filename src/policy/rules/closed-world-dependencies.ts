import type { SourceError } from '../../model/evidence.ts'
import { isWeaker, tierOf } from '../evidence-kinds.ts'
import { fromNotices } from '../notices.ts'
import { codeOfFault, nameOf, show, showSome } from '../objections.ts'
import type { Objection, Rule, RuleContext, Subject } from '../rule.ts'
import { isYoung } from './cooldown.ts'

/** Sources for which no registry vouches, with the word for them. */
const OUTSIDE: Readonly<Partial<Record<string, string>>> = {
  git: 'a git repository',
  url: 'a URL',
  file: 'a file',
}

/**
 * R9. What is new comes from a registry that was asked before, is attested and not just made. Attackers who can publish
 * one version bring the rest as a dependency of it: `plain-crypto-js` in axios, an orphan commit in TanStack's.
 */
export const closedWorldDependencies: Rule = {
  id: 'closed-world-dependencies',
  docs: 'docs/rules.md#closed-world-dependencies',
  check: (subject, context) => {
    if (subject.dependency.kind !== 'package') return []
    return [...checkSource(subject), ...checkIndex(subject), ...checkManifest(subject), ...checkNew(subject, context)]
  },
  checkPipeline: (discovery) => fromNotices(discovery, ['RESOLVED_MISMATCH', 'EXTRA_INDEX']),
}

/** Out of a registry into git, a URL or a file. What the lock knows or the base had is not new. */
function checkSource(subject: Subject): Objection[] {
  const { dependency, change, previous } = subject
  const where = OUTSIDE[dependency.source]
  if (where === undefined || change === 'unchanged' || change === 'known') return []
  if (change === 'changed' && (previous === undefined || previous.source === dependency.source)) return []
  const before = previous === undefined ? '' : `, and came from ${OUTSIDE[previous.source] ?? 'a registry'} before`
  return [
    {
      outcome: 'fire',
      code: 'SOURCE_NOT_REGISTRY',
      message: `${nameOf(subject)} comes from ${where} (${show(dependency.location)})${before}`,
      hint: 'Nobody vouches for these bytes: take a release from a registry, or look at what it is.',
      weight: change === 'first-sight' ? 'context' : 'absolute',
    },
  ]
}

/** Dependency confusion: the same name, answered by another index (torchtriton). */
function checkIndex({ dependency, previous, change }: Subject): Objection[] {
  if (dependency.source !== 'registry') return []
  const { name, registry } = dependency
  if (change === 'changed' && previous?.source === 'registry' && previous.registry !== registry) {
    return [
      {
        outcome: 'fire',
        code: 'INDEX_CHANGED',
        message: `${show(name)} comes from ${showIndex(registry)}, and came from ${showIndex(previous.registry)} before`,
        hint: 'Another index may have another package of this name: pin the index of this name.',
      },
    ]
  }
  if (change !== 'added' || registry === undefined) return []
  return [
    {
      outcome: 'fire',
      code: 'INDEX_CHANGED',
      message: `${show(name)} is new and comes from ${showIndex(registry)}`,
      hint: 'Look whether this index is yours.',
      weight: 'unusual',
    },
  ]
}

const showIndex = (registry: string | undefined): string =>
  registry === undefined ? 'the public registry' : `the index ${show(registry)}`

/** What the registry says that this version pulls in: the manifest counts also where the lock left it out (optional). */
function checkManifest(subject: Subject): Objection[] {
  const { change, dependency, evidence } = subject
  if (change !== 'added' && change !== 'changed') return []
  const record = 'record' in evidence.registry ? evidence.registry.record : undefined
  const outside = Object.entries(record?.dependencies ?? {}).filter(([, range]) =>
    leavesRegistry(range, dependency.ecosystem),
  )
  if (outside.length === 0) return []
  return [
    {
      outcome: 'fire',
      code: 'SOURCE_NOT_REGISTRY',
      message: `${nameOf(subject)} pulls in what comes from no registry: ${showSome(outside.map(([name, range]) => `${name}: ${range}`))}`,
      hint: 'A released package has no reason to load a commit: look at the version before.',
    },
  ]
}

function leavesRegistry(range: string, ecosystem: string): boolean {
  const text = range.trim()
  if (/^(?:@\s*)?(?:git[+:@]|ssh:|github:|gitlab:|bitbucket:|gist:|https?:|file:)/i.test(text)) return true
  // npm reads `owner/name#commit` as a repository on GitHub.
  return ecosystem === 'npm' && /^[\w.-]+\/[\w.-]+(?:#.*)?$/.test(text)
}

function checkNew(subject: Subject, context: RuleContext): Objection[] {
  const { change, dependency, evidence } = subject
  if (change !== 'added' || dependency.source !== 'registry') return []
  const unsigned = isWeaker(tierOf(dependency, evidence), 'signed')
  const error = unsigned ? evidence.unavailable[0] : undefined
  const why = [
    ...(unsigned && error === undefined ? ['nothing about it is signed by its producer'] : []),
    ...(isYoung(subject, context) ? ['it was published only just now'] : []),
  ]
  return [
    ...(why.length === 0 ? [] : [newcomer(subject, why.join(', and '))]),
    ...(error === undefined ? [] : [notKnown(subject, error)]),
  ]
}

function newcomer(subject: Subject, why: string): Objection {
  return {
    outcome: 'fire',
    code: 'NEW_UNATTESTED',
    message: `${nameOf(subject)} is new here, and ${why}`,
    hint: 'Look who needs it and whether its name is the one you mean; names that look like others are how this is done.',
  }
}

function notKnown(subject: Subject, { fault, message }: SourceError): Objection {
  return {
    outcome: 'unknown',
    code: codeOfFault(fault),
    message: `whether the new ${nameOf(subject)} is attested is not known: ${show(message, 300)}`,
  }
}
