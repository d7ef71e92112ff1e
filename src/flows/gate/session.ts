import type { Dependency } from '../../model/dependency.ts'
import { defaultRegistryOrigin } from '../../model/oci.ts'
import { EVIDENCE_ORIGINS, type Policy } from '../../model/policy.ts'
import type { TrustLock } from '../../model/trust-lock.ts'
import { findLockEntries } from '../../policy/lock-entries.ts'
import { matches } from '../../policy/match.ts'
import { makeEvidenceClient } from '../../source/http-client.ts'
import type { SourceSession } from '../../source/source.ts'
import type { World } from '../world.ts'

/** A policy and a lock that say where evidence is, and of whom. */
export interface Configured {
  readonly policy: Policy
  readonly lock: TrustLock
}

export interface SessionRequest extends Configured {
  /** Those of the base, where a change is judged by both: what either of them needs is asked. */
  readonly there?: Configured | undefined
  readonly offline: boolean
  /** Bundles are kept here; absent: nothing is kept. */
  readonly cacheDir: string | undefined
  /** For GitHub's API, and sent nowhere else. */
  readonly githubToken: string | undefined
}

/** What the sources are given: the network behind its rules, where each registry is, and what is already known. */
export function openSourceSession(request: SessionRequest, world: World): SourceSession {
  const { policy, there, githubToken } = request
  const usual: Record<string, string> = { ...EVIDENCE_ORIGINS, ...apiOfServer(world) }
  const origins: Record<string, string> = { ...usual, ...policy.evidence }
  const api = origins.github ?? EVIDENCE_ORIGINS.github
  // Whoever proposes a policy could have the token sent to themselves (T-NS-05).
  const proposed = there !== undefined && api !== usual.github && api !== there.policy.evidence.github
  const client = makeEvidenceClient({
    http: world.http,
    stream: world.httpStream,
    host: world.host,
    origins,
    credentials:
      githubToken === undefined || proposed ? [] : [{ origin: new URL(api).origin, header: `Bearer ${githubToken}` }],
    cacheDir: request.cacheDir,
    offline: request.offline,
    random: world.random,
  })
  const configured = [request, ...(there === undefined ? [] : [there])].map((one) => ({
    policy: one.policy,
    known: findLockEntries(one.lock),
  }))
  return {
    client,
    origin: (name) => (origins[name] ?? originOf(name)).replace(/\/+$/, ''),
    now: world.host.now,
    repositoriesOf: (dependency) => [
      ...new Set(
        configured.flatMap(({ policy, known }) =>
          repositoriesOf(dependency, policy, known(dependency).lock?.signers ?? []),
        ),
      ),
    ],
  }
}

/** A container registry is its own origin, unless the policy names another place for its evidence. */
function originOf(name: string): string {
  return name.startsWith('oci:') ? defaultRegistryOrigin(name.slice('oci:'.length)) : ''
}

/** In a job of a GHE.com tenant its own API answers. */
function apiOfServer({ github }: Pick<World, 'github'>): Record<string, string> {
  return github === undefined ? {} : { github: github.apiUrl }
}

/**
 * Repositories that somebody vouches for as this dependency's: the policy's `require` entries and the trust lock. Never
 * those that a registry's metadata names: whoever published a package wrote them (T-ID-09).
 */
function repositoriesOf(
  dependency: Dependency,
  policy: Policy,
  signers: readonly { readonly repository?: string | undefined }[],
): readonly string[] {
  const required = policy.require
    .filter(({ match }) => matches(match, dependency))
    .flatMap(({ source }) => source?.repository ?? [])
  const locked = signers.flatMap(({ repository }) => repository?.replace(/^https:\/\/github\.com\//, '') ?? [])
  return [...required, ...locked].filter((name) => /^[\w.-]+\/[\w.-]+$/.test(name))
}
