import { z } from 'zod'
import { type DigestSet, digestsMatch } from './digest.ts'
import type { Target } from './evidence.ts'
import type { RebuildFact } from './facts.ts'
import { PROVENANCE_V1 } from './predicates/provenance.ts'
import type { Statement, Subject } from './statement.ts'

const EQUIVALENCE = 'https://docs.oss-rebuild.dev/builds/ArtifactEquivalence@v0.1'
const REBUILD = 'https://docs.oss-rebuild.dev/builds/Rebuild@v0.1'

/** Where each ecosystem's own artifacts are downloaded: an equivalence with a file from elsewhere says nothing here. */
const ORIGIN_HOSTS: Readonly<Record<string, readonly string[]>> = {
  npm: ['registry.npmjs.org'],
  pypi: ['files.pythonhosted.org', 'pypi.org'],
  cargo: ['static.crates.io', 'crates.io'],
}

const shell = z.looseObject({
  buildDefinition: z.looseObject({
    buildType: z.string(),
    externalParameters: z.record(z.string(), z.unknown()),
    // An array in these two build types; NetworkRebuild has an object there and is not read.
    resolvedDependencies: z.array(z.unknown()).optional().catch(undefined),
  }),
})
const dependencySchema = z.looseObject({ name: z.string(), digest: z.record(z.string(), z.string()) })

/**
 * What an independent rebuild says about one artifact (formats.md §15). `matches` takes two statements: the equivalence
 * of the upstream file and the rebuilt one, and the rebuild of exactly that one. "Equal" is after stabilization (times,
 * order and modes inside the archive), not byte for byte, and says nothing of whether the source is good.
 *
 * `differs`: the rebuilder signed an equivalence for this very name, and it is about other bytes. Anything that does not
 * add up to either is `none`.
 *
 * @param statements verified with the rebuilder's key; from nobody else
 */
export function rebuildOf(statements: readonly Statement[], target: Target): RebuildFact {
  const read = statements.flatMap(readStatement)
  const wanted = fileNameOf(target)
  const equivalences = read
    .filter(({ buildType }) => buildType === EQUIVALENCE)
    .filter((one) => fromOrigin(one, target))
  const own = equivalences.filter(({ subjects }) => subjects.some(({ digest }) => digestsMatch(digest, target.digests)))
  for (const { parameters, dependencies } of own) {
    const rebuilt = dependencies.get(String(parameters.candidate))
    const built = read.some(
      ({ buildType, subjects, parameters: asked }) =>
        buildType === REBUILD &&
        rebuilt !== undefined &&
        asked.package === target.dependency.name &&
        asked.version === target.dependency.version &&
        subjects.some(({ digest, name }) => name === parameters.candidate && digestsMatch(digest, rebuilt)),
    )
    if (built) return 'matches'
  }
  const other = equivalences.some(({ subjects }) =>
    subjects.some(({ name, digest }) => name !== undefined && name === wanted && comparable(digest, target.digests)),
  )
  return own.length === 0 && other ? 'differs' : 'none'
}

interface Read {
  readonly buildType: string
  readonly subjects: readonly Subject[]
  readonly parameters: Readonly<Record<string, unknown>>
  readonly dependencies: ReadonlyMap<string, DigestSet>
}

function readStatement(statement: Statement): Read[] {
  if (statement.predicateType !== PROVENANCE_V1) return []
  const parsed = shell.safeParse(statement.predicate)
  if (!parsed.success) return []
  const { buildType, externalParameters, resolvedDependencies = [] } = parsed.data.buildDefinition
  const dependencies = resolvedDependencies.flatMap((entry): [string, DigestSet][] => {
    const one = dependencySchema.safeParse(entry)
    return one.success ? [[one.data.name, withoutPrefixes(one.data.digest)]] : []
  })
  return [
    { buildType, subjects: statement.subject, parameters: externalParameters, dependencies: new Map(dependencies) },
  ]
}

/** Older statements repeat the algorithm inside the value: `sha256: "sha256:0c52…"` (formats.md §15). */
function withoutPrefixes(digest: Readonly<Record<string, string>>): DigestSet {
  return Object.fromEntries(
    Object.entries(digest).map(([algorithm, value]) => [
      algorithm,
      value.startsWith(`${algorithm}:`) ? value.slice(algorithm.length + 1) : value,
    ]),
  )
}

function fromOrigin({ parameters }: Read, { dependency }: Target): boolean {
  const url = typeof parameters.target === 'string' ? URL.parse(parameters.target) : null
  const hosts = ORIGIN_HOSTS[dependency.ecosystem] ?? []
  return url !== null && url.protocol === 'https:' && hosts.includes(url.host)
}

const comparable = (left: DigestSet, right: DigestSet): boolean =>
  ['sha256', 'sha384', 'sha512'].some((name) => left[name] !== undefined && right[name] !== undefined)

/** Undefined where nobody can know it. */
function fileNameOf({ dependency, file }: Target): string | undefined {
  const { ecosystem, name, version } = dependency
  if (ecosystem !== 'npm' && ecosystem !== 'cargo') return file?.name
  if (version === undefined) return undefined
  return ecosystem === 'npm' ? `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz` : `${name}-${version}.crate`
}
