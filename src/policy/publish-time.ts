import type { Subject } from './rule.ts'

/** When a version came into the world, and who says so. */
export interface PublishTime {
  readonly at: Date
  readonly basis: 'log' | 'registry'
}

/**
 * The latest moment at which anything of this version came into being: of each file the first time that a log or a
 * timestamp authority signed, and the registry's own time. Both count, and the later one wins: an attestation can lie in
 * the log for days before its package is published, and a registry's time is unsigned. A file that was added to an old
 * release makes it young again. Of a model the hub says when its repository was made.
 *
 * Package metadata does not count: whoever publishes writes it.
 *
 * @returns undefined where nobody says when
 */
export function publishTime({ dependency, evidence, facts }: Subject): PublishTime | undefined {
  const logged = new Map<string | undefined, number>()
  for (const { attestation, file } of evidence.accepted) {
    for (const at of attestation.origin.times.map(Date.parse)) {
      if (!Number.isNaN(at)) logged.set(file, Math.min(at, logged.get(file) ?? Number.POSITIVE_INFINITY))
    }
  }
  const record = 'record' in evidence.registry ? evidence.registry.record : undefined
  const versions = facts.history.kind === 'known' ? facts.history.value : []
  const model = facts.model.kind === 'known' ? facts.model.value : undefined
  const registry = [
    record?.publishedAt,
    // The revision's own time is whoever's who pushed it: it can make a model younger, and never older than its repository.
    ...[model?.createdAt, model?.modifiedAt],
    ...(record?.files.map(({ publishedAt }) => publishedAt) ?? []),
    ...versions.filter(({ version }) => version === dependency.version).map(({ publishedAt }) => publishedAt),
  ]
    .map((text) => Date.parse(text ?? ''))
    .filter((at) => !Number.isNaN(at))
  const latestLog = Math.max(...logged.values())
  const latestRegistry = Math.max(...registry)
  if (!Number.isFinite(Math.max(latestLog, latestRegistry))) return undefined
  return latestLog >= latestRegistry
    ? { at: new Date(latestLog), basis: 'log' }
    : { at: new Date(latestRegistry), basis: 'registry' }
}
