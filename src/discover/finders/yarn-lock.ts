import type { Dependency, Notice } from '../../model/dependency.ts'
import { parseIntegrity } from '../../model/integrity.ts'
import { isJsonObject } from '../../model/json.ts'
import { parseBlockYaml } from '../block-yaml.ts'
import { entryOf } from '../entry.ts'
import { atLine, type Finder, type Found, malformed, named, type SourceFile, unknownVersion } from '../finder.ts'
import { mismatchNotice } from '../npm-notices.ts'
import { npmOrigin } from '../npm-origin.ts'
import { decodeText } from '../text.ts'
import { parseYarnV1, type YarnV1Entry } from '../yarn-v1.ts'

/** `yarn.lock` of version 1 and of Berry. Neither says what an entry is needed for. */
export const yarnLock: Finder = {
  id: 'yarn-lock',
  matches: named('yarn.lock'),
  find: (file) => {
    const text = decodeText(file.bytes)
    if (/^__metadata:/m.test(text)) return findBerry(file, text)
    if (!/^# yarn lockfile v1\s*$/m.test(text))
      throw malformed('neither "# yarn lockfile v1" nor "__metadata" is there', 1)
    return findV1(file, text)
  },
}

function findV1(file: SourceFile, text: string): Found {
  const notices: Notice[] = []
  const dependencies = parseYarnV1(text).map((entry) => readV1(file, entry, notices))
  return { dependencies, notices }
}

function readV1({ path }: SourceFile, { patterns, fields, line }: YarnV1Entry, notices: Notice[]): Dependency {
  const [first = ''] = patterns
  const [, asked = first, range = ''] = /^((?:@[^/]+\/)?[^@]+)(?:@(.*))?$/s.exec(first) ?? []
  const name = /^npm:((?:@[^/]+\/)?[^@]+)(?:@|$)/.exec(range)?.[1] ?? asked
  const version = fields.get('version')
  if (version === undefined) throw malformed(`the entry ${JSON.stringify(first.slice(0, 100))} has no version`, line)
  const common = {
    ecosystem: 'npm',
    name,
    version,
    file: path,
    line,
    scope: 'unspecified' as const,
    ...(name === asked ? {} : { alias: asked }),
  }
  const resolved = fields.get('resolved')
  const integrity = fields.get('integrity')
  const strong = integrity === undefined ? {} : atLine(line, () => parseIntegrity(integrity))
  if (resolved === undefined) {
    // yarn writes no `resolved` for a folder; from a registry it always does, except for what came out of a mirror.
    const place = /^(?:file|link):(.*)$/.exec(range)?.[1]
    if (place !== undefined)
      return entryOf({ ...common, source: range.startsWith('link:') ? 'link' : 'file', location: place })
    return entryOf({ ...common, source: 'registry', digests: strong })
  }
  // yarn before 1.10 wrote sha1 as the fragment of the URL only.
  const [url = '', fragment = ''] = /^https?:/.test(resolved) ? resolved.split('#') : [resolved]
  const { delivers, digests, ...origin } = npmOrigin(isTarball(url) ? url : resolved, name, version)
  if (delivers !== undefined) notices.push(mismatchNotice(common, delivers))
  const weak = origin.source !== 'git' && /^[0-9a-f]{40}$/.test(fragment) ? { sha1: fragment } : {}
  return entryOf({ ...common, ...origin, digests: { ...digests, ...weak, ...strong } })
}

const isTarball = (url: string): boolean => /\.t(?:ar\.)?gz(?:\?|$)/.test(url) || url.includes('/download/')

/** Source: yarnpkg/berry `Project.ts`, `structUtils.ts`. Version 8 is yarn 4, 9 and 10 its successors. */
const BERRY_VERSIONS = [4, 5, 6, 7, 8, 9, 10]

function findBerry(file: SourceFile, text: string): Found {
  const yaml = parseBlockYaml(text, 2)
  const metadata = yaml.root.__metadata
  const version = isJsonObject(metadata) ? Number(metadata.version) : Number.NaN
  if (!BERRY_VERSIONS.includes(version)) throw unknownVersion('yarn.lock', version, yaml.lineOf('__metadata'))
  const dependencies: Dependency[] = []
  for (const [key, value] of Object.entries(yaml.root)) {
    if (key === '__metadata') continue
    const line = yaml.lineOf(key)
    const { resolution, checksum, version: locked } = isJsonObject(value) ? value : {}
    if (typeof resolution !== 'string') {
      throw malformed(`the entry ${JSON.stringify(key.slice(0, 100))} has no resolution`, line)
    }
    const found = readBerry(file.path, key, resolution, typeof locked === 'string' ? locked : undefined, line)
    if (found !== undefined) dependencies.push(typeof checksum === 'string' ? { ...found, checksum } : found)
  }
  return { dependencies }
}

function readBerry(file: string, key: string, resolution: string, locked: string | undefined, line: number) {
  const [, name, reference = ''] = /^((?:@[^/@]+\/)?[^/@]+)@(.+)$/s.exec(resolution) ?? []
  if (name === undefined)
    throw malformed(`the resolution ${JSON.stringify(resolution.slice(0, 100))} names nothing`, line)
  const asked = /^((?:@[^/@]+\/)?[^/@]+)@/.exec(key)?.[1]
  const common = {
    ecosystem: 'npm',
    name,
    version: locked,
    file,
    line,
    scope: 'unspecified' as const,
    ...(asked === undefined || asked === name ? {} : { alias: asked }),
  }
  const [place = '', parameters] = reference.split('::')
  if (place.startsWith('npm:')) return readBerryNpm(common, place.slice('npm:'.length), parameters)
  if (place.startsWith('workspace:')) {
    const location = place.slice('workspace:'.length)
    // The project itself.
    return location === '.' ? undefined : entryOf({ ...common, source: 'workspace', location })
  }
  if (place.startsWith('patch:')) return entryOf({ ...common, source: 'patch', location: `${name}@${locked ?? ''}` })
  if (place.startsWith('exec:')) return entryOf({ ...common, source: 'file', location: place.slice('exec:'.length) })
  return entryOf({ ...common, ...npmOrigin(place, name, locked) })
}

type Common = Parameters<typeof entryOf>[0] extends infer D ? Omit<Extract<D, object>, 'source' | 'location'> : never

/** `__archiveUrl` is where a registry of its own keeps the archive; without it the registry decides. */
function readBerryNpm(common: Common, version: string, parameters: string | undefined): Dependency {
  const archive = parameters === undefined ? null : new URLSearchParams(parameters).get('__archiveUrl')
  const origin = archive === null ? { source: 'registry' as const } : npmOrigin(archive, common.name, version)
  return entryOf({
    ...common,
    version,
    source: origin.source,
    ...('location' in origin ? { location: origin.location } : {}),
  })
}
