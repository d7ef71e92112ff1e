/**
 * Every rule that can object, in the order in which findings are shown. Ids are public: policies name them, findings
 * carry them, `docs/policy.md` has an anchor for each. `r` is the number in the museum's table of incidents.
 */
export const RULES = [
  { id: 'valid-evidence', r: undefined, about: 'evidence exists and was refused, or could not be asked for' },
  { id: 'missing-provenance', r: undefined, about: 'the policy asks for evidence that is not there' },
  { id: 'required-signer', r: undefined, about: 'a matching require entry names another source, signer or level' },
  { id: 'allowed', r: undefined, about: 'an allow entry restricts this kind, and this one is not on it' },
  { id: 'verifier-quorum', r: undefined, about: 'too few of the named verifiers vouch for it' },
  { id: 'locked', r: undefined, about: 'something is installed outside a lock, or a lock contradicts itself' },
  { id: 'readable', r: undefined, about: 'a dependency file could not be read' },
  { id: 'policy-change', r: undefined, about: 'a pull request loosens the policy or the trust lock that judge it' },
  { id: 'waiver', r: undefined, about: 'a waiver does not count' },
  { id: 'lock-matches-registry', r: 'R0', about: 'the registry vouches for other bytes than the lock names' },
  { id: 'no-downgrade', r: 'R1', about: 'earlier versions of this release line had stronger signed evidence' },
  { id: 'signer-continuity', r: 'R2', about: 'the signer is none of those in the trust lock' },
  { id: 'ref-allow-list', r: 'R3', about: 'the source ref or trigger is not an allowed one' },
  { id: 'reachable-commit', r: 'R4', about: 'the commit is on no branch that counts' },
  { id: 'reviewed-source', r: 'R5', about: 'nobody but the author approved the commit' },
  { id: 'run-outcome', r: 'R6', about: 'no successful step of the run covers the time of publishing' },
  { id: 'cooldown', r: 'R7', about: 'the version is younger than the policy allows' },
  { id: 'independent-rebuild', r: 'R8', about: 'a rebuild differs, or is missing where it is wanted' },
  { id: 'closed-world-dependencies', r: 'R9', about: 'a new dependency comes from outside the known registries' },
  { id: 'pinned-actions', r: 'R10', about: 'a node of the uses graph is not pinned to a commit' },
  { id: 'no-cache-restore', r: 'R11', about: 'a job that releases restores a cache' },
  { id: 'source-matches-archive', r: 'R12', about: 'the archive holds what its source does not' },
  { id: 'new-entry-points', r: 'R13', about: 'code that runs on installation is new' },
  { id: 'pinned-models', r: 'R14', about: 'a model or data set is not pinned, not signed, or runs code on loading' },
  { id: 'revoked', r: 'R15', about: 'an advisory or a signed revocation names this version' },
  { id: 'before-install', r: 'R16', about: 'something is installed before the gate, or past it' },
] as const

export type RuleId = (typeof RULES)[number]['id']
export const RULE_IDS: readonly RuleId[] = RULES.map(({ id }) => id)

export const PROFILES = ['baseline', 'recommended', 'strict'] as const
export type Profile = (typeof PROFILES)[number]

/** `unusual`: valid, unlike what this package did before, and no reason to fail on first sight. */
export const LEVELS = ['fail', 'warn', 'unusual', 'note'] as const
export type Level = (typeof LEVELS)[number]
