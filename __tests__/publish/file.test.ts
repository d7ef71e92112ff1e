import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { filePublisher, recordAttestationPath } from '../../src/publish/file.ts'
import { makeRequest, refusal } from './fixtures.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cleanbill-file-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('writes the bundle as one line of JSON and leaves nothing else behind', async () => {
  const path = join(folder, 'out', 'attestation.json')
  const request = makeRequest()
  expect(await filePublisher({ path }).publish(request)).toEqual({ publisher: 'file', path })
  const text = await readFile(path, 'utf8')
  expect(text.split('\n')).toHaveLength(2)
  expect(JSON.parse(text)).toEqual(request.bundle)
  expect(await readdir(join(folder, 'out'))).toEqual(['attestation.json'])
})

test('asks the caller for the name of each statement', async () => {
  const publisher = filePublisher({
    path: ({ statement }) => join(folder, `${statement.subject[0]?.digest.sha256}.json`),
  })
  const paths = [await publisher.publish(makeRequest('a')), await publisher.publish(makeRequest('b'))]
  expect(new Set(paths.map(({ path }) => path)).size).toBe(2)
})

test('refuses a relative path: the working directory is not ours to guess', async () => {
  expect((await refusal(filePublisher({ path: 'attestation.json' }).publish(makeRequest()))).code).toBe('PATH_UNSAFE')
})

test('names the fault when the file cannot be written', async () => {
  await writeFile(join(folder, 'file'), '')
  const publisher = filePublisher({ path: join(folder, 'file', 'attestation.json') })
  expect((await refusal(publisher.publish(makeRequest()))).code).toBe('WRITE_FAILED')
})

test('refuses to keep a bundle of another version, or one with something else inside', async () => {
  const publisher = filePublisher({ path: join(folder, 'attestation.json') })
  const { bundle, statement } = makeRequest()
  const old = { ...bundle, mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2' }
  expect((await refusal(publisher.publish({ bundle: old, statement }))).code).toBe('BUNDLE_VERSION')
  const more = await refusal(publisher.publish({ bundle: { ...bundle, messageSignature: {} }, statement }))
  expect(more).toMatchObject({ code: 'BUNDLE_MALFORMED', class: 'tool' })
  const { dsseEnvelope: _, ...less } = bundle
  expect((await refusal(publisher.publish({ bundle: less, statement }))).code).toBe('BUNDLE_MALFORMED')
})

test('adds the bundle to the list other tools read, below what is there, even without a last newline', async () => {
  const list = join(folder, 'created_attestation_paths.txt')
  await writeFile(list, '/theirs.json')
  expect(await recordAttestationPath(folder, '/ours/1.json')).toBe(true)
  expect(await recordAttestationPath(folder, '/ours/2.json')).toBe(true)
  expect(await readFile(list, 'utf8')).toBe('/theirs.json\n/ours/1.json\n/ours/2.json\n')
})

test('writes no list outside a runner, and no path that would be two lines', async () => {
  expect(await recordAttestationPath(undefined, '/a')).toBe(false)
  expect(await recordAttestationPath('', '/a')).toBe(false)
  expect(await recordAttestationPath(folder, '/a\n/b')).toBe(false)
  expect(await readdir(folder)).toEqual([])
})

test('does not write through a symlink that the command planted, and does not hang on its pipe', async () => {
  const list = join(folder, 'created_attestation_paths.txt')
  const victim = join(folder, 'victim')
  await writeFile(victim, 'untouched')
  await symlink(victim, list)
  expect((await refusal(recordAttestationPath(folder, '/a'))).code).toBe('PATH_UNSAFE')
  expect(await readFile(victim, 'utf8')).toBe('untouched')
  await rm(list)
  execFileSync('mkfifo', [list])
  expect((await refusal(recordAttestationPath(folder, '/a'))).code).toBe('PATH_UNSAFE')
})
