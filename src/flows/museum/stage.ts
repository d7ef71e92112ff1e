import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { integrityOf } from '../../embedded/world/archives.ts'
import type { WorldEcosystem } from '../../embedded/world/description.ts'
import { imageDigest } from '../../embedded/world/services/oci-content.ts'
import { policyFor, type World as Simulated } from '../../embedded/world/world.ts'
import { readFileBytes, writeFileAtomic } from '../../io/files.ts'
import { CleanbillError } from '../../model/error.ts'
import { POLICY_PATH } from '../gate/config.ts'
import type { World } from '../world.ts'

/** `{{npm axios@1.14.1}}`, `{{pypi litellm@1.82.7 litellm-1.82.7.tar.gz}}`, `{{oci ghcr.io/acme/base:1}}` */
const DIGEST = /\{\{([a-z]+) ([^\s{}]+)@([^\s@{}]+)(?: ([^\s{}]+))?\}\}/g
const IMAGE = /\{\{oci ([^\s{}]+):([^\s:{}]+)\}\}/g

/** `{{origin huggingface}}` */
const ORIGIN = /\{\{origin ([a-z:.-]+)\}\}/g

/** A policy that says nothing of its own, where an exhibit has none. */
const PLAIN_POLICY = 'version: 1\nplatforms: [linux-x64]\n'

/**
 * Writes the consumer's files into a folder, with the digests that the world serves in the places that name them: they
 * follow from what is served, and are not the ones that the real archives had.
 *
 * @param where the exhibit's file, for messages
 * @throws {CleanbillError} `CONFIG_MALFORMED` for a digest of something that the world does not have
 */
export async function writeProject(
  root: string,
  files: ReadonlyMap<string, string>,
  world: Simulated,
  where: string,
): Promise<void> {
  for (const [path, text] of files) {
    const filled = text
      .replace(DIGEST, (_, ecosystem: string, name: string, version: string, file?: string) =>
        digestOf(world, ecosystem as WorldEcosystem, { name, version, file, where }),
      )
      .replace(IMAGE, (_, name: string, tag: string) => digestOfImage(world, name, tag, where))
      .replace(ORIGIN, (_, name: string) => world.origins[name] ?? '')
    const whole = path === POLICY_PATH ? `${filled}${trustOf(root, world)}` : filled
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFileAtomic(join(root, path), whole)
  }
}

/** What was found, with the names of services in the place of ports, which are others each time. */
export function withoutPorts<T>(found: T, { origins }: Simulated): T {
  const text = Object.entries(origins).reduce(
    (all, [name, url]) =>
      [url, encodeURIComponent(url)].reduce((one, form) => one.replaceAll(form, `{origin ${name}}`), all),
    JSON.stringify(found),
  )
  // Sound: the text is the value's own, and only parts of its strings were replaced.
  return JSON.parse(text) as T
}

/** The other way round. */
export const withPorts = (text: string, { origins }: Simulated): string =>
  text.replace(/\{origin ([a-z:.-]+)\}/g, (all, name: string) => origins[name] ?? all)

/** The trust documents of the world, and the policy that names them. */
export async function writeTrust(root: string, files: ReadonlyMap<string, string>, world: Simulated): Promise<void> {
  for (const path of trustFiles(world)) {
    await mkdir(join(root, TRUST), { recursive: true })
    await writeFileAtomic(join(root, TRUST, baseName(path)), await readFileBytes(path))
  }
  if (!files.has(POLICY_PATH)) await writeProject(root, new Map([[POLICY_PATH, PLAIN_POLICY]]), world, POLICY_PATH)
}

const TRUST = '.trust'
const baseName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path
const trustFiles = (world: Simulated): readonly string[] => [
  world.trustedRootPath,
  world.githubTrustedRootPath,
  world.npmKeysPath,
  world.rebuildKeyPath,
]

/** A policy names files of its own project only. */
function trustOf(root: string, world: Simulated): string {
  const own = (path: string) => join(root, TRUST, baseName(path))
  return policyFor(
    {
      ...world,
      trustedRootPath: own(world.trustedRootPath),
      githubTrustedRootPath: own(world.githubTrustedRootPath),
      npmKeysPath: own(world.npmKeysPath),
      rebuildKeyPath: own(world.rebuildKeyPath),
    },
    root,
  )
}

interface Wanted {
  readonly name: string
  readonly version: string
  readonly file: string | undefined
  /** For messages. */
  readonly where: string
}

/** As the locks of that ecosystem write it. */
function digestOf({ state }: Simulated, ecosystem: WorldEcosystem, { name, version, file, where }: Wanted): string {
  const pack = state.versions(ecosystem, name).find((one) => one.version === version)
  const served = pack && state.filesOf(pack).find((one) => file === undefined || one.name === file)
  if (served === undefined)
    throw unknown(where, `${ecosystem} ${name}@${version}${file === undefined ? '' : ` ${file}`}`)
  if (ecosystem === 'npm') return integrityOf(served) ?? ''
  if (ecosystem === 'go') return `h1:${Buffer.from(served.digests.dirHash ?? '', 'hex').toString('base64')}`
  return served.digests.sha256 ?? ''
}

function digestOfImage({ state }: Simulated, name: string, tag: string, where: string): string {
  const image = state.description().images?.find((one) => one.name === name && one.tag === tag)
  if (image === undefined) throw unknown(where, `image ${name}:${tag}`)
  return imageDigest(image)
}

const unknown = (file: string, what: string): CleanbillError =>
  new CleanbillError('CONFIG_MALFORMED', `${file} names the digest of ${what}, which world.yaml does not have`, {
    file,
  })

/**
 * One commit of everything that lies there.
 *
 * @returns its id
 * @throws {CleanbillError} `BASE_UNREADABLE` without git
 */
export async function commitAll(root: string, { host, runTool }: World): Promise<string> {
  const settings = ['user.name=museum', 'user.email=museum@example.org', 'commit.gpgsign=false', 'core.autocrlf=false']
  const git = async (...args: readonly string[]) => {
    const env = { PATH: host.env.PATH, HOME: root, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
    const options = { cwd: root, env, timeoutMs: 60_000, maxBytes: 1024 * 1024 }
    const done = await runTool(['git', ...settings.flatMap((one) => ['-c', one]), ...args], options)
    if (done === undefined) {
      throw new CleanbillError('BASE_UNREADABLE', `git ${args[0]} failed in ${root}`, {
        hint: 'The exhibits are pull requests: git has to be installed.',
      })
    }
    return done.stdout
  }
  await git('init', '--quiet', '--initial-branch=main')
  await git('add', '--all', '--force')
  await git('commit', '--quiet', '--message', 'as it is')
  return (await git('rev-parse', 'HEAD')).trim()
}
