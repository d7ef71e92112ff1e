import { atSeconds, toTime } from './derive.ts'
import type { WorldAttestation, WorldDescription, WorldPackage } from './description.ts'
import { type DescriptionIndex, eventKey, indexDescription } from './index-description.ts'
import { lower, type SigningEvent } from './repositories.ts'

const DEFAULT_AGE_DAYS = 400

/** When it happened, where a description does not say. Fixed once: a moving clock must not move the past. */
export function defaultTime(clock: () => Date): string {
  return toTime(new Date(atSeconds(clock()).getTime() - DEFAULT_AGE_DAYS * 86_400_000))
}

/**
 * Writes out everything that the description leaves to defaults: repositories that attestations imply, their branches,
 * tags and runs, who signed what and when. A settled world can be changed piece by piece, and nothing else moves.
 */
export function settle(description: WorldDescription, clock: () => Date): WorldDescription {
  const otherwise = defaultTime(clock)
  const publishedAt = (pack: WorldPackage) => pack.publishedAt ?? otherwise
  const index = indexDescription(description, { publishedAt, otherwise })
  const named = new Map(description.repositories.map(({ name }) => [lower(name), name] as const))
  const packages = description.packages.map((pack) => settlePackage(pack, publishedAt(pack), index))
  const images = description.images?.map((image) =>
    image.attestation === undefined
      ? image
      : { ...image, attestation: write(index, { ...event(image.name, otherwise), attestation: image.attestation }) },
  )
  const models = description.models?.map((model) =>
    model.signed === undefined
      ? model
      : { ...model, signed: write(index, { ...event(model.name, otherwise), attestation: model.signed }) },
  )
  const implied = [
    ...packages.flatMap(attestationsOf),
    ...(images ?? []).flatMap(({ attestation }) => attestation ?? []),
  ]
  for (const { repository } of [...implied, ...(models ?? []).flatMap(({ signed }) => signed ?? [])]) {
    if (!named.has(lower(repository))) named.set(lower(repository), repository)
  }
  return {
    ...description,
    packages,
    repositories: [...named.values()].flatMap((name) => index.repository(name) ?? []),
    ...(images === undefined ? {} : { images }),
    ...(models === undefined ? {} : { models }),
  }
}

const event = (key: string, publishedAt: string) => ({ key, publishedAt })

function attestationsOf({ attestation, files = [] }: WorldPackage): readonly WorldAttestation[] {
  return [attestation, ...files.map((file) => file.attestation)].flatMap((one) => one ?? [])
}

function settlePackage(pack: WorldPackage, publishedAt: string, index: DescriptionIndex): WorldPackage {
  const { attestation, files } = pack
  const own = event(eventKey(pack), publishedAt)
  return {
    ...pack,
    publishedAt,
    ...(attestation === undefined ? {} : { attestation: write(index, { ...own, attestation }) }),
    ...(files === undefined
      ? {}
      : {
          files: files.map((file) =>
            file.attestation ? { ...file, attestation: write(index, { ...own, attestation: file.attestation }) } : file,
          ),
        }),
  }
}

function write(index: DescriptionIndex, signing: SigningEvent): WorldAttestation {
  const { run, signerCommit: _, ...complete } = index.complete(signing)
  return { ...complete, run: run.id }
}
