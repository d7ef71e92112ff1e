import { RULE_IDS, type RuleId } from '../model/rules.ts'
import type { Finding, JudgedDependency, Verdict } from '../model/verdict.ts'
import { headline } from './words.ts'

/** In the order of reading. `unknown` is what could not be learned and fails nothing: never shown as a pass. */
export const URGENCIES = ['fail', 'warn', 'unusual', 'unknown', 'note'] as const
export type Urgency = (typeof URGENCIES)[number]

export interface Place {
  readonly file: string
  readonly line: number
}

/** One objection, at every place where it was made. */
export interface FindingItem {
  /** `axios 1.14.1`; undefined for a file, a workflow or the policy. Hostile. */
  readonly who?: string | undefined
  readonly message: string
  /** Undefined where the whole group has the same one. */
  readonly hint?: string | undefined
  readonly waivedBy?: string | undefined
  readonly places: readonly Place[]
}

/** Everything of one urgency, rule and code. */
export interface FindingGroup {
  readonly urgency: Urgency
  readonly rule: RuleId
  readonly code: string
  readonly title: string
  /** Of every item alike. */
  readonly hint?: string | undefined
  /** How many findings; an item may stand for several. */
  readonly count: number
  readonly items: readonly FindingItem[]
}

export function urgencyOf({ level, outcome, waiver }: Finding): Urgency {
  if (waiver !== undefined) return 'note'
  if (level === 'fail') return 'fail'
  return outcome === 'unknown' ? 'unknown' : level
}

/** What a report says in this order: fails first, then by rule. Equal objections at many places are one item. */
export function groupFindings({ findings, dependencies }: Verdict): FindingGroup[] {
  const names = new Map(dependencies.map((one) => [one.id, nameOf(one)]))
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) {
    const key = JSON.stringify([urgencyOf(finding), finding.rule, finding.code])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [finding])
    else group.push(finding)
  }
  return [...groups.values()].flatMap((group) => toGroup(group, names)).sort(byUrgency)
}

function toGroup(findings: readonly Finding[], names: ReadonlyMap<string, string>): FindingGroup[] {
  const [first] = findings
  if (first === undefined) return []
  const shared = findings.every(({ hint }) => hint === first.hint)
  const items = new Map<string, FindingItem & { readonly places: Place[] }>()
  for (const { dependency, message, hint, waiver, file, line } of findings) {
    const waivedBy = waiver === undefined ? undefined : waiverWords(waiver)
    const key = JSON.stringify([dependency ?? null, message, hint ?? null, waivedBy ?? null])
    const item = items.get(key)
    if (item !== undefined) {
      item.places.push({ file, line })
      continue
    }
    const who = dependency === undefined ? undefined : (names.get(dependency) ?? dependency)
    items.set(key, { who, message, hint: shared ? undefined : hint, waivedBy, places: [{ file, line }] })
  }
  return [
    {
      urgency: urgencyOf(first),
      rule: first.rule,
      code: first.code,
      title: headline(first),
      hint: shared ? first.hint : undefined,
      count: findings.length,
      items: [...items.values()],
    },
  ]
}

function byUrgency(a: FindingGroup, b: FindingGroup): number {
  return (
    URGENCIES.indexOf(a.urgency) - URGENCIES.indexOf(b.urgency) ||
    RULE_IDS.indexOf(a.rule) - RULE_IDS.indexOf(b.rule) ||
    (a.code < b.code ? -1 : Number(a.code > b.code))
  )
}

/** Hostile, as everything that somebody wrote. */
export function waiverWords({ reason, owner, expires }: NonNullable<Finding['waiver']>): string {
  return `until ${expires} by ${owner}: ${reason}`
}

/** Name and version as people write them; a commit is cut. */
export function nameOf({ name, version }: Pick<JudgedDependency, 'name' | 'version'>): string {
  if (version === undefined) return name
  return `${name} ${/^[0-9a-f]{40,}$/.test(version) ? version.slice(0, 12) : version}`
}

/** How many findings there are of each urgency. */
export function countUrgencies(findings: readonly Finding[]): Readonly<Record<Urgency, number>> {
  const counts = { fail: 0, warn: 0, unusual: 0, unknown: 0, note: 0 }
  for (const finding of findings) counts[urgencyOf(finding)] += 1
  return counts
}
