import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  breakAttestation,
  dropAttestation,
  resign,
  withPackage,
  withRepository,
} from '../../../src/embedded/world/change.ts'
import type { WorldAttestation, WorldDescription, WorldFault } from '../../../src/embedded/world/description.ts'
import { PROFILES, type Profile } from '../../../src/model/rules.ts'
import { DEPENDENCIES, type GateProject, LOCK, openGateProject, withoutLockEntry } from '../../support/gate-project.ts'

let project: GateProject
let lock: string

beforeAll(async () => {
  project = await openGateProject()
  await project.init()
  lock = project.read(LOCK)
})
afterAll(() => project.close())
beforeEach(() => {
  project.restore()
  project.write(LOCK, lock)
  project.world.setDescription(project.good)
  project.world.setFaults([])
})

/** One thing that is otherwise than in the good world; of a project where all else stays as it is. */
type Turn = (project: GateProject) => void

const world =
  (change: (good: WorldDescription) => WorldDescription): Turn =>
  ({ world: { setDescription }, good }) =>
    setDescription(change(good))
const answering =
  (status: number, ...paths: readonly string[]): Turn =>
  ({ world: { setFaults } }) =>
    setFaults(paths.map((match): WorldFault => ({ match, kind: 'status', status })))
const both =
  (...turns: readonly Turn[]): Turn =>
  (given) => {
    for (const turn of turns) turn(given)
  }
/** Nobody has seen it before: then nothing is expected of it. */
const unknownToLock =
  (name: string): Turn =>
  ({ edit }) =>
    edit(LOCK, (text) => withoutLockEntry(text, name))

const without = (name: string) =>
  world((good) => ({ ...good, packages: good.packages.filter((pack) => pack.name !== name) }))
const unattested = (name: string) => world((good) => dropAttestation(good, { name }))
const stolen = (name: string) =>
  world((good) => resign(good, { name }, { repository: 'mallory/fork', ref: 'refs/tags/v1' }))
const broken = (name: string, how: NonNullable<WorldAttestation['broken']>) =>
  world((good) => breakAttestation(good, { name }, how))
const image = (attestation: WorldAttestation | undefined) =>
  world(({ images = [], ...good }) => ({
    ...good,
    images: images.map(({ attestation: _, ...one }) => ({ ...one, ...(attestation && { attestation }) })),
  }))
const model = (signed: WorldAttestation | undefined) =>
  world(({ models = [], ...good }) => ({
    ...good,
    models: models.map(({ signed: _, ...one }) => ({ ...one, ...(signed && { signed }) })),
  }))

/** Where each is asked for attestations, and where for the registry's own word. */
const EVIDENCE: Readonly<Record<string, readonly string[]>> = {
  tool: ['npm /-/npm/v1/attestations/tool'],
  numlib: ['pypi /integrity/numlib/'],
  rubylib: ['rubygems /api/v1/attestations/rubylib-'],
  rsdata: ['github /orgs/acme/attestations/', 'github /repos/acme/rsdata/'],
  'actions/checkout': ['github /repos/actions/checkout/attestations/'],
  'ghcr.io/acme/base': ['oci:ghcr.io /v2/acme/base/referrers/'],
  'acme/bert': ['huggingface /api/models/acme/bert/'],
}
const RECORD: Readonly<Record<string, string>> = {
  plain: 'npm /plain/',
  plainpy: 'pypi /simple/plainpy/',
  rsplain: 'cargo /rs/pl/rsplain',
  'example.com/mod': 'go /lookup/example.com/mod',
  rubyplain: 'rubygems /info/rubyplain',
}

interface Case {
  readonly name: string
  /** What happened to it, in words, where the state does not say it. */
  readonly when?: string
  readonly turn: Turn
  readonly state: string
  readonly code: string
  /** Does `recommended` fail too? */
  readonly fails: boolean
}

const attested = Object.entries(EVIDENCE)
const CASES: readonly Case[] = [
  // Lost: what was attested is not any more.
  ...['tool', 'numlib', 'rubylib', 'rsdata'].map((name) => lost(name, unattested(name))),
  lost('ghcr.io/acme/base', image(undefined)),
  lost('acme/bert', model(undefined)),
  lost(
    'actions/checkout',
    world((good) =>
      withRepository(good, 'actions/checkout', (one) => ({ ...one, releases: [{ tag: 'v4.2.1', immutable: false }] })),
    ),
  ),
  // Changed: attested by somebody else.
  ...['@acme/ui', 'numlib', 'rubylib'].map((name) => changed(name, stolen(name))),
  changed('ghcr.io/acme/base', image({ repository: 'mallory/base' })),
  changed('acme/bert', model({ repository: 'mallory/bert' })),
  // Invalid: attested, and the attestation does not hold.
  invalid('tool', 'signature', 'SIGNATURE_INVALID'),
  invalid('tool', 'digest', 'SUBJECT_MISMATCH'),
  invalid('tool', 'name', 'SUBJECT_NAME_MISMATCH'),
  invalid('tool', 'claims', 'CLAIM_CONFLICT'),
  invalid('tool', 'no-publish', 'PUBLISH_ATTESTATION_MISSING'),
  invalid('tool', 'malformed', 'BUNDLE_MALFORMED'),
  invalid('numlib', 'digest', 'SUBJECT_MISMATCH'),
  invalid('numlib', 'name', 'SUBJECT_NAME_MISMATCH'),
  invalid('rubylib', 'signature', 'SIGNATURE_INVALID'),
  invalid('rsdata', 'signature', 'SIGNATURE_INVALID'),
  {
    name: 'ghcr.io/acme/base',
    turn: image({ repository: 'acme/base', broken: 'signature' }),
    ...INVALID('SIGNATURE_INVALID'),
  },
  { name: 'acme/bert', turn: model({ repository: 'acme/bert', broken: 'signature' }), ...INVALID('SIGNATURE_INVALID') },
  // Unreachable: evidence was expected, and its source does not answer.
  ...attested.map(
    ([name, paths]): Case => ({
      ...{ name, turn: answering(503, ...paths), state: 'unreachable', code: 'SOURCE_UNREACHABLE', fails: true },
    }),
  ),
  ...Object.entries(RECORD).map(
    ([name, path]): Case => ({
      ...{ name, turn: answering(503, path), state: 'unreachable', code: 'SOURCE_UNREACHABLE', fails: true },
    }),
  ),
  // Nobody has seen these before, so nothing was expected.
  ...Object.entries(RECORD).map(
    ([name, path]): Case => ({
      ...{ name, when: 'never seen before', turn: both(unknownToLock(name), answering(503, path)) },
      ...{ state: 'unreachable', code: 'SOURCE_UNREACHABLE', fails: false },
    }),
  ),
  // Unreadable: it may be there, and this token may not see it.
  ...attested
    .filter(([name]) => name !== 'rsdata')
    .map(
      ([name, paths]): Case => ({
        ...{ name, turn: answering(401, ...paths), state: 'unreadable', code: 'EVIDENCE_UNREADABLE', fails: false },
      }),
    ),
  {
    ...{ name: 'rsdata', when: 'required, in a private repository', state: 'unreadable', code: 'EVIDENCE_UNREADABLE' },
    turn: world((good) => withRepository(good, 'acme/rsdata', (one) => ({ ...one, visibility: 'private' }))),
    fails: true,
  },
  // Absent: no attestation, and no registry that vouches.
  ...['plain', 'plainpy', 'rsplain', 'rubyplain'].map(
    (name): Case => ({
      ...{ name, when: 'never seen before', turn: both(unknownToLock(name), without(name)) },
      ...{ state: 'absent', code: 'ATTESTATION_ABSENT', fails: false },
    }),
  ),
  {
    ...{ name: 'plain', when: 'vouched for before', turn: without('plain') },
    ...{ state: 'absent', code: 'REGISTRY_NOT_VOUCHED', fails: false },
  },
  {
    ...{
      name: 'rsdata',
      when: 'required and never seen before',
      state: 'registered',
      code: 'ATTESTATION_ABSENT',
      fails: true,
    },
    turn: both(unknownToLock('rsdata'), unattested('rsdata')),
  },
  {
    ...{
      name: 'tool',
      when: 'pulled out of the registry',
      turn: world((good) => withPackage(good, { name: 'tool' }, (pack) => ({ ...pack, yanked: true }))),
    },
    ...{ state: 'lost', code: 'ATTESTATION_LOST', fails: true },
  },
]

function lost(name: string, turn: Turn): Case {
  return { name, turn, state: 'lost', code: 'ATTESTATION_LOST', fails: true }
}

function changed(name: string, turn: Turn): Case {
  return { name, turn, state: 'changed', code: 'SIGNER_CHANGED', fails: true }
}

function INVALID(code: string) {
  return { state: 'invalid', code, fails: true }
}

function invalid(name: string, how: NonNullable<WorldAttestation['broken']>, code: string): Case {
  return { name, when: how, turn: broken(name, how), ...INVALID(code) }
}

describe('a project in good order', () => {
  it('passes under every profile, with each dependency in its state', async () => {
    const runs = await Promise.all(PROFILES.map((profile) => project.gate({ profile })))
    const states = Object.fromEntries([
      ...DEPENDENCIES.verified.map((name) => [name, 'verified']),
      ...DEPENDENCIES.registered.map((name) => [name, 'registered']),
    ])
    for (const run of runs) {
      expect(run.verdict.result).toBe('PASSED')
      expect(run.states).toStrictEqual(states)
      expect(run.verdict.findings.filter(({ level }) => level === 'fail' || level === 'warn')).toStrictEqual([])
    }
  })
})

describe('one dependency at a time', () => {
  let good: Readonly<Record<string, string>>
  beforeAll(async () => {
    good = (await project.gate()).states
  })

  it.each(CASES.map((one) => [`${one.name} ${one.state}`, one.when ?? one.code, one] as const))(
    '%s (%s)',
    async (_title, _when, one) => {
      one.turn(project)
      const runs = await Promise.all(
        PROFILES.map(async (profile) => [profile, await project.gate({ profile })] as const),
      )
      for (const [profile, run] of runs) {
        expect(run.states, profile).toStrictEqual({ ...good, [one.name]: one.state })
        const { findings } = run.of(one.name)
        expect(
          findings.map(({ code }) => code),
          profile,
        ).toContain(one.code)
        const total = Object.values(run.verdict.counts).reduce((sum, count) => sum + count, 0)
        expect([total, run.verdict.total]).toStrictEqual([
          run.verdict.dependencies.length,
          run.verdict.dependencies.length,
        ])
        const fails = { baseline: false, recommended: one.fails, strict: true }[profile satisfies Profile]
        expect(run.verdict.result, profile).toBe(fails ? 'FAILED' : 'PASSED')
        // Nothing else is to blame.
        expect(
          run.fails.filter((fail) => !fail.endsWith(` ${one.name}`)),
          profile,
        ).toStrictEqual([])
        if (fails)
          expect(
            findings.filter(({ level }) => level === 'fail').map(({ code }) => code),
            profile,
          ).toContain(one.code)
      }
    },
  )
})
