import type { AllowEntry, BuilderEntry, Match, Policy, RequireEntry, RuleSetting, Waiver } from '../model/policy.ts'
import { LEVELS, PROFILES, RULE_IDS, type RuleId } from '../model/rules.ts'
import { LEVEL_TABLE } from './levels.ts'
import { DEFAULT_COOLDOWN_DAYS } from './rules/cooldown.ts'

/** One way in which a policy demands less than another. */
export interface Loosening {
  /** As the file writes it: `rules.cooldown.days`. */
  readonly key: string
  readonly message: string
}

/**
 * What the own policy would loosen of the base's, by what its file writes: a key that it does not write is inherited.
 * Requirements, inputs and waivers are added to those of the base, and so loosen nothing by themselves; waivers are
 * bounded by the base's limits.
 */
export function findLoosened(base: Policy, own: Policy): readonly Loosening[] {
  const given = (key: string) => own.given === undefined || own.given.includes(key)
  const weaker = PROFILES.indexOf(own.profile) < PROFILES.indexOf(base.profile)
  return [
    ...(given('profile') && weaker ? [loosening('profile', `${base.profile} becomes ${own.profile}`)] : []),
    ...(given('trust') ? loosenedTrust(base, own) : []),
    ...(given('evidence') ? loosenedOrigins(base, own) : []),
    ...(given('platforms') && !coversPlatforms(own.platforms, base.platforms)
      ? [loosening('platforms', 'files for fewer platforms are verified')]
      : []),
    ...(given('builders') ? loosenedBuilders(base, own) : []),
    ...(given('allow') ? loosenedAllow(base, own) : []),
    ...RULE_IDS.flatMap((id) => loosenedRule(id, base, own)),
    ...added(own.acceptUnsupported, base.acceptUnsupported, 'accept-unsupported'),
    ...(given('verifiers') ? loosenedVerifiers(base, own) : []),
    ...(given('waiver-limits') ? loosenedLimits(base, own) : []),
  ]
}

/**
 * What a pull request's policy demands less than that of its base (T-PP-08): as {@link findLoosened}, all of both files
 * taken as meant, and with what is gone.
 */
export function policyWeakened(base: Policy, head: Policy): readonly Loosening[] {
  const requirements = new Set(head.require.map(bare))
  const waivers = new Set(base.waivers.map(bare))
  const allowed = new Set(head.allow.map(({ kind }) => kind))
  const kinds = new Set(base.allow.map(({ kind }) => kind))
  const builders = new Set(head.builders.map(bare))
  return [
    ...findLoosened(base, { ...head, given: undefined }),
    ...base.require
      .filter((entry) => !requirements.has(bare(entry)))
      .map(({ match, line }) => loosening('require', `the entry for ${describe(match)} is gone (base, line ${line})`)),
    ...head.waivers
      .filter((waiver) => !waivers.has(bare(waiver)))
      .map(({ match, rule, line }) => loosening('waivers', `${rule} is waived for ${describe(match)} (line ${line})`)),
    ...[...kinds].filter((kind) => !allowed.has(kind)).map((kind) => loosening('allow', `any ${kind} is allowed`)),
    ...base.builders
      .filter((entry) => entry.level === 1 && !builders.has(bare(entry)))
      .map(({ signer }) => loosening('builders', `${signer} is no longer held to Build L1`)),
    ...(base.verifiers !== undefined &&
    head.verifiers === undefined &&
    base.require.some(({ evidence }) => evidence.includes('vsa'))
      ? [loosening('verifiers', 'nobody has to vouch any more')]
      : []),
    ...(base.extends !== undefined && head.extends !== base.extends
      ? [loosening('extends', 'the central policy is another one')]
      : []),
  ]
}

function loosenedTrust(base: Policy, own: Policy): Loosening[] {
  // A whole file that names no key goes back to the usual one, which the base did not believe.
  const isOther = (mine: string | undefined, theirs: string | undefined) =>
    mine !== theirs && (mine !== undefined || own.given === undefined)
  return [
    ...added(own.trust.roots, base.trust.roots, 'trust.roots'),
    ...(isOther(own.trust.npmKeys, base.trust.npmKeys) ? [loosening('trust.npm-keys', 'other keys are believed')] : []),
    ...(isOther(own.trust.goSumdb, base.trust.goSumdb) ? [loosening('trust.go-sumdb', 'another key is believed')] : []),
    ...(isOther(own.trust.ossRebuild, base.trust.ossRebuild)
      ? [loosening('trust.oss-rebuild', 'another rebuilder is believed')]
      : []),
  ]
}

/** Indexes are not signed: whoever answers in the registry's place vouches for what they like. */
function loosenedOrigins(base: Policy, own: Policy): Loosening[] {
  return Object.entries(own.evidence).flatMap(([name, url]) =>
    base.evidence[name] === url ? [] : [loosening(`evidence.${name}`, `evidence is asked at ${url}`)],
  )
}

/** No platforms at all means every file. */
const coversPlatforms = (own: readonly string[], base: readonly string[]) =>
  own.length === 0 || (base.length > 0 && base.every((platform) => own.includes(platform)))

/** The lowest entry that fits counts, so an entry more can only hold down, unless it lifts what no other one speaks of. */
function loosenedBuilders(base: Policy, own: Policy): Loosening[] {
  const known = new Set(base.builders.map(bare))
  return own.builders
    .filter((entry: BuilderEntry) => entry.level > 1 && !known.has(bare(entry)))
    .map(({ signer, level }) => loosening('builders', `${signer} is worth Build L${level}`))
}

function loosenedAllow(base: Policy, own: Policy): Loosening[] {
  const kinds = new Set(base.allow.map(({ kind }) => kind))
  const known = new Set(base.allow.map(bare))
  return own.allow
    .filter((entry: AllowEntry) => kinds.has(entry.kind) && !known.has(bare(entry)))
    .map(({ kind, line }) => loosening('allow', `more is allowed of the kind ${kind} (line ${line})`))
}

const STRICTEST_FIRST: readonly string[] = [...LEVELS, 'off']

function loosenedRule(id: RuleId, base: Policy, own: Policy): Loosening[] {
  const mine: RuleSetting = own.rules[id] ?? {}
  const theirs: RuleSetting = base.rules[id] ?? {}
  // A whole file that says less about a rule asks for less; with `extends`, silence inherits.
  const inherits = own.given !== undefined
  const key = (option: string) => `rules.${id}.${option}`
  const usual = LEVEL_TABLE[id].fire[base.profile === 'strict' ? 1 : 0]
  const level = mine.level ?? (inherits ? (theirs.level ?? usual) : usual)
  const days = mine.days ?? (inherits ? undefined : DEFAULT_COOLDOWN_DAYS)
  const less = <T>(option: T | undefined, test: (value: T) => boolean) => option !== undefined && test(option)
  return [
    ...(STRICTEST_FIRST.indexOf(level) > STRICTEST_FIRST.indexOf(theirs.level ?? usual)
      ? [loosening(key('level'), `it is ${level}`)]
      : []),
    ...(less(days, (some) => some < (theirs.days ?? DEFAULT_COOLDOWN_DAYS))
      ? [loosening(key('days'), `${days} days`)]
      : []),
    ...added(mine.except, theirs.except, key('except')),
    ...(less(mine.ignoreOlderThan, (day) => day > (theirs.ignoreOlderThan ?? ''))
      ? [loosening(key('ignore-older-than'), `${mine.ignoreOlderThan}`)]
      : []),
    ...(less(mine.scopes, (scopes) => theirs.scopes === undefined || theirs.scopes.some((one) => !scopes.includes(one)))
      ? [loosening(key('scopes'), 'fewer scopes are looked at')]
      : []),
    ...added(mine.refs, theirs.refs, key('refs')),
    ...added(mine.triggers, theirs.triggers, key('triggers')),
    ...(less(mine.retentionDays, (days) => days < (theirs.retentionDays ?? Number.POSITIVE_INFINITY))
      ? [loosening(key('retention-days'), `${mine.retentionDays} days`)]
      : []),
    ...(less(
      mine.requireFor ?? (inherits ? undefined : []),
      (mineFor) => theirs.requireFor?.some((one) => !mineFor.includes(one)) === true,
    )
      ? [loosening(key('require-for'), 'it is required for less')]
      : []),
  ]
}

function loosenedVerifiers(base: Policy, own: Policy): Loosening[] {
  const [theirs, mine] = [base.verifiers, own.verifiers]
  if (mine === undefined) return []
  // A quorum stands for provenance that is not there.
  if (theirs === undefined) return [loosening('verifiers', 'summaries of others count')]
  const known = new Set(theirs.anyOf.map(bare))
  return [
    ...(mine.quorum < theirs.quorum ? [loosening('verifiers.quorum', `${mine.quorum} suffice`)] : []),
    ...(mine.maxAgeDays > theirs.maxAgeDays ? [loosening('verifiers.max-age', `${mine.maxAgeDays} days`)] : []),
    ...(mine.anyOf.some((entry) => !known.has(bare(entry)))
      ? [loosening('verifiers.any-of', 'others are believed')]
      : []),
  ]
}

function loosenedLimits({ waiverLimits: theirs }: Policy, { waiverLimits: mine }: Policy): Loosening[] {
  return [
    ...(mine.maxDays > theirs.maxDays ? [loosening('waiver-limits.max-days', `${mine.maxDays} days`)] : []),
    ...(mine.solo && !theirs.solo ? [loosening('waiver-limits.solo', 'own waivers count')] : []),
    ...(mine.approvers?.some((name) => theirs.approvers?.includes(name) === false) === true
      ? [loosening('waiver-limits.approvers', 'others approve')]
      : []),
  ]
}

function added(own: readonly string[] = [], base: readonly string[] | undefined, key: string): Loosening[] {
  const more = own.filter((one) => base?.includes(one) !== true)
  return more.length === 0
    ? []
    : [loosening(key, `${more.slice(0, 5).join(', ')} ${more.length === 1 ? 'is' : 'are'} new`)]
}

const loosening = (key: string, message: string): Loosening => ({ key, message })

/** An entry without the place where it stands. */
function bare(entry: RequireEntry | AllowEntry | BuilderEntry | Waiver | object): string {
  const { line: _line, file: _file, ...rest } = entry as { line?: number; file?: string }
  return JSON.stringify(rest)
}

const describe = ({ purl, name, kind }: Match): string => (purl ?? name ?? kind ?? 'everything').slice(0, 200)
