import { z } from 'zod'
import type { WorldDescription } from './description.ts'

/**
 * `world.yaml` as people write it. Strict everywhere: a misspelled field would silently leave a default in its place,
 * and the story would be another one than its author believes.
 */
const text = z.string().min(1)
/** An unquoted `1.0` is a number in YAML and has lost its zero: versions and commits have to be texts. */
const maybe = text.exactOptional()
const time = z.iso.datetime({ offset: true })
const maybeTime = time.exactOptional()
/** Numeric ids may be written without quotes where that loses nothing. */
const id = z.union([text, z.int().nonnegative().transform(String)])
const maybeId = id.exactOptional()
const ecosystem = z.enum(['npm', 'pypi', 'cargo', 'go', 'rubygems', 'maven'])
const repositoryName = z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'is not owner/name')
const commit = z.string().regex(/^[0-9a-f]{40}$/, 'is not a commit of 40 hex digits')
const texts = z.record(z.string(), z.string())
const yes = z.boolean().exactOptional()

const attestation = z.strictObject({
  repository: repositoryName,
  ref: maybe,
  commit: commit.exactOptional(),
  workflow: maybe,
  signerRepository: repositoryName.exactOptional(),
  signerWorkflow: maybe,
  signerRef: maybe,
  trigger: maybe,
  issuer: maybe,
  runner: text.nullable().exactOptional(),
  environment: maybe,
  run: maybeId,
  signedAt: maybeTime,
  instance: z.enum(['sigstore', 'github']).exactOptional(),
  predicateType: maybe,
  broken: z.enum(['signature', 'digest', 'name', 'claims', 'no-publish', 'malformed']).exactOptional(),
})
const maybeAttestation = attestation.exactOptional()

const file = z.strictObject({
  name: text,
  digests: z.record(z.enum(['sha1', 'sha256', 'sha384', 'sha512', 'md5', 'dirHash']), z.string()).exactOptional(),
  bytes: z.int().nonnegative().exactOptional(),
  attestation: attestation.nullable().exactOptional(),
})

const pack = z.strictObject({
  ecosystem,
  name: text,
  version: text,
  publishedAt: maybeTime,
  files: z.array(file).min(1).exactOptional(),
  dependencies: texts.exactOptional(),
  scripts: texts.exactOptional(),
  archive: texts.exactOptional(),
  publisher: maybe,
  repository: repositoryName.exactOptional(),
  yanked: yes,
  attestation: maybeAttestation,
  onGithub: yes,
})

const step = z.strictObject({ name: text, conclusion: z.string(), startedAt: time, completedAt: time })
const job = z.strictObject({ ...step.shape, steps: z.array(step) })
const run = z.strictObject({
  id,
  attempt: maybeId,
  status: z.enum(['completed', 'in_progress']).exactOptional(),
  conclusion: maybe,
  event: maybe,
  commit,
  path: maybe,
  startedAt: time,
  updatedAt: time,
  jobs: z.array(job).exactOptional(),
  deleted: yes,
})

const repository = z.strictObject({
  name: repositoryName,
  createdAt: maybeTime,
  id: maybeId,
  ownerId: maybeId,
  visibility: z.enum(['public', 'private']).exactOptional(),
  defaultBranch: maybe,
  branches: z.record(text, z.array(commit)).exactOptional(),
  orphans: z.array(commit).exactOptional(),
  tags: z.array(z.strictObject({ name: text, commit, annotated: yes })).exactOptional(),
  runs: z.array(run).exactOptional(),
  pullRequests: z
    .array(
      z.strictObject({
        number: z.int().positive(),
        commit,
        author: text,
        merged: z.boolean(),
        approvers: z.array(text).exactOptional(),
        reviews: z
          .array(
            z.strictObject({
              login: text,
              state: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED', 'DISMISSED']).exactOptional(),
              commit: commit.exactOptional(),
              association: z.enum(['OWNER', 'MEMBER', 'COLLABORATOR', 'CONTRIBUTOR', 'NONE']).exactOptional(),
            }),
          )
          .exactOptional(),
      }),
    )
    .exactOptional(),
  trees: z.record(commit, texts).exactOptional(),
  releases: z
    .array(
      z.strictObject({
        tag: text,
        immutable: z.boolean(),
        broken: z.enum(['name', 'claims', 'signer']).exactOptional(),
      }),
    )
    .exactOptional(),
  status: z.int().min(400).max(599).exactOptional(),
})

const image = z.strictObject({
  name: text,
  tag: maybe,
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'is not sha256:HEX')
    .exactOptional(),
  attestation: maybeAttestation,
  referrers: z.enum(['api', 'tag', 'none']).exactOptional(),
})

const model = z.strictObject({
  name: repositoryName,
  type: z.enum(['models', 'datasets']),
  ownerId: id,
  createdAt: maybeTime,
  revision: commit,
  files: texts,
  signed: maybeAttestation,
})

const advisory = z.strictObject({
  id: text,
  ecosystem,
  name: text,
  versions: z.array(text),
  summary: maybe,
  withdrawn: maybeTime,
})

const rebuild = z.strictObject({ ecosystem, name: text, version: text, result: z.enum(['matches', 'differs']) })

const github = z.strictObject({
  bundles: z.enum(['inline', 'url', 'both', 'neither']).exactOptional(),
  nothing: z.union([z.literal(200), z.literal(404)]).exactOptional(),
  quota: z
    .strictObject({ core: z.int().nonnegative().exactOptional(), graphql: z.int().nonnegative().exactOptional() })
    .exactOptional(),
  people: z.array(text).exactOptional(),
  allowLists: z.array(text).exactOptional(),
  unrelated: z.array(commit).exactOptional(),
})

const facts = {
  packages: z.array(pack).default([]),
  repositories: z.array(repository).default([]),
  images: z.array(image).exactOptional(),
  models: z.array(model).exactOptional(),
  advisories: z.array(advisory).exactOptional(),
  rebuilds: z.array(rebuild).exactOptional(),
  github: github.exactOptional(),
}

export const worldSchema: z.ZodType<WorldDescription> = z.strictObject({
  now: maybeTime,
  ...facts,
  packages: z.array(pack),
})

/** A world at a moment that its story names. */
export const sceneSchema = z.strictObject({ now: time, ...facts })
