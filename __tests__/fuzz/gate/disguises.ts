import fc from 'fast-check'
import { withPackage } from '../../../src/embedded/world/change.ts'
import type { WorldAttestation, WorldPackage } from '../../../src/embedded/world/description.ts'
import { LOCK, POLICY, withoutLockEntry } from '../../support/gate-project.ts'
import { changes } from '../engine/inputs.ts'
import { mutateText } from '../engine/mutate.ts'
import { type Attack, inFile, inWorld, signed, type Turn, withNpmEntry } from './attacks.ts'

/** Another look of the same attack: what whoever made it may change, and what others change in the same project. */
export type Disguise = (attack: Attack) => Turn
const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const repeated = fc.integer({ min: 1, max: 3 })

/** The attacker signs anew; what makes it an attack stays. */
const resigned: fc.Arbitrary<Disguise> = fc
  .record(
    {
      repository: pick(['mallory/fork', 'mallory/ui', 'acme-ui/ui']),
      ref: pick(['refs/heads/main', 'refs/tags/v2.0.1', 'refs/heads/release', 'refs/pull/7/merge', 'refs/tags/v0.0.1']),
      workflow: pick(['.github/workflows/publish.yml', '.github/workflows/../workflows/release.yml', 'release.yml']),
      signerRepository: pick(['mallory/builders', 'acme/builders']),
      trigger: pick(['push', 'release', 'workflow_dispatch', 'schedule', 'issue_comment']),
      runner: pick<string | null>(['self-hosted', 'github-hosted', null]),
      environment: pick(['release', 'pypi']),
      predicateType: pick(['https://slsa.dev/provenance/v0.2', 'https://example.com/else']),
      signedAt: pick(['2026-11-22T11:00:00Z', '2026-09-23T12:00:00Z']),
      broken: pick<NonNullable<WorldAttestation['broken']>>(['name', 'claims', 'no-publish', 'digest']),
    },
    { requiredKeys: [] },
  )
  .map(
    (fields): Disguise =>
      ({ name, keep = [] }) => {
        const changed = Object.entries(fields).filter(([field]) => !keep.some((kept) => kept === field))
        return signed(name, Object.fromEntries(changed))
      },
  )

/** Other subjects: a second file, another archive, metadata that names the real repository. */
const repackaged: fc.Arbitrary<Disguise> = fc
  .record(
    {
      repository: pick(['acme/tool', 'acme/ui', 'mallory/fork']),
      publisher: pick(['acme', 'mallory']),
      scripts: fc.constant({ postinstall: 'node x.js' }),
      dependencies: fc.constant({ plain: '^1.0.0' }),
      yanked: fc.boolean(),
      onGithub: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .map(
    (fields): Disguise =>
      ({ name }) =>
        inWorld((world) => withPackage(world, { name }, (pack): WorldPackage => ({ ...pack, ...fields }))),
  )

/** The lock of the package manager: what it says of an entry, and where. */
const relocked: fc.Arbitrary<Disguise> = fc.oneof(
  fc
    .record(
      {
        dev: fc.boolean(),
        optional: fc.boolean(),
        peer: fc.boolean(),
        hasInstallScript: fc.boolean(),
        license: fc.string(),
        resolved: pick(['https://registry.npmjs.org/x.tgz', 'https://mallory.example/x.tgz']),
      },
      { requiredKeys: [] },
    )
    .map(
      (fields): Disguise =>
        ({ name }) =>
          inFile('package-lock.json', (text) => withNpmEntry(text, name, (entry) => ({ ...entry, ...fields }))),
    ),
  repeated.map(
    (count): Disguise =>
      () =>
        inFile('uv.lock', (text) => `${text}${'\n# x'.repeat(count)}\n`),
  ),
)

/** Of the trust lock whole entries, of others: its own is in the list of what should pass. */
const relearned: fc.Arbitrary<Disguise> = fc
  .record({
    others: fc.subarray(['plain', 'checker', 'tool', '@acme/ui', 'rubylib', 'rsdata', 'acme/bert']),
    doubled: fc.boolean(),
  })
  .map(
    ({ others, doubled }): Disguise =>
      ({ name }) =>
        inFile(LOCK, (text) => {
          const left = others.filter((other) => other !== name).reduce(withoutLockEntry, text)
          return doubled ? left.replace(/^( {2}- (?:.|\n(?! {2}- ))*\n)/m, '$1$1') : left
        }),
  )

const WAIVED_RULES = ['signer-continuity', 'ref-allow-list', 'no-downgrade', 'lock-matches-registry', 'valid-evidence']

/** Lines of a policy that allow something, and never this. */
export const POLICY_LINES: readonly ((attack: Attack) => string)[] = [
  () => 'builders:\n  - { signer: "mallory/fork/.github/workflows/release.yml", level: 3 }\n',
  () => 'accept-unsupported: [workspace, link, git, url]\n',
  () => 'rules:\n  cooldown: off\n  reviewed-source: off\n',
  () => 'rules:\n  signer-continuity: fail\n  no-downgrade: { level: fail, ignore-older-than: 2020-01-01 }\n',
  () => 'waiver-limits: { max-days: 365, solo: true }\n',
  () => 'allow:\n  - { kind: package, purl: "pkg:**" }\n',
  // Waivers of another dependency, of the same for another reason, for too long, and over already.
  () => waiverOf('pkg:npm/checker@3.1.0', 'signer-continuity', '2026-12-01'),
  ({ name }) => waiverOf(purlOf(name), 'cooldown', '2026-12-01'),
  ({ name }) =>
    WAIVED_RULES.map((rule) => waiverLine(purlOf(name), rule, '2029-01-01'))
      .join('')
      .replace(/^/, 'waivers:\n'),
  ({ name }) =>
    WAIVED_RULES.map((rule) => waiverLine(purlOf(name), rule, '2026-11-21'))
      .join('')
      .replace(/^/, 'waivers:\n'),
  ({ name }) =>
    WAIVED_RULES.map((rule) => waiverLine(`${purlOf(name)}9`, rule, '2026-12-01'))
      .join('')
      .replace(/^/, 'waivers:\n'),
]

const ECOSYSTEM: Readonly<Record<string, string>> = { numlib: 'pypi', rubylib: 'gem' }
const VERSION: Readonly<Record<string, string>> = { numlib: '1.4.0', rubylib: '1.1.0', tool: '1.2.0', plain: '1.0.0' }
const purlOf = (name: string) =>
  `pkg:${ECOSYSTEM[name] ?? 'npm'}/${name.replace('@', '%40')}@${VERSION[name] ?? '2.0.1'}`
const waiverLine = (purl: string, rule: string, expires: string) =>
  `  - { match: { purl: "${purl}" }, rule: ${rule}, reason: "known", owner: platform, expires: ${expires} }\n`
export const waiverOf = (...parts: Parameters<typeof waiverLine>) => `waivers:\n${waiverLine(...parts)}`

const repolicied: fc.Arbitrary<Disguise> = fc.oneof(
  fc.nat(POLICY_LINES.length - 1).map(
    (at): Disguise =>
      (attack) =>
        inFile(POLICY, (text) => `${text}${POLICY_LINES[at]?.(attack) ?? ''}`),
  ),
  pick(['strict', 'recommended']).map(
    (profile): Disguise =>
      () =>
        inFile(POLICY, (text) => text.replace('profile: recommended', `profile: ${profile}`)),
  ),
  fc.constant<Disguise>(() => inFile(POLICY, (text) => text.replace('[linux-x64]', '[]'))),
)

/** Any change of the policy's text. What cannot be read is an error, and one that passes is one that the list below explains. */
const scribbled: fc.Arbitrary<Disguise> = changes.map(
  (list): Disguise =>
    () =>
      inFile(POLICY, (text) => mutateText(text, list)),
)

export const disguise = fc.oneof(
  { weight: 5, arbitrary: resigned },
  { weight: 2, arbitrary: repackaged },
  { weight: 2, arbitrary: relocked },
  { weight: 3, arbitrary: relearned },
  { weight: 4, arbitrary: repolicied },
  { weight: 2, arbitrary: scribbled },
)
