import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeBase64 } from '../../../src/model/base64.ts'
import { isCleanbillError } from '../../../src/model/error.ts'
import { parseRepository } from '../../../src/publish/github-client.ts'
import { parseImageReference } from '../../../src/publish/image-reference.ts'
import { parseDockerConfig } from '../../../src/publish/registry-auth.ts'
import { parseLocation } from '../../../src/publish/registry-client.ts'
import { isGlob, parsePattern } from '../../../src/record/find-outputs.ts'
import { parseInputReference } from '../../../src/record/input-reference.ts'
import { parseDeclaredInputs, parseDeclaredOutputs } from '../../../src/record/parse-declared.ts'
import { parseIdentityToken, publicNames } from '../../../src/sign/identity-token.ts'
import { OUTBOX_SCHEMA, readOutbox } from '../../../src/sign/outbox.ts'
import { parseSigningConfig } from '../../../src/sign/signing-services.ts'
import { documentTarget, jsonSeeds, type Target, textTarget } from '../engine/target.ts'
import { BUNDLE, STATEMENT } from './bundle-seeds.ts'

const NOW = new Date('2026-11-22T12:00:00Z')

const service = (url: string, majorApiVersion = 1) => ({
  url,
  majorApiVersion,
  validFor: { start: '2024-01-01T00:00:00Z' },
  operator: 'example',
})
const SIGNING = {
  mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
  caUrls: [service('https://fulcio.example')],
  oidcUrls: [service('https://oauth.example')],
  rekorTlogUrls: [service('https://rekor.example', 2)],
  rekorTlogConfig: { selector: 'ANY' },
  tsaUrls: [service('https://tsa.example/api/v1/timestamp')],
  tsaConfig: { selector: 'ANY' },
}

function token(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256' })}.${part(claims)}.${'a'.repeat(40)}`
}
const CLAIMS = {
  iss: 'https://token.actions.githubusercontent.com',
  aud: 'sigstore',
  exp: 1_900_000_000,
  sub: 'repo:a/b',
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const waiting = {
  ...{ schema: OUTBOX_SCHEMA, sealedOn: '2026-11-22T12:00:00Z', bundle: 'a.sigstore.json' },
  reason: { code: 'STORE_UNAVAILABLE', message: 'down' },
}
const PAYLOAD = JSON.stringify(STATEMENT)

const KINDS = ['sealed', 'unpublished'] as const
let folders: string | undefined

/** An outbox with one file of this kind; the folders are those of the process, which removes them when it ends. */
function outboxWith(kind: (typeof KINDS)[number], bytes: Uint8Array): string {
  if (folders === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'cleanbill-fuzz-outbox-'))
    folders = made
    process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  }
  const outbox = join(folders, kind)
  mkdirSync(outbox, { recursive: true })
  writeFileSync(join(outbox, `a.${kind}.json`), bytes)
  return outbox
}

/** A document is of one kind at most, and refused as the other. */
async function readAsEither(bytes: Uint8Array): Promise<string[]> {
  const names: string[] = []
  for (const kind of KINDS) {
    try {
      const { statements, bundles } = await readOutbox(outboxWith(kind, bytes))
      names.push(...statements.map(({ sealed }) => sealed.bundle))
      names.push(...bundles.map(({ unpublished }) => unpublished.bundle))
    } catch (error) {
      if (!isCleanbillError(error)) throw error
    }
  }
  return names
}

const reads = (text: string): string => {
  try {
    return Buffer.from(decodeBase64(text, 'it')).toString('utf8')
  } catch {
    return text
  }
}

/** What people and platforms hand to the rooms that record, sign and publish. */
export const DOORS: readonly Target[] = [
  textTarget('publish/image-reference', {
    covers: ['src/publish/image-reference.ts parseImageReference'],
    seeds: () => [`oci://ghcr.io/acme/app:v1@sha256:${'a'.repeat(64)}`, 'localhost:5000/a/b:c', 'docker.io/alpine:3'],
    run: parseImageReference,
    complain: ({ registry, repository }) =>
      URL.canParse(`https://${registry}/v2/${repository}/tags`) && !`/${repository}/`.includes('/../')
        ? undefined
        : 'cannot be asked for',
  }),
  documentTarget('publish/docker-config', {
    covers: ['src/publish/registry-auth.ts parseDockerConfig'],
    seeds: jsonSeeds(
      { auths: { 'ghcr.io': { auth: Buffer.from('user:password').toString('base64') } } },
      { auths: { 'https://index.docker.io/v1/': { username: 'a', password: 'b', identitytoken: 'c' } } },
    ),
    run: (bytes) => ['ghcr.io', 'registry-1.docker.io'].map((host) => parseDockerConfig(bytes, host)),
  }),
  textTarget('publish/location', {
    covers: ['src/publish/registry-client.ts parseLocation'],
    seeds: () => ['/v2/a/blobs/uploads/1?b=c', 'https://other.example/x'],
    run: (text) => parseLocation(text, new URL('https://registry.example/v2/a/')),
  }),
  textTarget('publish/repository', {
    covers: ['src/publish/github-client.ts parseRepository'],
    seeds: () => ['acme/app', 'acme/.github'],
    run: parseRepository,
    complain: (parts) =>
      parts.every((part) => part !== '' && part !== '..' && !part.includes('/')) ? undefined : 'climbs',
  }),
  textTarget('record/pattern', {
    covers: ['src/record/find-outputs.ts parsePattern'],
    seeds: () => ['out/**/*.bin', '/home/me/project/out/model', './a//b/'],
    run: (text) => {
      isGlob(text)
      return parsePattern('/home/me/project', text)
    },
    complain: (path) =>
      path.startsWith('/') || path.split('/').includes('..') ? 'leads out of the workspace' : undefined,
  }),
  textTarget('record/input-reference', {
    covers: ['src/record/input-reference.ts parseInputReference'],
    seeds: () => [
      `hf://datasets/a/b@${'a'.repeat(40)}`,
      `oci://ghcr.io/a/b@sha256:${'b'.repeat(64)}`,
      'https://user:secret@example.com/a?token=b',
      'git+ssh://git@example.com/a.git@main',
      'data/train',
    ],
    run: parseInputReference,
  }),
  textTarget('record/declared', {
    covers: ['src/record/parse-declared.ts parseDeclaredInputs', 'src/record/parse-declared.ts parseDeclaredOutputs'],
    seeds: () => ['dataset: data/train\n# comment\nmodel: hf://org/base@main\n', 'model: out/**\n\nlog:a:b'],
    run: (text) =>
      [parseDeclaredInputs(text).map(({ role }) => role), parseDeclaredOutputs(text).map(({ role }) => role)].flat(),
    complain: (roles) =>
      roles.every((role) => /^[a-z][a-z0-9-]{0,63}$/.test(role)) ? undefined : 'has a role that is none',
  }),
  textTarget('sign/identity-token', {
    covers: ['src/sign/identity-token.ts parseIdentityToken'],
    seeds: () => [token(CLAIMS), token({ ...CLAIMS, aud: ['sigstore'], email: 'a@b.example' })],
    run: (text) => {
      const { claims } = parseIdentityToken(reads(text), NOW)
      return publicNames(claims)
    },
  }),
  documentTarget('sign/outbox', {
    covers: ['src/sign/outbox.ts readOutbox'],
    seeds: jsonSeeds(
      { ...waiting, statement: Buffer.from(PAYLOAD).toString('base64'), sha256: sha256(PAYLOAD) },
      { ...waiting, signed: BUNDLE, sha256: sha256(JSON.stringify(BUNDLE)), publisher: 'oci' },
    ),
    run: readAsEither,
    complain: (names) =>
      names.some((name) => /[/\\]|^\./.test(name)) ? 'would be written out of its folder' : undefined,
  }),
  documentTarget('sign/signing-config', {
    covers: ['src/sign/signing-services.ts parseSigningConfig'],
    seeds: jsonSeeds(SIGNING),
    run: (bytes) => parseSigningConfig(bytes, 'it', NOW),
    complain: ({ caUrl, tsaUrl }) => (URL.canParse(caUrl) && URL.canParse(tsaUrl) ? undefined : 'names no address'),
  }),
]
