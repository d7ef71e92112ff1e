import type {
  AllowEntry,
  BuilderEntry,
  DeclaredInput,
  Match,
  Policy,
  RequireEntry,
  RuleSetting,
  SignerRequirement,
  Waiver,
} from '../model/policy.ts'
import { type Profile, RULE_IDS, type RuleId } from '../model/rules.ts'
import { dropEmpty } from '../model/statement.ts'
import { type PolicyText, policySchema, type SignerText } from './policy-schema.ts'
import { checkYaml, parseYamlDocument, type YamlKind } from './yaml-document.ts'

export { type ExtendsReference, parseExtends } from './parse-extends.ts'

const KIND: YamlKind = {
  what: 'the policy',
  malformed: 'POLICY_MALFORMED',
  unknownKey: 'POLICY_UNKNOWN_KEY',
  maxBytes: 512 * 1024,
}

/** How many days a waiver may last where the policy says nothing. */
const MAX_WAIVER_DAYS = 30

/**
 * Reads `.github/cleanbill.yml` strictly (DESIGN §6): what would be ignored elsewhere is an error here, since a rule with
 * a typing mistake is no rule. Keys of signers are paths still; see {@link resolveKeys}.
 *
 * @throws {CleanbillError} `POLICY_MALFORMED`, `POLICY_UNKNOWN_KEY`, `POLICY_NO_IDENTITY`, `PATTERN_UNSAFE`,
 *   `IDENTITY_SOURCE_UNTRUSTED`; all with line and column
 */
export function parsePolicy(text: string, file: string): Policy {
  const document = parseYamlDocument(text, file, KIND)
  const parsed = checkYaml(policySchema, document, file, KIND)
  const lineOf = (section: string) => (index: number) => document.placeOf([section, index]).line
  return toPolicy(parsed, file, lineOf)
}

/** What holds without any file. */
export function defaultPolicy(profile: Profile = 'recommended'): Policy {
  return toPolicy({ version: 1, profile }, 'built-in', () => () => 1)
}

type LineOf = (section: string) => (index: number) => number

function toPolicy(text: PolicyText, file: string, lineOf: LineOf): Policy {
  const limits = text['waiver-limits'] ?? {}
  const accounts = [limits.approvers ?? []].flat().map(toAccount)
  return {
    version: 1,
    profile: text.profile ?? 'recommended',
    ...optional('extends', text.extends),
    trust: {
      roots: text.trust?.roots ?? ['sigstore', 'github'],
      ...optional('npmKeys', text.trust?.['npm-keys']),
      ...optional('goSumdb', text.trust?.['go-sumdb']),
      ...optional('ossRebuild', text.trust?.['oss-rebuild']),
    },
    evidence: Object.fromEntries(
      Object.entries(text.evidence ?? {}).flatMap(([name, url]) =>
        typeof url === 'string' ? [[name, url.replace(/\/+$/, '')]] : [],
      ),
    ),
    platforms: text.platforms ?? ['linux-x64'],
    builders: withLines(text.builders, lineOf('builders')).map((entry): BuilderEntry => clean(entry)),
    allow: withLines(text.allow, lineOf('allow')).map(toAllow),
    require: withLines(text.require, lineOf('require')).map(toRequire),
    rules: toRules(text.rules ?? {}),
    acceptUnsupported: text['accept-unsupported'] ?? [],
    inputs: withLines(text.inputs, lineOf('inputs')).map((entry): DeclaredInput => clean(entry)),
    ...optional('verifiers', toVerifiers(text.verifiers, lineOf)),
    waivers: withLines(text.waivers, lineOf('waivers')).map(toWaiver),
    waiverLimits: {
      maxDays: limits['max-days'] ?? MAX_WAIVER_DAYS,
      ...optional('approvers', accounts.length === 0 ? undefined : accounts),
      solo: limits.solo ?? false,
    },
    file,
    given: Object.keys(text).sort(),
  }
}

/** GitHub compares names without case. */
const toAccount = (name: string): string => name.replace(/^@/, '').toLowerCase()

function toAllow(entry: NonNullable<PolicyText['allow']>[number] & { line: number }): AllowEntry {
  const { owner, 'immutable-release': immutableRelease, ...rest } = entry
  const owners = typeof owner === 'string' ? [owner] : owner
  return { ...clean(rest), ...optional('owner', owners), ...optional('immutableRelease', immutableRelease) }
}

function toRequire(entry: NonNullable<PolicyText['require']>[number] & { line: number }): RequireEntry {
  const { match, source, signer, level, trust, evidence = [], mode = 'any-of', line } = entry
  const from = typeof source === 'object' ? source : undefined
  const signers =
    typeof signer !== 'object' ? undefined : 'any-of' in signer ? signer['any-of'] : [signer satisfies SignerText]
  return {
    match: toMatch(match),
    ...optional(
      'source',
      from && {
        ...optional('repository', from.repository),
        ...optional('repositoryId', from['repository-id']?.toString()),
        ...optional('ownerId', from['owner-id']?.toString()),
        ...optional('ref', from.ref),
        ...optional('triggers', from.triggers),
      },
    ),
    ...optional(
      'signers',
      signers?.map((one): SignerRequirement => clean(one)),
    ),
    ...optional('level', level),
    ...optional('trust', trust),
    evidence,
    mode,
    line,
  }
}

function toRules(rules: NonNullable<PolicyText['rules']>): Policy['rules'] {
  const settings = RULE_IDS.flatMap((id): [RuleId, RuleSetting][] => {
    const setting = rules[id]
    if (setting === undefined) return []
    return [[id, typeof setting === 'string' ? { level: setting } : camelCase(setting)]]
  })
  return Object.fromEntries(settings)
}

function camelCase(options: object): RuleSetting {
  const pairs = Object.entries(options).map(([key, value]) => [
    key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ])
  // Sound: the schema has checked each option; the type names the same ones in camel case.
  return Object.fromEntries(pairs) as RuleSetting
}

function toVerifiers(text: PolicyText['verifiers'], lineOf: LineOf): Policy['verifiers'] {
  if (text === undefined) return undefined
  const line = lineOf('verifiers')(0)
  return {
    quorum: text.quorum,
    maxAgeDays: Number.parseInt(text['max-age'], 10),
    anyOf: text['any-of'].map((entry) => ({ ...clean(entry), line })),
  }
}

function toWaiver(entry: NonNullable<PolicyText['waivers']>[number] & { line: number }): Waiver {
  const { match, reason = '', owner = '', created, ...rest } = entry
  return { match: toMatch(match), reason, owner, ...rest, ...optional('created', created) }
}

const toMatch = (match: NonNullable<PolicyText['require']>[number]['match']): Match => clean(match)

function withLines<T extends object>(list: readonly T[] | undefined, lineOf: (index: number) => number) {
  return (list ?? []).map((entry, index) => ({ ...entry, line: lineOf(index) }))
}

/** Without the keys that are undefined, which `exactOptionalPropertyTypes` tells apart. */
function clean<T extends object>(value: T): T {
  // Sound: only keys that are undefined are left out, and those may be absent in every type here.
  return dropEmpty(value) as T
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  // Sound: one key, the one that was named.
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V }
}

/**
 * Puts the fingerprint of each key in the place of its path.
 *
 * @param fingerprint of the PEM file at a path: SHA-256 of the SubjectPublicKeyInfo, hex
 */
export function resolveKeys(policy: Policy, fingerprint: (path: string) => string): Policy {
  const resolve = <T extends { readonly key?: string | undefined }>(entry: T): T =>
    entry.key === undefined ? entry : { ...entry, key: fingerprint(entry.key) }
  const { verifiers } = policy
  return {
    ...policy,
    require: policy.require.map((entry) =>
      entry.signers === undefined ? entry : { ...entry, signers: entry.signers.map(resolve) },
    ),
    ...(verifiers === undefined ? {} : { verifiers: { ...verifiers, anyOf: verifiers.anyOf.map(resolve) } }),
  }
}

/** Every key file that the policy names. */
export function keyPaths({ require: entries, verifiers }: Policy): string[] {
  const keys = [...entries.flatMap(({ signers = [] }) => signers), ...(verifiers?.anyOf ?? [])]
  return [...new Set(keys.flatMap(({ key }) => (key === undefined ? [] : [key])))]
}
