import { createHash } from 'node:crypto'
import type { WorldPackage } from '../description.ts'
import type { WorldAnswer, WorldRequest, WorldService } from '../route.ts'
import type { WorldState } from '../state.ts'

/**
 * registry.npmjs.org: one version, packument (full and abbreviated), attestations, keys, tarballs. Source: npm/registry
 * `docs/REGISTRY-API.md`, `docs/responses/package-metadata.md`, and what pacote asks for.
 */
export const npmService: WorldService = { origin: 'npm', handle }

const NOT_FOUND: WorldAnswer = { status: 404, body: { error: 'Not found' } }
const ABBREVIATED = 'application/vnd.npm.install-v1+json'

async function handle(request: WorldRequest, state: WorldState): Promise<WorldAnswer> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { status: 405, body: { error: 'Method not allowed' } }
  const path = decode(request.url.pathname)
  return path === undefined ? NOT_FOUND : withEtag(request, await route(path, request, state))
}

async function route(path: string, request: WorldRequest, state: WorldState): Promise<WorldAnswer> {
  if (path === '/-/npm/v1/keys') return keys(state)
  const [, attested] = /^\/-\/npm\/v1\/attestations\/(.+)$/.exec(path) ?? []
  if (attested !== undefined) return await attestations(attested, state)
  const [, name = '', tail] = /^\/((?:@[^/]+\/)?[^/@][^/]*)(?:\/(.+))?$/.exec(path) ?? []
  const packs = state.versions('npm', name).filter(({ yanked }) => yanked !== true)
  if (packs.length === 0) return NOT_FOUND
  if (tail === undefined) return packument(name, packs, request, state)
  if (tail.startsWith('-/')) return tarball(tail.slice(2), packs, state)
  const pack = packs.find(({ version }) => version === tail)
  return pack === undefined
    ? { status: 404, body: `"version not found: ${tail}"` }
    : { status: 200, body: manifest(pack, state) }
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

function keys({ npmRegistryKey: { keyid, key } }: WorldState): WorldAnswer {
  const entry = { expires: null, keyid, keytype: 'ecdsa-sha2-nistp256', scheme: 'ecdsa-sha2-nistp256', key }
  return { status: 200, body: { keys: [entry] } }
}

async function attestations(spec: string, state: WorldState): Promise<WorldAnswer> {
  const at = spec.lastIndexOf('@')
  const pack = state.versions('npm', spec.slice(0, at)).find(({ version }) => version === spec.slice(at + 1))
  const file = pack === undefined ? undefined : state.filesOf(pack)[0]
  if (pack === undefined || file === undefined || pack.yanked === true) return NOT_FOUND
  const documents = await state.attestationsOf(pack, file)
  if (documents.length === 0) return NOT_FOUND
  return {
    status: 200,
    body: { attestations: documents.map(({ predicateType, bundle }) => ({ predicateType, bundle })) },
  }
}

function tarball(fileName: string, packs: readonly WorldPackage[], state: WorldState): WorldAnswer {
  const pack = packs.find((one) => tarballName(one) === fileName)
  const content = pack === undefined ? undefined : state.filesOf(pack)[0]?.content
  if (content === undefined) return NOT_FOUND
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: content }
}

const tarballName = ({ name, version }: WorldPackage): string => `${name.split('/').at(-1)}-${version}.tgz`

/** Fields of the abbreviated form. */
function core(pack: WorldPackage, state: WorldState) {
  const { name, version, dependencies, scripts } = pack
  const installs = ['preinstall', 'install', 'postinstall'].some((script) => scripts?.[script] !== undefined)
  return {
    name,
    version,
    ...(dependencies === undefined ? {} : { dependencies }),
    dist: dist(pack, state),
    engines: { node: '>=18' },
    ...(installs ? { hasInstallScript: true } : {}),
  }
}

function dist(pack: WorldPackage, state: WorldState) {
  const { name, version } = pack
  const file = state.filesOf(pack)[0]
  const { sha1, sha512 } = file?.digests ?? {}
  const integrity = sha512 === undefined ? undefined : `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`
  const attested = file !== undefined && state.isAttested(pack, file)
  const origin = state.origin('npm')
  return {
    ...(integrity === undefined ? {} : { integrity }),
    shasum: sha1 ?? createHash('sha1').update(`${name}@${version}`).digest('hex'),
    tarball: `${origin}/${name}/-/${tarballName(pack)}`,
    fileCount: Object.keys(pack.archive ?? { 'package.json': '', 'index.js': '' }).length,
    unpackedSize: file?.content?.length ?? file?.bytes ?? 0,
    ...(integrity === undefined ? {} : { signatures: [signOnce(`${name}@${version}:${integrity}`, state)] }),
    ...(attested
      ? {
          attestations: {
            url: `${origin}/-/npm/v1/attestations/${encodeName(name)}@${version}`,
            provenance: { predicateType: 'https://slsa.dev/provenance/v1' },
          },
        }
      : {}),
  }
}

type RegistrySignature = ReturnType<WorldState['signAsNpmRegistry']>

/** The registry signs when a version comes in, and ECDSA gives another signature each time. */
const signatures = new WeakMap<WorldState, Map<string, RegistrySignature>>()

function signOnce(text: string, state: WorldState): RegistrySignature {
  const known = signatures.get(state) ?? new Map<string, RegistrySignature>()
  signatures.set(state, known)
  const signature = known.get(text) ?? state.signAsNpmRegistry(text)
  known.set(text, signature)
  return signature
}

const encodeName = (name: string): string => name.replace('/', '%2f')

/** As the registry stores it: what the client sent, and what it has added. */
function manifest(pack: WorldPackage, state: WorldState) {
  const { name, version, scripts, publisher = 'maintainer', attestation } = pack
  const user = { name: publisher, email: `${publisher}@users.example` }
  const named = pack.repository ?? attestation?.repository ?? `${publisher}/${name.split('/').at(-1)}`
  const repository = `git+https://github.com/${named}.git`
  return {
    ...core(pack, state),
    description: `What ${name} does, in a sentence of the usual length.`,
    keywords: [name, 'javascript', 'library'],
    license: 'MIT',
    author: user,
    main: 'index.js',
    scripts: { test: 'node --test', ...scripts },
    repository: { type: 'git', url: repository },
    bugs: { url: repository.replace('.git', '/issues') },
    homepage: repository.replace('.git', '#readme'),
    gitHead: createHash('sha1').update(`${name}@${version}`).digest('hex'),
    _id: `${name}@${version}`,
    _nodeVersion: '22.11.0',
    _npmVersion: '10.9.0',
    _npmUser:
      attestation === undefined
        ? user
        : { ...user, trustedPublisher: { id: 'github', oidcConfigId: `oidc:${publisher}` } },
    maintainers: [user],
    directories: {},
    _hasShrinkwrap: false,
    _npmOperationalInternal: { host: 's3://npm-registry-packages', tmp: `tmp/${name}_${version}` },
  }
}

function packument(
  name: string,
  packs: readonly WorldPackage[],
  request: WorldRequest,
  state: WorldState,
): WorldAnswer {
  const latest = packs.at(-1)?.version ?? ''
  const times = packs.map((pack) => [pack.version, state.publishedAt(pack)] as const)
  const sorted = times.map(([, time]) => time).sort()
  const modified = sorted.at(-1)
  const by = (make: (pack: WorldPackage, state: WorldState) => object) =>
    Object.fromEntries(packs.map((pack) => [pack.version, make(pack, state)]))
  if (request.headers.accept?.includes(ABBREVIATED)) {
    const body = { name, modified, 'dist-tags': { latest }, versions: by(core) }
    return { status: 200, headers: { 'content-type': ABBREVIATED }, body }
  }
  return {
    status: 200,
    body: {
      _id: name,
      _rev: `${packs.length}-${createHash('md5').update(name).digest('hex')}`,
      name,
      'dist-tags': { latest },
      versions: by(manifest),
      time: { created: sorted[0], modified, ...Object.fromEntries(times) },
      readme: readme(name),
      readmeFilename: 'README.md',
    },
  }
}

/** Most of a packument is text that nobody who checks it needs. */
function readme(name: string): string {
  const paragraph = `Use \`${name}\` where the "plain" way is not enough.\n\n\`\`\`js\nimport x from '${name}'\n\`\`\`\n\n`
  return `# ${name}\n\n${paragraph.repeat(Math.ceil(16_384 / paragraph.length))}`
}

/** The registry answers 304 to who has the same already. */
function withEtag({ headers }: WorldRequest, answer: WorldAnswer): WorldAnswer {
  if (answer.status !== 200 || answer.body === undefined) return answer
  const body =
    typeof answer.body === 'object' && !(answer.body instanceof Uint8Array) ? JSON.stringify(answer.body) : answer.body
  const etag = `"${createHash('md5').update(body).digest('hex')}"`
  const cached = { etag, 'cache-control': 'public, max-age=300', vary: 'accept-encoding, accept' }
  if (headers['if-none-match'] === etag) return { status: 304, headers: cached }
  return { status: 200, headers: { 'content-type': 'application/json', ...answer.headers, ...cached }, body }
}
