import { breakAttestation, dropAttestation, withPackage } from '../../../src/embedded/world/change.ts'
import type { WorldAttestation, WorldDescription } from '../../../src/embedded/world/description.ts'

/** What the gate is asked about: a world, and the files of the project. */
export interface Given {
  readonly world: WorldDescription
  readonly files: Readonly<Record<string, string>>
}
export type Turn = (given: Given) => Given

export const inWorld =
  (change: (world: WorldDescription) => WorldDescription): Turn =>
  ({ world, files }) => ({ world: change(world), files })
export const inFile =
  (name: string, change: (text: string) => string): Turn =>
  ({ world, files }) => ({ world, files: { ...files, [name]: change(files[name] ?? '') } })

/** The attestation of a package: signed anew, by whoever the fields say. */
export const signed = (name: string, fields: Partial<WorldAttestation>) =>
  inWorld((world) =>
    withPackage(world, { name }, (pack) =>
      pack.attestation === undefined ? pack : { ...pack, attestation: { ...pack.attestation, ...fields } },
    ),
  )

export interface Attack {
  readonly title: string
  readonly name: string
  readonly code: string
  readonly turn: Turn
  /** Fields of the attestation that make it one: an attacker who changes these back has given up. */
  readonly keep?: readonly (keyof WorldAttestation)[]
}

const ORPHAN = 'dead'.repeat(10)

/** Gates that fail, each for another reason; under `recommended`, of a project that has seen all of it before. */
export const ATTACKS: readonly Attack[] = [
  {
    ...{ title: 'another repository signed', name: '@acme/ui', code: 'SIGNER_CHANGED' },
    turn: signed('@acme/ui', { repository: 'mallory/fork', ref: 'refs/tags/v1' }),
    keep: ['repository'],
  },
  {
    ...{ title: 'the attestation is gone', name: 'tool', code: 'ATTESTATION_LOST' },
    turn: inWorld((world) => dropAttestation(world, { name: 'tool' })),
  },
  {
    ...{ title: 'the statement is about other bytes', name: 'numlib', code: 'SUBJECT_MISMATCH' },
    turn: inWorld((world) => breakAttestation(world, { name: 'numlib' }, 'digest')),
    keep: ['broken'],
  },
  {
    ...{ title: 'the signature does not hold', name: 'rubylib', code: 'SIGNATURE_INVALID' },
    turn: inWorld((world) => breakAttestation(world, { name: 'rubylib' }, 'signature')),
    keep: ['broken'],
  },
  {
    ...{ title: 'the lock names other bytes than the registry', name: 'plain', code: 'REGISTRY_DIGEST_MISMATCH' },
    turn: inFile('package-lock.json', (text) => withIntegrity(text, 'plain')),
  },
  {
    ...{ title: 'a throw-away branch signed', name: 'tool', code: 'REF_DENIED' },
    turn: signed('tool', { ref: 'refs/heads/snapshot-a1b2c3d4' }),
    keep: ['ref', 'commit', 'repository'],
  },
  {
    ...{ title: 'a pull request from outside triggered it', name: 'numlib', code: 'TRIGGER_DENIED' },
    turn: signed('numlib', { trigger: 'pull_request_target' }),
    keep: ['trigger', 'repository'],
  },
  {
    ...{ title: 'the commit is on no branch', name: '@acme/ui', code: 'COMMIT_UNREACHABLE' },
    turn: signed('@acme/ui', { commit: ORPHAN }),
    keep: ['commit', 'repository', 'ref'],
  },
  {
    ...{ title: 'it is known to be malware', name: 'plain', code: 'REVOKED' },
    turn: inWorld((world) => ({
      ...world,
      advisories: [{ id: 'MAL-2026-7', ecosystem: 'npm', name: 'plain', versions: ['1.0.0'], summary: 'steals' }],
    })),
  },
]

function withIntegrity(text: string, name: string): string {
  const other = `sha512-${Buffer.alloc(64, 7).toString('base64')}`
  return withNpmEntry(text, name, (entry) => ({ ...entry, integrity: other }))
}

export function withNpmEntry(text: string, name: string, change: (entry: object) => object): string {
  const value = JSON.parse(text) as { packages: Record<string, object> }
  const at = `node_modules/${name}`
  const entry = value.packages[at]
  if (entry === undefined) return text
  return `${JSON.stringify({ ...value, packages: { ...value.packages, [at]: change(entry) } }, null, 2)}\n`
}
