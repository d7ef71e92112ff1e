import type { GateMeta } from '../../src/model/gate-document.ts'
import { countEcosystems, type InitResult } from '../../src/model/init-document.ts'
import type { ExplainMeta, Explanation, PolicyTestCase } from '../../src/model/policy-documents.ts'
import {
  EVIDENCE_STATES,
  type EvidenceState,
  type EvidenceSummary,
  type Finding,
  type JudgedDependency,
  type Verdict,
} from '../../src/model/verdict.ts'

/** Verdicts as the gate gives them, for what renders them. */

export const META: GateMeta = {
  version: '0.2.0',
  policy: '.github/cleanbill.yml',
  lock: 'cleanbill.lock',
  requests: { npm: 214, github: 37, osv: 1 },
  durations: { discover: 120, fetch: 2900, verify: 700, evaluate: 30, total: 3812 },
}

const LIMITS = [
  {
    code: 'TOFU_FIRST_SEEN',
    message: '12 signers are accepted because they were seen first, not because anybody named them.',
  },
  {
    code: 'RUN_OUTCOME_EXPIRED',
    message: 'For 9 dependencies the platform no longer has the run that published them.',
  },
]

export const SIGNED: EvidenceSummary = {
  source: 'npm',
  predicateType: 'https://slsa.dev/provenance/v1',
  signer: 'https://github.com/axios/axios/.github/workflows/publish.yml@refs/tags/v1.14.0',
  repository: 'https://github.com/axios/axios',
  ref: 'refs/tags/v1.14.0',
  commit: 'ab'.repeat(20),
  run: 'https://github.com/axios/axios/actions/runs/1/attempts/1',
  domain: 'sigstore',
  payloadSha256: 'cd'.repeat(32),
}

interface Given {
  readonly name: string
  readonly version?: string
  readonly state?: EvidenceState
  readonly line?: number
  readonly reason?: string
  readonly more?: Partial<JudgedDependency>
}

export function judged({
  name,
  version = '1.0.0',
  state = 'registered',
  line = 7,
  reason,
  more,
}: Given): JudgedDependency {
  return {
    id: `pkg:npm/${name}@${version}`,
    name,
    version,
    kind: 'package',
    state,
    qualifiers: [],
    file: 'package-lock.json',
    line,
    scope: 'runtime',
    evidence: state === 'verified' ? [SIGNED] : [],
    reason:
      reason ?? (state === 'verified' ? `signed by ${SIGNED.signer}` : 'the npm registry vouches for sha512-9yQ…'),
    findings: [],
    ...more,
  }
}

/** A verdict whose counts and findings follow from its dependencies. */
export function verdictOf(
  dependencies: readonly JudgedDependency[],
  more: Partial<Verdict> & { readonly pipeline?: readonly Finding[] } = {},
): Verdict {
  const { pipeline = [], ...given } = more
  const findings = [...pipeline, ...dependencies.flatMap((one) => one.findings)]
  const counts = Object.fromEntries(
    EVIDENCE_STATES.map((state) => [state, dependencies.filter((one) => one.state === state).length]),
  ) as Record<EvidenceState, number>
  return {
    result: findings.some(({ level }) => level === 'fail') ? 'FAILED' : 'PASSED',
    profile: 'recommended',
    counts,
    total: dependencies.length,
    judged: 'all',
    dependencies,
    findings,
    limits: LIMITS,
    ...given,
  }
}

type Objection = Omit<Finding, 'dependency' | 'file' | 'line'>

function objected(given: Given, ...objections: readonly Objection[]): JudgedDependency {
  const one = judged(given)
  const findings = objections.map((each) => ({ ...each, dependency: one.id, file: one.file, line: one.line }))
  return { ...one, findings: [...one.findings, ...findings] }
}

const young = (name: string, version: string): Objection => ({
  rule: 'cooldown',
  level: 'warn',
  outcome: 'fire',
  code: 'TOO_YOUNG',
  message: `${name} ${version} was published 14 hours ago; the policy asks for 3 days`,
})

/** Day one of a project: everything was judged, nothing fails. */
export const PASSED = verdictOf([
  ...Array.from({ length: 26 }, (_, n) => judged({ name: `signed-${n}`, state: 'verified', line: 20 + n })),
  ...Array.from({ length: 180 }, (_, n) => judged({ name: `plain-${n}`, line: 100 + n })),
  ...Array.from({ length: 4 }, (_, n) =>
    judged({ name: `local-${n}`, state: 'unsupported', reason: 'a member of this workspace', line: 400 + n }),
  ),
  ...['left-pad', 'chalk', 'debug', 'ms'].map((name, n) =>
    objected({ name, version: '5.6.2', line: 500 + n, more: { qualifiers: ['new'] } }, young(name, '5.6.2')),
  ),
])

/** A pull request that brings in what real attacks brought in. */
export const FAILED = verdictOf(
  [
    objected(
      {
        name: 'axios',
        version: '1.14.1',
        state: 'lost',
        line: 812,
        reason: 'version 1.14.0 was signed, this one is not',
      },
      {
        rule: 'no-downgrade',
        level: 'fail',
        outcome: 'fire',
        code: 'ATTESTATION_LOST',
        message: 'axios 1.14.0 had build provenance; 1.14.1 has no attestation at all',
        hint: 'Stay on 1.14.0 until its maintainers explain. Versions that were published past their build look like this.',
      },
    ),
    objected(
      {
        name: '@tanstack/history',
        version: '1.161.9',
        state: 'changed',
        line: 2210,
        reason: 'another signer than the trust lock names',
      },
      {
        rule: 'signer-continuity',
        level: 'fail',
        outcome: 'fire',
        code: 'SIGNER_CHANGED',
        message: 'signed by TanStack/router/.github/workflows/bundle-size.yml; the trust lock accepts release.yml',
        hint: 'If the maintainers moved their release, run cleanbill gate --update-lock and have the change reviewed.',
      },
      {
        rule: 'run-outcome',
        level: 'warn',
        outcome: 'unknown',
        code: 'RUN_IN_PROGRESS',
        message: 'the run that published it has not ended; it is asked again in the next run',
      },
    ),
    objected(
      {
        name: 'lodash',
        version: '4.17.21',
        state: 'invalid',
        line: 1500,
        reason: 'the registry vouches for other bytes',
      },
      {
        rule: 'lock-matches-registry',
        level: 'fail',
        outcome: 'fire',
        code: 'REGISTRY_DIGEST_MISMATCH',
        message: 'the lockfile says sha512-AAAA…, the npm registry vouches for sha512-v2kD…',
        hint: 'Somebody changed the lockfile: restore this entry from the registry.',
      },
    ),
    judged({ name: 'zod', version: '4.6.7', state: 'verified', line: 3000 }),
    judged({ name: 'ms', version: '2.1.3', line: 1700 }),
    objected({ name: 'chalk', version: '5.6.2', line: 900, more: { qualifiers: ['new'] } }, young('chalk', '5.6.2')),
    objected(
      {
        name: 'old-pad',
        version: '1.3.0',
        state: 'waived',
        line: 950,
        reason: 'waived until 2027-01-31 by platform: released before provenance',
      },
      {
        rule: 'missing-provenance',
        level: 'note',
        outcome: 'fire',
        code: 'ATTESTATION_ABSENT',
        message: 'the policy asks for provenance, and there is none',
        waiver: { reason: 'released before provenance', owner: 'platform', expires: '2027-01-31', line: 31 },
      },
    ),
  ],
  {
    judged: { base: 'origin/main', changed: 7, found: 1204 },
    pipeline: [8, 19, 40, 77].map((line) => ({
      rule: 'pinned-actions',
      level: 'warn',
      outcome: 'fire',
      code: 'UNPINNED_ACTION',
      message: 'actions/checkout@v4 is a tag, which can be moved to other code',
      hint: 'Pin it to the commit of the tag and keep the version as a comment.',
      file: '.github/workflows/ci.yml',
      line,
    })),
  },
)

/** A pull request that touches no dependency. */
export const UNCHANGED = verdictOf([], { judged: { base: 'origin/main', changed: 0, found: 1204 }, limits: [] })

/** What a name, a message or a path may hold when somebody means harm. */
export const EVIL =
  '\u001b[2J\u001b]8;;https://evil\u0007x\u001b]8;;\u0007<img src=x onerror=alert(1)>|@team ![a](https://evil) [b](javascript:c) `d` www.evil.example model\u202enib\u2066\n::error::pwned\r\n::add-mask::x ##[add-path]/e </details> --> \ud800 C:\\x, 100%'

/** Every string of it that comes from outside is {@link EVIL}, `size` times. */
export function hostile(size: number): Verdict {
  const dependencies = Array.from({ length: size }, (_, n): JudgedDependency => {
    const id = `pkg:npm/${n}${EVIL}`
    const finding: Finding = {
      rule: 'signer-continuity',
      level: 'fail',
      outcome: 'fire',
      code: 'SIGNER_CHANGED',
      message: `${n}${EVIL}`,
      hint: `${n % 2}${EVIL}`,
      dependency: id,
      file: `${EVIL}/package-lock.json`,
      line: n + 1,
    }
    const evidence = {
      ...SIGNED,
      source: EVIL,
      predicateType: EVIL,
      signer: EVIL,
      repository: EVIL,
      ref: EVIL,
      commit: EVIL,
      run: EVIL,
    }
    return {
      id,
      name: `${n}${EVIL}`,
      version: EVIL,
      kind: 'package',
      state: 'changed',
      qualifiers: ['new', 'unusual'],
      file: `${EVIL}/package-lock.json`,
      line: n + 1,
      scope: 'runtime',
      evidence: [evidence],
      reason: EVIL,
      findings: [
        finding,
        { ...finding, level: 'warn' },
        { ...finding, level: 'note', waiver: { reason: EVIL, owner: EVIL, expires: EVIL, file: EVIL, line: 1 } },
      ],
    }
  })
  return verdictOf(dependencies, {
    judged: { base: EVIL, changed: size, found: size },
    limits: [{ code: EVIL, message: EVIL }],
  })
}

export const HOSTILE_META: GateMeta = {
  version: EVIL,
  policy: EVIL,
  lock: EVIL,
  requests: { [EVIL]: 1 },
  durations: { [EVIL]: 1, total: 2 },
}

/** What `init` found on day one. */
export const INIT: InitResult = {
  policy: { path: '.github/cleanbill.yml', written: true },
  lock: { path: 'cleanbill.lock', written: true, entries: 26, signers: 27 },
  counts: PASSED.counts,
  total: PASSED.total,
  ecosystems: countEcosystems(PASSED),
  findings: PASSED.findings,
  limits: LIMITS,
}

export const EXPLAIN_META: ExplainMeta = { policy: '.github/cleanbill.yml', profile: 'recommended' }

const SECOND = FAILED.dependencies[1] ?? judged({ name: 'none' })

/** Why the second dependency of {@link FAILED} fails. */
export const EXPLANATION: Explanation = {
  id: SECOND.id,
  file: SECOND.file,
  line: SECOND.line,
  state: SECOND.state,
  reason: SECOND.reason,
  evidence: [SIGNED],
  entries: [
    {
      kind: 'require',
      file: '.github/cleanbill.yml',
      line: 12,
      says: 'asks for the usual evidence, from the repository TanStack/*',
    },
    {
      kind: 'lock',
      file: 'cleanbill.lock',
      line: 44,
      says: '1.x: accepts TanStack/router/.github/workflows/release.yml',
    },
  ],
  rules: [
    { rule: 'lock-matches-registry', level: 'fail', because: 'profile recommended' },
    { rule: 'signer-continuity', level: 'fail', because: 'profile recommended' },
    { rule: 'cooldown', level: 'warn', because: 'set by the policy' },
    { rule: 'reviewed-source', level: 'off', because: 'profile recommended' },
  ],
  findings: SECOND.findings,
}

export const TEST_CASES: readonly PolicyTestCase[] = [
  { name: 'our own packages need our builder', file: 'policy-tests/own.yml', line: 3, passed: true, differences: [] },
  {
    name: 'a fork is refused',
    file: 'policy-tests/own.yml',
    line: 11,
    passed: false,
    differences: ['verdict: expected FAILED, got PASSED', 'rules: expected required-signer, got none'],
  },
]
