import { EVIDENCE_ORIGINS, type Policy } from '../model/policy.ts'
import { RULES } from '../model/rules.ts'
import { LEVEL_TABLE } from './levels.ts'

/**
 * The file that `init` writes: what was decided, and the rest as comments, so that it can be read without the manual.
 * Holds profile, platforms, origins, rule levels and what is accepted as unsupported; entries are people's to write.
 */
export function formatPolicy(
  policy: Pick<Policy, 'profile' | 'platforms' | 'evidence' | 'acceptUnsupported' | 'rules'>,
): string {
  const { profile, platforms, evidence, acceptUnsupported, rules } = policy
  const origins = Object.entries(evidence)
  const levels = RULES.flatMap(({ id }) => (rules[id]?.level === undefined ? [] : [`  ${id}: ${rules[id].level}`]))
  const usual = RULES.map(
    ({ id, about }) => `#   ${id}: ${LEVEL_TABLE[id].fire[profile === 'strict' ? 1 : 0]}  # ${about}`,
  )
  return `${[
    '# What may flow into this pipeline. Every key is explained in docs/policy.md; unknown keys are errors.',
    'version: 1',
    '',
    '# baseline: report only · recommended: fail on changes for the worse · strict: fail on anything unproven',
    `profile: ${profile}`,
    '',
    '# Whose wheels and binaries are verified one by one; those of other platforms are fixed by digest and counted.',
    `platforms: [${platforms.join(', ')}]`,
    '',
    '# Where evidence is asked when installs come from a mirror. Default: the public registries.',
    ...(origins.length === 0
      ? ['# evidence:', `#   npm: ${EVIDENCE_ORIGINS.npm}`]
      : ['evidence:', ...origins.map(([name, url]) => `  ${JSON.stringify(name)}: ${JSON.stringify(url)}`)]),
    '',
    '# Entries that nothing can vouch for, and that strict lets pass all the same.',
    acceptUnsupported.length === 0
      ? '# accept-unsupported: [workspace]'
      : `accept-unsupported: [${acceptUnsupported.join(', ')}]`,
    '',
    '# Who has to have built what. Every entry that matches applies.',
    '# require:',
    '#   - match: { purl: "pkg:npm/@acme/**" }',
    '#     source: { repository: "acme/*" }',
    '#     signer: { workflow: "acme/builders/.github/workflows/npm.yml", ref: "refs/tags/v*" }',
    '',
    `# Levels of the rules under ${profile}. Set one to fail, warn or off to change it.`,
    ...(levels.length === 0 ? ['# rules:'] : ['rules:', ...levels]),
    ...usual,
    '',
    '# An exception has a reason, an owner and an end; after that it fails.',
    '# waivers:',
    '#   - match: { purl: "pkg:npm/left-pad@1.3.0" }',
    '#     rule: missing-provenance',
    '#     reason: released before provenance',
    '#     owner: platform',
    '#     expires: 2027-01-31',
  ].join('\n')}\n`
}
