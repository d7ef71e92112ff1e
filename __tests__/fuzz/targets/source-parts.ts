import { gzipSync } from 'node:zlib'
import { compress } from 'snappyjs'
import { writeTar, writeTarGz, writeZip } from '../../../src/embedded/world/archive-formats.ts'
import { makeHeaders } from '../../../src/io/http.ts'
import { isJsonObject, type JsonObject, parseJson } from '../../../src/model/json.ts'
import { hasNextPage } from '../../../src/source/answers.ts'
import { listTar } from '../../../src/source/archive/list-tar.ts'
import { listZip } from '../../../src/source/archive/list-zip.ts'
import { ARCHIVE_LIMITS, type Listing, withoutTop } from '../../../src/source/archive/listing.ts'
import { readEntryPoints, readPackageJson } from '../../../src/source/archive/manifest.ts'
import { RangeReader } from '../../../src/source/archive/range-reader.ts'
import { nextCursor, parseRepository, readReply } from '../../../src/source/github/api.ts'
import { parseGitLocation } from '../../../src/source/github/git-location.ts'
import {
  readCommit,
  readFirstTag,
  readJobs,
  readNamedRef,
  readRefs,
  readRepository,
  readTagsAt,
  toReviews,
} from '../../../src/source/github/read-facts.ts'
import { tagOfComment } from '../../../src/source/github/release.ts'
import { unsnap } from '../../../src/source/github/unsnap.ts'
import { reduceJson } from '../../../src/source/json-stream.ts'
import { parseIndex, parseManifest, readJson } from '../../../src/source/oci/repository.ts'
import { repairGemBundle } from '../../../src/source/repair-gem-bundle.ts'
import { indexPath } from '../../../src/source/sources/cargo.ts'
import { escapeModule } from '../../../src/source/sources/go.ts'
import { reducePackument } from '../../../src/source/sources/npm-packument.ts'
import { parseNpmVersion } from '../../../src/source/sources/npm-record.ts'
import { reduceIndex } from '../../../src/source/sources/pypi-index.ts'
import { piecesOf } from '../../support/plain-client.ts'
import { binaryTarget, documentTarget, jsonSeeds, type Target, textTarget } from '../engine/target.ts'
import { BUNDLE, bundleSeeds } from './bundle-seeds.ts'

/** Smaller than in earnest, so that an input of a fuzz run can reach them. */
const LIMITS = {
  ...ARCHIVE_LIMITS,
  packedBytes: 200_000,
  unpackedBytes: 2_000_000,
  entries: 200,
  manifestBytes: 10_000,
}

const FILES = { 'package/package.json': '{"name":"a","scripts":{"install":"b"}}', 'package/lib/é.js': 'x'.repeat(700) }
const NESTED = { 'metadata.gz': gzipSync('a'), 'data.tar.gz': writeTarGz(FILES) }

function wrongListing({ files, contents, truncated }: Listing): string | undefined {
  if (files.length > LIMITS.entries) return `${files.length} entries are listed`
  if (files.some(({ path, bytes }) => path.length > LIMITS.pathLength || !(bytes >= 0)))
    return 'an entry is beyond its cap'
  if (contents.some(({ bytes }) => bytes.length > LIMITS.manifestBytes)) return 'a content is beyond its cap'
  return typeof truncated === 'boolean' ? undefined : 'does not say whether it is whole'
}

const rangeOf = (bytes: Uint8Array): RangeReader =>
  new RangeReader(bytes.length, { start: 0, bytes: Buffer.from(bytes) }, async () => Buffer.alloc(0))

const oid = 'a'.repeat(40)
const compare = { status: 'BEHIND', headTarget: { oid } }
const tag = { name: 'v1', target: { __typename: 'Tag', oid, target: { oid } } }
const steps = [{ name: 's', conclusion: 'SUCCESS', startedAt: null, completedAt: '2026-01-01T00:00:00Z' }]
const last = { hasNextPage: false }
/** What GitHub's GraphQL answers to each of our questions, all in one object. */
const GRAPHQL = {
  databaseId: 42,
  owner: { databaseId: 7 },
  defaultBranchRef: { name: 'main', compare },
  object: {
    __typename: 'Commit',
    checkSuites: {
      pageInfo: last,
      nodes: [
        { id: 'x', status: 'COMPLETED', conclusion: 'SUCCESS', updatedAt: '2026-01-01T00:00:00Z', workflowRun: null },
      ],
    },
    associatedPullRequests: {
      nodes: [
        {
          ...{ number: 5, merged: true, author: { login: 'a' }, headRefOid: oid },
          latestOpinionatedReviews: { nodes: [{ state: 'APPROVED', author: { login: 'b' }, commit: { oid } }] },
        },
      ],
    },
  },
  tags: { nodes: [tag] },
  tagged: tag,
  branch: null,
  tag0: null,
  tag1: tag,
  exact0: { prefix: 'refs/heads/', name: 'main', compare },
  under0: { pageInfo: last, nodes: [{ prefix: 'refs/heads/', name: 'v1', compare: null }] },
  checkRuns: {
    pageInfo: last,
    nodes: [{ ...steps[0], status: 'COMPLETED', steps: { pageInfo: last, nodes: steps } }],
  },
}

function readAll(value: JsonObject) {
  const approvals = toReviews(readCommit(value)?.associatedPullRequests?.nodes ?? [])
  return [
    readRepository(value),
    readTagsAt(value, oid),
    readNamedRef(value),
    readFirstTag(value, 2),
    readRefs(value),
    readJobs(value),
    approvals,
  ]
}

const room = (file: string, ...names: readonly string[]) => names.map((name) => `src/source/${file}.ts ${name}`)

const descriptor = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: `sha256:${'a'.repeat(64)}`,
  size: 7,
}
const MANIFEST = { schemaVersion: 2, mediaType: descriptor.mediaType, config: descriptor, layers: [descriptor] }
const INDEX = {
  schemaVersion: 2,
  manifests: [{ ...descriptor, platform: { os: 'linux', architecture: 'amd64' }, annotations: { a: 'b' } }],
}

const PACKUMENT = {
  name: 'a',
  versions: { '1.0.0': { dist: { attestations: { url: 'b' }, shasum: 'c' }, scripts: {} }, '1.1.0': { dist: {} } },
  time: { '1.0.0': '2026-01-01T00:00:00Z' },
}
const PYPI = {
  meta: { 'api-version': '1.3' },
  name: 'a',
  files: ['a-1.0-py3-none-any.whl', 'a-1.0.tar.gz', 'a-0.9.zip'].map((filename) => ({
    ...{ filename, url: `/${filename}`, hashes: { sha256: 'a'.repeat(64) }, yanked: false, provenance: null },
  })),
}
const NPM = {
  ...{ name: 'a', version: '1.0.0', dependencies: { b: '1' }, scripts: { install: 'c' }, repository: { url: 'd' } },
  dist: {
    integrity: `sha512-${Buffer.alloc(64).toString('base64')}`,
    shasum: 'a'.repeat(40),
    signatures: [{ keyid: 'SHA256:a', sig: 'AAAA' }],
    attestations: { url: 'e' },
  },
}

/** Readers of sources that are exported by themselves, where an input reaches them without a way around. */
export const SOURCE_PARTS: readonly Target[] = [
  binaryTarget('source/tar', {
    covers: room('archive/list-tar', 'listTar'),
    seeds: () => [writeTar(FILES), writeTarGz(FILES), writeTar(NESTED), gzipSync(Buffer.alloc(5_000_000))],
    run: (bytes) =>
      listTar(piecesOf(bytes, 777), {
        ...{ limits: LIMITS, rename: withoutTop, wants: (path) => path === 'package.json' },
        nested: (path) => path === 'data.tar.gz',
      }),
    complain: wrongListing,
  }),
  binaryTarget('source/zip', {
    covers: room('archive/list-zip', 'listZip'),
    seeds: () => [
      writeZip(FILES),
      writeZip({ 'a.dist-info/entry_points.txt': '[console_scripts]\na = b:c\n', '../x': '' }),
    ],
    run: (bytes) => listZip(rangeOf(bytes), (path) => path.endsWith('.txt'), LIMITS),
    complain: wrongListing,
  }),
  documentTarget('source/manifests', {
    covers: room('archive/manifest', 'readPackageJson', 'readEntryPoints'),
    seeds: () => [
      '[console_scripts]\na = b:c\n\n[group]\nd=e\n',
      JSON.stringify({ name: '@a/b', bin: { c: 'd' }, scripts: { install: 'e' }, gypfile: true }),
      JSON.stringify({ name: '@a/b', bin: 'c' }),
    ],
    run: (bytes) => {
      const listing = { files: [], contents: [{ path: 'a', bytes }], truncated: false }
      return [readEntryPoints(listing), readPackageJson(listing)]
    },
  }),
  binaryTarget('source/snappy', {
    covers: room('github/unsnap', 'unsnap'),
    seeds: () => [compress(Buffer.from(JSON.stringify(BUNDLE))), compress(Buffer.alloc(3_000, 65))],
    run: (bytes) => unsnap(bytes, 1_000_000),
    complain: (bytes) => (bytes.length <= 1_000_000 ? undefined : 'is longer than its cap'),
  }),
  documentTarget('source/json-stream', {
    covers: room('json-stream', 'reduceJson'),
    seeds: bundleSeeds,
    run: async (bytes) => {
      const kept: Uint8Array[] = []
      const choose = (path: readonly string[]) => (path.length < 2 ? 'enter' : path.length === 2 ? 'keep' : 'skip')
      const limits = { maxDepth: 32, maxValueBytes: 50_000 }
      await reduceJson(piecesOf(bytes, 100), 'it', { choose, onValue: (_, value) => void kept.push(value) }, limits)
      return kept
    },
    complain: (kept) => (kept.every(({ length }) => length <= 50_000) ? undefined : 'a value is longer than its cap'),
  }),
  documentTarget('source/packument', {
    covers: room('sources/npm-packument', 'reducePackument'),
    seeds: jsonSeeds(PACKUMENT),
    run: (bytes) => reducePackument(piecesOf(bytes, 1_000), 'a'),
  }),
  documentTarget('source/python-index', {
    covers: room('sources/pypi-index', 'reduceIndex'),
    seeds: jsonSeeds(PYPI),
    run: (bytes) => reduceIndex(piecesOf(bytes, 1_000), { name: 'a', version: '1.0' }),
  }),
  documentTarget('source/npm-version', {
    covers: room('sources/npm-record', 'parseNpmVersion'),
    seeds: jsonSeeds(NPM, { ...NPM, repository: 'd' }),
    run: (bytes) => parseNpmVersion(bytes, { name: 'a', version: '1.0.0', origin: 'b' }),
    complain: ({ name, version }) => (name === 'a' && version === '1.0.0' ? undefined : 'is about another package'),
  }),
  documentTarget('source/graphql', {
    covers: room(
      'github/read-facts',
      ...['readRepository', 'readCommit', 'readTagsAt', 'readNamedRef', 'readFirstTag', 'readRefs', 'readJobs'],
    ),
    seeds: jsonSeeds(GRAPHQL),
    run: (bytes) => {
      const value = parseJson(bytes, 'it')
      return isJsonObject(value) ? readAll(value) : []
    },
  }),
  documentTarget('source/reply', {
    covers: room('github/api', 'readReply'),
    seeds: jsonSeeds(GRAPHQL),
    throwsNothing: true,
    run: (body) =>
      [200, 403, 404].map((status) => readReply({ kind: 'answer', status, headers: makeHeaders(), body }, 'it')),
  }),
  documentTarget('source/oci-documents', {
    covers: room('oci/repository', 'readJson', 'parseManifest', 'parseIndex'),
    seeds: jsonSeeds(MANIFEST, INDEX),
    run: (bytes) => {
      readJson(bytes, 'it')
      return 'layers' in readJson(bytes, 'it') ? parseManifest(bytes) : parseIndex(bytes)
    },
  }),
  documentTarget('source/gem-bundle', {
    covers: room('repair-gem-bundle', 'repairGemBundle'),
    seeds: jsonSeeds(BUNDLE),
    run: (bytes) => repairGemBundle(parseJson(bytes, 'it')),
  }),
  textTarget('source/links', {
    covers: [],
    seeds: () => ['<https://api.github.com/a?after=b>; rel="next", <https://c>; rel="last"', '</v2/_x>; rel=next'],
    throwsNothing: true,
    run: (text) => {
      // What a transport lets into a header.
      const headers = makeHeaders({ link: text.replace(/[^\t\x20-\x7e]/g, '').slice(0, 64 * 1024) })
      return [nextCursor(headers, 'after'), hasNextPage(headers)]
    },
  }),
  textTarget('source/names', {
    covers: [
      ...room('github/api', 'parseRepository'),
      ...room('github/git-location', 'parseGitLocation'),
      ...room('sources/go', 'escapeModule'),
    ],
    seeds: () => [
      'git+ssh://git@github.com:acme/app.git#main',
      'git@acme.ghe.com:acme/app.git',
      'github:acme/app#semver:^1',
      'https://github.com/acme/app',
      'github.com/Acme/App/v2',
      'v4.2.1 # see notes',
    ],
    throwsNothing: true,
    run: (text) => ({
      paths: [escapeModule(text), indexPath(text)],
      names: [parseRepository(text), parseGitLocation(text)?.name],
      tag: tagOfComment(text),
    }),
    complain: ({ paths, names, tag }) => {
      const all = [...paths, tag, ...names.flatMap((name) => [name?.owner, name?.name])]
      return all.some((path) => path?.split('/').includes('..')) ? 'climbs out of its place' : undefined
    },
  }),
]
