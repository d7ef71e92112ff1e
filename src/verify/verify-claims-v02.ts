import type { KeylessIdentity } from '../model/identity.ts'
import { isJsonObject, type JsonValue } from '../model/json.ts'
import type { ClaimPair } from './claim-pair.ts'

/** buildTypes of npm's provenance before SLSA v1, on GitHub. Source: npm/cli `libnpmpublish/lib/provenance.js`. */
const NPM_BUILD_TYPE = /^https:\/\/github\.com\/npm\/cli\/gha(?:@v\d|\/v\d)$/

const SERVER = 'https://github.com'

/**
 * What provenance v0.2 of npm says and the certificate says too. Most of npm's attested versions from 2023 are of this
 * kind, and their certificates may have the deprecated extensions only.
 */
export function claimPairsV02(predicate: JsonValue, { claims, legacy }: KeylessIdentity): ClaimPair[] {
  const buildType = text(predicate, 'buildType')
  if (buildType === undefined || !NPM_BUILD_TYPE.test(buildType)) return []
  const invocation = member(predicate, 'invocation')
  const source = member(invocation, 'configSource')
  const said = (name: string) => text(member(invocation, 'environment'), `GITHUB_${name}`)
  const repository = claims.sourceRepositoryUri ?? under(legacy.repository)
  const ref = claims.sourceRepositoryRef ?? legacy.ref
  const commit = claims.sourceRepositoryDigest ?? legacy.sha
  const [run, attempt] = [said('RUN_ID'), said('RUN_ATTEMPT')]
  return [
    { field: 'the repository', said: under(said('REPOSITORY')), certified: repository },
    { field: 'the ref', said: said('REF'), certified: ref },
    { field: 'the commit', said: said('SHA'), certified: commit },
    { field: 'the commit', said: text(member(source, 'digest'), 'sha1'), certified: commit },
    {
      field: 'the source',
      said: text(source, 'uri'),
      certified: repository === undefined || ref === undefined ? undefined : `git+${repository}@${ref}`,
    },
    { field: 'the event', said: said('EVENT_NAME'), certified: claims.buildTrigger ?? legacy.trigger },
    { field: 'the repository id', said: said('REPOSITORY_ID'), certified: claims.sourceRepositoryIdentifier },
    { field: 'the owner id', said: said('REPOSITORY_OWNER_ID'), certified: claims.sourceRepositoryOwnerIdentifier },
    { field: 'the workflow', said: under(said('WORKFLOW_REF')), certified: claims.buildConfigUri },
    {
      field: 'the run',
      said:
        run === undefined || attempt === undefined || said('REPOSITORY') === undefined
          ? undefined
          : `${under(said('REPOSITORY'))}/actions/runs/${run}/attempts/${attempt}`,
      certified: claims.runInvocationUri,
    },
  ]
}

const under = (path: string | undefined): string | undefined => (path === undefined ? undefined : `${SERVER}/${path}`)

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value[name] : undefined
}

function text(value: JsonValue | undefined, name: string): string | undefined {
  const field = member(value, name)
  if (typeof field === 'number') return String(field)
  return typeof field === 'string' ? field : undefined
}
