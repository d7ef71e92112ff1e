import { z } from 'zod'
import { DEPENDENCY_KINDS, DEPENDENCY_SCOPES, DEPENDENCY_SOURCES } from '../model/dependency.ts'
import { EVIDENCE_ORIGINS } from '../model/policy.ts'
import { PROFILES, RULES, type RuleId } from '../model/rules.ts'
import { schemaUri } from '../model/uris.ts'
import { isRange } from '../model/versions.ts'
import { EVIDENCE_KINDS } from './evidence-kinds.ts'
import { parseExtends } from './parse-extends.ts'
import {
  alternativesName,
  date,
  digits,
  glob,
  httpsOrigin,
  path,
  plainText,
  refuse,
  signerName,
} from './policy-fields.ts'

const match = z
  .strictObject({
    purl: glob.optional().describe('Package URL; * within a segment, ** across; @VERSION for exactly that version'),
    kind: z.enum(DEPENDENCY_KINDS).optional(),
    versions: plainText
      .refine((text) => isRange(text), 'is neither a semver nor a PEP 440 range')
      .optional()
      .describe('Range of versions, as the ecosystem writes them'),
    scope: z.enum(DEPENDENCY_SCOPES).optional(),
    name: glob.optional().describe('For what has no package URL'),
  })
  .refine(({ purl }) => purl === undefined || /^(?:pkg:|\*\*$)/.test(purl), {
    error: 'is no package URL: it does not begin with pkg:',
    path: ['purl'],
  })

const source = z.strictObject({
  repository: glob.optional().describe('owner/name on github.com, or a URL'),
  'repository-id': digits.optional(),
  'owner-id': digits.optional(),
  ref: glob.optional(),
  triggers: z.array(plainText).min(1).max(32).optional(),
})

const signer = z.strictObject({
  workflow: signerName.optional().describe('OWNER/REPOSITORY/.github/workflows/FILE of whoever signs'),
  ref: glob.optional(),
  runner: z.enum(['github-hosted', 'any']).optional(),
  key: path.optional().describe('Path of a PEM file'),
  email: plainText.optional(),
  identity: plainText.optional().describe('Exact name in the certificate; needs an issuer'),
  issuer: plainText.optional().describe('OIDC issuer URL, or none for a private CA'),
})
export type SignerText = z.infer<typeof signer>

const require = z
  .strictObject({
    match,
    source: z.union([source, z.string()]).optional(),
    signer: z
      .union([signer, z.strictObject({ 'any-of': z.array(signer).min(1).max(32) }), z.string()])
      .optional()
      .describe('Who built and signed it'),
    level: z.int().min(1).max(3).optional().describe('SLSA Build level'),
    trust: z.enum(['sigstore', 'github']).optional(),
    evidence: z
      .array(z.union([z.enum(Object.keys(EVIDENCE_KINDS)), z.url({ protocol: /^https$/ })]))
      .min(1)
      .max(16)
      .optional(),
    mode: z.enum(['any-of', 'all-of']).optional().describe('Of several attestations: does one suffice? Default any-of'),
  })
  .superRefine((entry, context) => alternativesName(entry, context))

const allow = z
  .strictObject({
    kind: z.enum(DEPENDENCY_KINDS),
    owner: z.union([plainText, z.array(plainText).min(1).max(256)]).optional(),
    name: glob.optional(),
    purl: glob.optional(),
    pinned: z.enum(['sha', 'digest', 'version']).optional(),
    'immutable-release': z.boolean().optional(),
  })
  .refine((entry) => Object.keys(entry).length > 1, 'allows everything of its kind: say what is allowed')

const approver = z.string().regex(/^@?[A-Za-z0-9][\w-]{0,38}(?:\/[\w.-]{1,100})?$/, 'is no @login and no @owner/team')

const builder = z.strictObject({
  signer: signerName,
  ref: glob.optional(),
  level: z.union([z.literal(1), z.literal(2), z.literal(3)]),
})

/** Options beside `level` that a rule has; any other is refused. */
export const RULE_OPTIONS: Readonly<Partial<Record<RuleId, readonly (keyof typeof OPTIONS)[]>>> = {
  'missing-provenance': ['except', 'scopes'],
  'lock-matches-registry': ['except'],
  'no-downgrade': ['except', 'ignore-older-than', 'scopes'],
  'signer-continuity': ['except'],
  'ref-allow-list': ['except', 'refs', 'triggers'],
  'reachable-commit': ['except'],
  'reviewed-source': ['except', 'require-for'],
  'run-outcome': ['except', 'retention-days'],
  cooldown: ['days', 'except', 'scopes'],
  'independent-rebuild': ['except', 'require-for'],
  'closed-world-dependencies': ['except', 'scopes'],
  'pinned-actions': ['except'],
  'source-matches-archive': ['except'],
  'new-entry-points': ['except'],
  'pinned-models': ['except'],
}

/** Without these a gate gates nothing; what has to pass all the same is waived, with a reason and an end. */
export const FIXED_RULES: readonly RuleId[] = ['valid-evidence', 'readable', 'policy-change', 'waiver']

const OPTIONS = {
  days: z.number().min(0).max(365),
  except: z.array(glob).max(1000),
  'ignore-older-than': date,
  scopes: z.array(z.enum(DEPENDENCY_SCOPES)).min(1),
  refs: z.array(glob).max(256),
  triggers: z.array(plainText).max(32),
  'retention-days': z.int().min(1).max(3650),
  'require-for': z.array(glob).max(1000),
}
const LEVEL = z.enum(['fail', 'warn', 'off'])

function ruleSchema(id: RuleId) {
  if (FIXED_RULES.includes(id)) return z.literal('fail').optional()
  const options = Object.fromEntries((RULE_OPTIONS[id] ?? []).map((name) => [name, OPTIONS[name].optional()]))
  return z.union([LEVEL, z.strictObject({ level: LEVEL.optional(), ...options })]).optional()
}

const rules = z.strictObject(Object.fromEntries(RULES.map(({ id, about }) => [id, ruleSchema(id).describe(about)])))

const verifier = z
  .strictObject({
    id: plainText.optional().describe('verifier.id of its summaries'),
    issuer: plainText.optional(),
    repository: plainText.optional(),
    workflow: path.optional().describe('Path in the repository'),
    identity: plainText.optional(),
    key: path.optional(),
  })
  .superRefine(({ repository, identity, issuer, key }, context) => {
    const named = repository !== undefined || key !== undefined || (identity !== undefined && issuer !== undefined)
    if (!named) refuse(context, 'POLICY_NO_IDENTITY', 'a verifier is named by repository, key, or identity and issuer')
    if (repository !== undefined && !/^[^/*\s]+\/[^/*\s]+$/.test(repository)) {
      refuse(context, 'POLICY_NO_IDENTITY', 'a verifier is one repository, OWNER/NAME')
    }
  })

const verifiers = z
  .strictObject({
    quorum: z.int().min(1).max(32),
    'max-age': z
      .string()
      .regex(/^[1-9]\d{0,3}d$/, 'is no number of days, such as 30d')
      .describe('How old a summary may be: 30d'),
    'any-of': z.array(verifier).min(1).max(32),
  })
  .refine(({ quorum, 'any-of': anyOf }) => quorum <= anyOf.length, {
    error: 'asks for more verifiers than are named',
    path: ['quorum'],
  })

const waivable = RULES.map(({ id }) => id).filter((id) => id !== 'waiver' && id !== 'policy-change')
const waiver = z.strictObject({
  match,
  rule: z.enum(waivable),
  reason: z.string().max(1000).optional().describe('Why; a waiver without a reason does not count'),
  owner: z.string().max(200).optional().describe('Who answers for it; a waiver without an owner does not count'),
  expires: date.describe('Last day on which it counts, UTC'),
  created: date.optional().describe('Day on which it was written; its length counts from here'),
})

const origin = httpsOrigin.optional()
const evidence = z
  .object(Object.fromEntries(Object.keys(EVIDENCE_ORIGINS).map((name) => [name, origin])))
  .catchall(httpsOrigin)
  .superRefine((value, context) => {
    const unknown = Object.keys(value).filter((key) => !(key in EVIDENCE_ORIGINS) && !/^oci:[a-z0-9.:-]+$/.test(key))
    if (unknown.length > 0) context.addIssue({ code: 'unrecognized_keys', keys: unknown, input: value })
  })

const input = z.strictObject({
  role: z.enum(['model', 'dataset', 'file']),
  ref: plainText.describe('hf://org/name@COMMIT, a path, or a URL'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is no SHA-256: 64 lower-case hex digits')
    .optional(),
  bytes: z.int().min(0).optional(),
  signature: path.optional().describe('Signature or bundle, where it is not beside it'),
})

/** The policy file (DESIGN §6). One schema for the parser and for editors. */
export const policySchema = z
  .strictObject({
    version: z.literal(1),
    profile: z.enum(PROFILES).optional().describe('Default: recommended'),
    extends: z
      .string()
      .superRefine((text, context) => {
        if (parseExtends(text) === undefined) {
          refuse(
            context,
            undefined,
            'is not OWNER/REPOSITORY//PATH@COMMIT',
            'A branch or tag can move: write the 40 hex digits of a commit.',
          )
        }
      })
      .optional()
      .describe('Central policy that this one may tighten'),
    trust: z
      .strictObject({
        roots: z.array(plainText).min(1).max(16).optional().describe('sigstore, github, or paths of trusted roots'),
        'npm-keys': path.optional(),
        'go-sumdb': plainText.optional(),
        'oss-rebuild': path.optional().describe('Key of the independent rebuilder, PEM'),
      })
      .optional(),
    evidence: evidence.optional().describe('Where evidence is asked when installs come from a mirror'),
    platforms: z
      .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'is no platform, such as linux-x64'))
      .max(32)
      .optional()
      .describe('Whose files are verified one by one; empty: all'),
    builders: z.array(builder).max(256).optional(),
    allow: z.array(allow).max(1000).optional(),
    require: z.array(require).max(1000).optional(),
    rules: rules.optional(),
    'accept-unsupported': z
      .array(z.enum([...DEPENDENCY_SOURCES, ...DEPENDENCY_KINDS]))
      .max(32)
      .optional(),
    inputs: z.array(input).max(1000).optional(),
    verifiers: verifiers.optional(),
    waivers: z.array(waiver).max(1000).optional(),
    'waiver-limits': z
      .strictObject({
        'max-days': z.int().min(1).max(366).optional(),
        approvers: z
          .union([approver, z.array(approver).min(1).max(64)])
          .optional()
          .describe('Who has to approve a new waiver: @login or @owner/team'),
        solo: z.boolean().optional(),
      })
      .optional(),
  })
  .describe('.github/cleanbill.yml: what may flow into a pipeline')

export type PolicyText = z.infer<typeof policySchema>

/** JSON Schema of the policy, for `schemas/policy-v1.schema.json`. */
export function policyJsonSchema(): unknown {
  return { $id: schemaUri('policy-v1'), ...z.toJSONSchema(policySchema, { io: 'input' }) }
}
