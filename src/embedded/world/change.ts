import { CleanbillError } from '../../model/error.ts'
import type {
  WorldAttestation,
  WorldDescription,
  WorldEcosystem,
  WorldFile,
  WorldPackage,
  WorldRepository,
  WorldRun,
} from './description.ts'
import { lower } from './repositories.ts'

/** One or several versions of a package: of every ecosystem and all versions, unless said. */
export interface PackageSelector {
  readonly name: string
  readonly ecosystem?: WorldEcosystem
  readonly version?: string
}

export type Change<T> = (value: T) => T

/**
 * A world in which the selected packages are otherwise. The others are the same objects, so that what was signed for
 * them stays signed.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID` when nothing is selected: a story that changes nothing is a mistake
 */
export function withPackage(
  description: WorldDescription,
  { name, ecosystem, version }: PackageSelector,
  change: Change<WorldPackage>,
): WorldDescription {
  const isMeant = (pack: WorldPackage) =>
    pack.name === name &&
    (ecosystem === undefined || pack.ecosystem === ecosystem) &&
    (version === undefined || pack.version === version)
  if (!description.packages.some(isMeant)) throw unknown(`package ${name}${version === undefined ? '' : `@${version}`}`)
  return { ...description, packages: description.packages.map((pack) => (isMeant(pack) ? change(pack) : pack)) }
}

/** The selected versions exist and nothing vouches for where they came from. */
export function dropAttestation(description: WorldDescription, selector: PackageSelector): WorldDescription {
  return withPackage(description, selector, (pack) => withAttestation(pack, undefined))
}

/** The selected versions are signed by somebody else; `as` says who, with the defaults of a new attestation. */
export function resign(
  description: WorldDescription,
  selector: PackageSelector,
  as: WorldAttestation,
): WorldDescription {
  return withPackage(description, selector, (pack) => withAttestation(pack, as))
}

/** @throws {CleanbillError} `ARGUMENT_INVALID` for a package without an attestation */
export function breakAttestation(
  description: WorldDescription,
  selector: PackageSelector,
  broken: NonNullable<WorldAttestation['broken']>,
): WorldDescription {
  const breaking = (attestation: WorldAttestation): WorldAttestation => ({ ...attestation, broken })
  return withPackage(description, selector, (pack) => {
    const files = pack.files?.map(
      (file): WorldFile => (file.attestation ? { ...file, attestation: breaking(file.attestation) } : file),
    )
    const ownFiles = files === undefined ? {} : { files }
    if (pack.attestation !== undefined) return { ...pack, ...ownFiles, attestation: breaking(pack.attestation) }
    if (!files?.some(({ attestation }) => attestation)) throw unknown(`attestation of ${pack.name}`)
    return { ...pack, ...ownFiles }
  })
}

function withAttestation(pack: WorldPackage, attestation: WorldAttestation | undefined): WorldPackage {
  const { attestation: _, files, ...rest } = pack
  const bare = files?.map(({ attestation: __, ...file }): WorldFile => file)
  return {
    ...rest,
    ...(bare === undefined ? {} : { files: bare }),
    ...(attestation === undefined ? {} : { attestation }),
  }
}

/** A further version beside one that is there, its files made anew. */
export function addVersion(
  description: WorldDescription,
  selector: PackageSelector,
  version: string,
  change: Change<WorldPackage> = (pack) => pack,
): WorldDescription {
  const like = description.packages.findLast(
    ({ name, ecosystem }) => name === selector.name && (selector.ecosystem ?? ecosystem) === ecosystem,
  )
  if (like === undefined) throw unknown(`package ${selector.name}`)
  const { files: _, publishedAt: __, attestation, ...rest } = like
  const added = { ...rest, version, ...(attestation === undefined ? {} : { attestation: nextSigning(attestation) }) }
  return { ...description, packages: [...description.packages, change(added)] }
}

/** The same signer signs again: another commit, run and moment. */
function nextSigning({ commit: _, run: __, signedAt: ___, ...same }: WorldAttestation): WorldAttestation {
  return same
}

/**
 * A repository otherwise. Settle the world first: only what a description writes out can be changed.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID`
 */
export function withRepository(
  description: WorldDescription,
  name: string,
  change: Change<WorldRepository>,
): WorldDescription {
  const isMeant = (repository: WorldRepository) => lower(repository.name) === lower(name)
  if (!description.repositories.some(isMeant)) throw unknown(`repository ${name}`)
  return {
    ...description,
    repositories: description.repositories.map((one) => (isMeant(one) ? change(one) : one)),
  }
}

/** A tag points at another commit; what was signed from it stays as it was. */
export function moveTag(description: WorldDescription, name: string, tag: string, commit: string): WorldDescription {
  return withRepository(description, name, (repository) => {
    const { tags = [] } = repository
    if (!tags.some((one) => one.name === tag)) throw unknown(`tag ${tag} of ${name}`)
    return { ...repository, tags: tags.map((one) => (one.name === tag ? { ...one, commit } : one)) }
  })
}

/** A run ended otherwise than it was believed to: in its last real step, with everything before it done. */
export function failRun(
  description: WorldDescription,
  name: string,
  runId: string,
  conclusion = 'failure',
): WorldDescription {
  return withRepository(description, name, (repository) => {
    const { runs = [] } = repository
    if (!runs.some(({ id }) => id === runId)) throw unknown(`run ${runId} of ${name}`)
    return { ...repository, runs: runs.map((run) => (run.id === runId ? concluded(run, conclusion) : run)) }
  })
}

/** Without its jobs, which are made anew for the conclusion. */
function concluded({ jobs: _, ...run }: WorldRun, conclusion: string): WorldRun {
  return { ...run, conclusion }
}

function unknown(what: string): CleanbillError {
  return new CleanbillError('ARGUMENT_INVALID', `this world has no ${what}`, {
    hint: 'Settle the description first: what only an attestation implies is not written out.',
  })
}
