import type { Dependency } from '../model/dependency.ts'
import type { FindingCode } from '../model/finding-codes.ts'
import { matchesGlob } from '../model/glob.ts'
import type { Policy, Waiver } from '../model/policy.ts'
import type { RuleId } from '../model/rules.ts'
import { isScoped, matches } from './match.ts'

/** What is known about a change that adds waivers (T-PP-07). */
export interface WaiverChange {
  /** Login of whoever opened the pull request. */
  readonly author?: string | undefined
  /** Is the waiver in the head only? */
  readonly isNew: (waiver: Waiver) => boolean
  /** Since when the platform knows this head. What the file itself says is the author's own word. */
  readonly since?: Date | undefined
  /** Who approved this very head, of those who may and are not its author; undefined: nobody could be asked. */
  readonly approvals?: readonly Approval[] | undefined
  /** Limits that count beside the policy's own: those of the base, which the change may have loosened. */
  readonly limits?: Policy['waiverLimits'] | undefined
}

export interface Approval {
  readonly login: string
  /** Of the teams that a policy names those of which this is known to be a member. */
  readonly teams: readonly string[]
}

/**
 * Does a change have the approval with which its own waivers count: by one of `approvers`, where the policy names some,
 * else by anybody who may approve?
 */
export function isApproved({ approvers }: Policy['waiverLimits'], approvals: readonly Approval[] = []): boolean {
  return approvals.some(({ login, teams }) =>
    approvers === undefined ? true : [login.toLowerCase(), ...teams].some((name) => approvers.includes(name)),
  )
}

export interface WaiverFault {
  readonly waiver: Waiver
  readonly code: Extract<FindingCode, 'WAIVER_EXPIRED' | 'WAIVER_INVALID'>
  readonly message: string
  readonly hint?: string | undefined
}

/** Waivers that count, and what is wrong with the others. A waiver that does not count fails: nobody would miss it. */
export interface ReviewedWaivers {
  readonly faults: readonly WaiverFault[]
  /** The waiver of this rule for this dependency; for findings without one, `file` against the waiver's `name`. */
  readonly find: (rule: RuleId, dependency: Dependency | undefined, file: string) => Waiver | undefined
}

const DAY = 24 * 60 * 60 * 1000

/** Sorts out the waivers that count. */
export function applyWaivers(
  policy: Policy,
  dependencies: readonly Dependency[],
  now: Date,
  change?: WaiverChange,
): ReviewedWaivers {
  const alone = policy.waivers.flatMap((waiver) => faultOf(waiver, policy, now, change) ?? [])
  const standing = policy.waivers.filter((waiver) => !alone.some((fault) => fault.waiver === waiver))
  const stacked = findStacked(standing, dependencies)
  const valid = standing.filter((waiver) => !stacked.has(waiver))
  return {
    faults: [
      ...alone,
      ...[...stacked].map(([waiver, other]): WaiverFault => {
        const message = `two waivers of ${waiver.rule} cover one dependency (the other: line ${other.line}); neither counts`
        return { waiver, code: 'WAIVER_INVALID', message, hint: 'Keep the narrower one.' }
      }),
    ],
    find: (rule, dependency, file) => valid.find((waiver) => waiver.rule === rule && covers(waiver, dependency, file)),
  }
}

function covers({ match }: Waiver, dependency: Dependency | undefined, file: string): boolean {
  if (dependency !== undefined) return matches(match, dependency, 'loosen')
  // A workflow or manifest has a path and nothing else.
  const { name, ...rest } = match
  return name !== undefined && Object.keys(rest).length === 0 && matchesGlob(name, file)
}

function faultOf(waiver: Waiver, policy: Policy, now: Date, change: WaiverChange | undefined): WaiverFault | undefined {
  const { match, reason, owner, expires, created } = waiver
  const invalid = (message: string, hint?: string): WaiverFault => ({ waiver, code: 'WAIVER_INVALID', message, hint })
  if (!isScoped(match))
    return invalid('the waiver names nothing', 'Name one package with `match.purl`, or a file with `match.name`.')
  if (reason.trim() === '') return invalid('the waiver gives no reason')
  if (owner.trim() === '') return invalid('the waiver has no owner')
  const end = Date.parse(`${expires}T00:00:00Z`) + DAY
  const start = created === undefined ? now.getTime() : Date.parse(`${created}T00:00:00Z`)
  if (start > now.getTime() + DAY)
    return invalid(`the waiver says that it was written on ${created}, which is still to come`)
  if (now.getTime() >= end) {
    const hint = 'Remove it, or write a new one with a new reason.'
    return { waiver, code: 'WAIVER_EXPIRED', message: `the waiver ended on ${expires}`, hint }
  }
  const { maxDays } = policy.waiverLimits
  // The last day counts whole.
  if (end - start > (maxDays + 1) * DAY) {
    return invalid(`the waiver lasts longer than ${maxDays} days`, 'Shorten `expires`; renewing it is a new decision.')
  }
  if (change?.isNew(waiver) !== true) return undefined
  const unheard = [policy.waiverLimits, change.limits].find(
    (one) => one?.approvers !== undefined && !isApproved(one, change.approvals),
  )?.approvers
  if (unheard !== undefined) return unapproved(waiver, unheard, change)
  return isApproved(policy.waiverLimits, change.approvals) ? undefined : ownWaiver(waiver, policy, now, change)
}

function unapproved(waiver: Waiver, approvers: readonly string[], { approvals }: WaiverChange): WaiverFault {
  const who = approvers.map((name) => `@${name}`).join(', ')
  const teams = approvers.some((name) => name.includes('/'))
  const unknown = teams && approvals !== undefined && approvals.length > 0
  return {
    waiver,
    code: 'WAIVER_INVALID',
    message: `the waiver is new, and ${
      approvals === undefined
        ? 'nobody could be asked who approved it'
        : unknown
          ? `whether who approved it is one of ${who} is not known`
          : 'none of those who may has approved this commit'
    }`,
    hint: `Have this very commit approved by ${who}.${
      teams ? ' Who is in a team cannot be read with the token of a job: name the people beside it.' : ''
    }`,
  }
}

/** Nobody waives for themselves; alone, one has to sleep on it. */
function ownWaiver(waiver: Waiver, { waiverLimits }: Policy, now: Date, change: WaiverChange): WaiverFault | undefined {
  if (change.author === undefined) return undefined
  const login = (text: string) => text.trim().replace(/^@/, '').toLowerCase()
  if (login(waiver.owner) !== login(change.author)) return undefined
  const old = change.since !== undefined && now.getTime() - change.since.getTime() >= DAY
  if (waiverLimits.solo && old) return undefined
  const message = waiverLimits.solo
    ? 'the waiver is its author’s own and not 24 hours old'
    : 'the waiver is owned by the author of the change that adds it'
  return {
    waiver,
    code: 'WAIVER_INVALID',
    message,
    hint: 'Let somebody else approve it, or own it.',
  }
}

/** Two that combine last longer, or reach further, than either was allowed to (GHSA-qjvc-p88j-j9rm). */
function findStacked(waivers: readonly Waiver[], dependencies: readonly Dependency[]): ReadonlyMap<Waiver, Waiver> {
  const stacked = new Map<Waiver, Waiver>()
  for (const [index, waiver] of waivers.entries()) {
    const rivals = waivers.slice(index + 1).filter(({ rule }) => rule === waiver.rule)
    const rival = rivals.find(
      (other) =>
        dependencies.some((one) => [waiver, other].every(({ match }) => matches(match, one, 'loosen'))) ||
        (waiver.match.name !== undefined && JSON.stringify(waiver.match) === JSON.stringify(other.match)),
    )
    if (rival === undefined) continue
    stacked.set(waiver, rival)
    stacked.set(rival, waiver)
  }
  return stacked
}
