import { join } from 'node:path'
import type { World } from '../flows/world.ts'
import { fileExists, readFileBytes } from '../io/files.ts'
import { CleanbillError } from '../model/error.ts'
import { noAttestationStore } from '../model/no-store.ts'
import { parseImageReference } from '../publish/image-reference.ts'
import { attestationStoreState, buildPublishers, type Publisher, parseDockerConfig } from '../publish/index.ts'
import { resolveImage } from '../publish/oci.ts'

export interface PublishingRequest {
  /** `auto`: GitHub's store inside GitHub Actions when there is a token; `none`: files (and registries) only. */
  readonly store: 'auto' | 'github' | 'none'
  readonly githubToken: string | undefined
  /**
   * The user took one of the ways that `noAttestationStore` names (an instance of their own, a key, the public log):
   * with `auto` a repository without a store then goes without one.
   */
  readonly choseAnotherWay: boolean
  /** `oci://…` references that get the bundle as a referrer. */
  readonly images: readonly string[]
}

/**
 * Decides where bundles go besides the disk, and asks GitHub before the command runs whether a private repository has
 * a store at all.
 *
 * @throws {CleanbillError} `STORE_NOT_AVAILABLE`, `ARGUMENT_INVALID`, `URL_DENIED`
 */
export async function preparePublishers(request: PublishingRequest, world: World): Promise<readonly Publisher[]> {
  const credentials = await readDockerConfig(world)
  const { http, host } = world
  const images = request.images.flatMap((image) => {
    const found = credentials(parseImageReference(image).registry)
    return buildPublishers({ oci: { image, http, host, ...(found === undefined ? {} : { credentials: found }) } })
  })
  return [...(await githubStore(request, world)), ...images]
}

async function githubStore(request: PublishingRequest, world: World): Promise<readonly Publisher[]> {
  const { github, http, host } = world
  if (request.store === 'none') return []
  if (github === undefined || !request.githubToken) {
    if (request.store === 'auto') return []
    throw new CleanbillError('ARGUMENT_INVALID', 'the GitHub store needs a GitHub job and a token', {
      hint: 'Run inside GitHub Actions with GITHUB_TOKEN, or use --store none.',
    })
  }
  const { apiUrl, repository, serverUrl, forkPullRequest } = github
  const options = { apiUrl, repository, token: request.githubToken, http, host }
  if (github.visibility !== 'public') {
    const state = await attestationStoreState(options)
    if (state.state === 'not-available') {
      if (request.store === 'github' || !request.choseAnotherWay) throw noAttestationStore(state.message)
      host.log.info(`this repository has no attestation store (${state.message}): the bundle stays a file`)
      return []
    }
    if (state.state === 'unknown')
      host.log.warn(`whether this repository has an attestation store is unknown: ${state.reason}`)
  }
  return buildPublishers({ githubStore: { ...options, serverUrl, fork: forkPullRequest } })
}

/** Asks the registry for one image; used for outputs that are images. */
export function imageResolver(world: World) {
  return async (image: string) => {
    const reference = parseImageReference(image)
    const credentials = (await readDockerConfig(world))(reference.registry)
    const options = { image, http: world.http, host: world.host, ...(credentials === undefined ? {} : { credentials }) }
    return { image: reference, ...(await resolveImage(options)) }
  }
}

/** Where docker keeps what `docker login` was given. Credential helpers are programs of others and are not run. */
async function readDockerConfig({ host }: World): Promise<(registry: string) => ReturnType<typeof parseDockerConfig>> {
  const folder = host.env.DOCKER_CONFIG ?? (host.env.HOME === undefined ? undefined : join(host.env.HOME, '.docker'))
  const path = folder === undefined ? undefined : join(folder, 'config.json')
  if (path === undefined || !(await fileExists(path))) return () => undefined
  const bytes = await readFileBytes(path, 1024 * 1024)
  return (registry) => parseDockerConfig(bytes, registry)
}
