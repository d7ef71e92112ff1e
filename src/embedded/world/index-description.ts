import type { WorldAttestation, WorldDescription, WorldPackage, WorldRepository } from './description.ts'
import {
  type CompleteAttestation,
  type CompleteRepository,
  completeAttestation,
  completeRepository,
  lower,
  type SigningEvent,
} from './repositories.ts'

/** A description made quick to ask. One is built for each description that a world is given. */
export interface DescriptionIndex {
  readonly versions: (ecosystem: string, name: string) => readonly WorldPackage[]
  readonly repository: (name: string) => CompleteRepository | undefined
  readonly complete: (event: SigningEvent) => CompleteAttestation
}

export interface IndexTimes {
  readonly publishedAt: (pack: WorldPackage) => string
  /** For what has no time of its own: images, models, repositories. */
  readonly otherwise: string
}

export function indexDescription(description: WorldDescription, times: IndexTimes): DescriptionIndex {
  const described = new Map(description.repositories.map((one) => [lower(one.name), one] as const))
  const find = (name: string): WorldRepository | undefined => described.get(lower(name))
  const complete = (event: SigningEvent): CompleteAttestation => {
    const { repository, signerRepository = repository } = event.attestation
    return completeAttestation(event, find(repository), find(signerRepository))
  }
  const byPackage = Map.groupBy(description.packages, ({ ecosystem, name }) => packageKey(ecosystem, name))
  const byRepository = Map.groupBy(signingEvents(description, times), ({ attestation }) =>
    lower(attestation.repository),
  )
  const signers = new Map(
    [...byRepository.values()]
      .flat()
      .flatMap(({ attestation: { signerRepository } }) =>
        signerRepository === undefined ? [] : [[lower(signerRepository), signerRepository] as const],
      ),
  )
  const completed = new Map<string, CompleteRepository>()
  return {
    versions: (ecosystem, name) => byPackage.get(packageKey(ecosystem, name)) ?? [],
    complete,
    repository: (name) => {
      const key = lower(name)
      const events = byRepository.get(key) ?? []
      const one = described.get(key)
      const spelled = one?.name ?? events[0]?.attestation.repository ?? signers.get(key)
      if (spelled === undefined) return undefined
      const known = completed.get(key) ?? completeRepository(spelled, one, events.map(complete), times.otherwise)
      completed.set(key, known)
      return known
    },
  }
}

/** PyPI names are equal after PEP 503 normalization, those of other registries exactly. */
function packageKey(ecosystem: string, name: string): string {
  return `${ecosystem}:${ecosystem === 'pypi' ? name.replace(/[-_.]+/g, '-').toLowerCase() : name}`
}

export const eventKey = ({ ecosystem, name, version }: WorldPackage): string => `${ecosystem}:${name}@${version}`

function signingEvents(description: WorldDescription, { publishedAt, otherwise }: IndexTimes): SigningEvent[] {
  const packages = description.packages.flatMap((pack): SigningEvent[] => {
    const own = (pack.files ?? []).flatMap(({ attestation }) => (attestation ? [attestation] : []))
    const all = pack.attestation === undefined ? own : [pack.attestation, ...own]
    return all.map((attestation) => ({ attestation, key: eventKey(pack), publishedAt: publishedAt(pack) }))
  })
  const others = (name: string, attestation: WorldAttestation | undefined): SigningEvent[] =>
    attestation === undefined ? [] : [{ attestation, key: name, publishedAt: otherwise }]
  return [
    ...packages,
    ...(description.images ?? []).flatMap(({ name, attestation }) => others(name, attestation)),
    ...(description.models ?? []).flatMap(({ name, signed }) => others(name, signed)),
  ]
}
