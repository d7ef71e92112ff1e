import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ARTIFACTS_MAX_BYTES, type DeclaredOutput, declareArtifacts } from '../../src/publish/declare-artifacts.ts'

let folder = ''
let channel = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cleanbill-declare-'))
  channel = join(folder, 'artifacts_channel')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function output(name: string): Promise<DeclaredOutput> {
  await mkdir(join(folder, name, '..'), { recursive: true })
  await writeFile(join(folder, name), name)
  return { kind: 'file', path: join(folder, name) }
}
const image = (reference: string): DeclaredOutput => ({ kind: 'image', reference })
const reasons = ({ leftOut }: Awaited<ReturnType<typeof declareArtifacts>>) => leftOut.map(({ reason }) => reason)
const HEX = 'ab'.repeat(32)

test('declares files and images, one line each, below the lines of others', async () => {
  await writeFile(channel, '# theirs\nfile:///elsewhere/theirs.bin')
  const outputs = [await output('model.bin'), image(`oci://ghcr.io/acme/app:v1@sha256:${HEX}`)]
  const result = await declareArtifacts(channel, outputs)
  expect(result).toEqual({ declared: outputs, leftOut: [] })
  expect(await readFile(channel, 'utf8')).toBe(
    `# theirs\nfile:///elsewhere/theirs.bin\nfile://${folder}/model.bin\noci://ghcr.io/acme/app:v1@sha256:${HEX}\n`,
  )
})

test('does nothing where the runner offers no channel', async () => {
  expect(await declareArtifacts(undefined, [await output('a')])).toEqual({ declared: [], leftOut: [] })
  expect(await declareArtifacts('', [await output('a')])).toEqual({ declared: [], leftOut: [] })
})

test('leaves out names that the channel reserves or would misread', async () => {
  const outputs = [await output('a=b'), await output('a\nb'), await output('a\rb'), await output('blank ')]
  expect(reasons(await declareArtifacts(channel, outputs))).toEqual(['name', 'name', 'name', 'name'])
})

test('leaves out directories, symlinks and files that are gone: the runner would fail the step', async () => {
  const { path } = (await output('real')) as { path: string }
  await symlink(path, join(folder, 'link'))
  const file = (name: string): DeclaredOutput => ({ kind: 'file', path: join(folder, name) })
  const result = await declareArtifacts(channel, [
    file('.'),
    file('link'),
    file('gone'),
    { kind: 'file', path: 'real' },
  ])
  expect(reasons(result)).toEqual(['not-a-file', 'not-a-file', 'not-a-file', 'not-a-file'])
})

test('leaves out two files with one base name, and one whose base name somebody else declared', async () => {
  await writeFile(channel, '/other/taken.bin\n')
  const outputs = [
    await output('a/shard.bin'),
    await output('b/shard.bin'),
    await output('taken.bin'),
    await output('ok'),
  ]
  const result = await declareArtifacts(channel, outputs)
  expect(reasons(result)).toEqual(['base-name-twice', 'base-name-twice', 'base-name-twice'])
  expect(result.declared).toEqual([outputs[3]])
})

test('leaves out images without a digest or with a name that is none', async () => {
  const outputs = [image('oci://ghcr.io/acme/app:v1'), image(`ghcr.io/ACME/app@sha256:${HEX}`)]
  expect(reasons(await declareArtifacts(channel, outputs))).toEqual(['no-digest', 'name'])
})

test('declares the same output once, also when it stands there already', async () => {
  const one = await output('model.bin')
  await declareArtifacts(channel, [one, one])
  await declareArtifacts(channel, [one])
  expect(await readFile(channel, 'utf8')).toBe(`file://${folder}/model.bin\n`)
})

test('stops at 500 subjects', async () => {
  await writeFile(channel, Array.from({ length: 499 }, (_, index) => `/x/${index}.bin\n`).join(''))
  const result = await declareArtifacts(channel, [await output('a'), await output('b')])
  expect(result.declared).toHaveLength(1)
  expect(reasons(result)).toEqual(['limit'])
})

test('stops at one mebibyte', async () => {
  await writeFile(channel, `#${'x'.repeat(ARTIFACTS_MAX_BYTES - 20)}\n`)
  expect(reasons(await declareArtifacts(channel, [await output('a')]))).toEqual(['limit'])
})

test('does not touch a channel that is a symlink', async () => {
  await writeFile(join(folder, 'victim'), '')
  await symlink(join(folder, 'victim'), channel)
  expect(reasons(await declareArtifacts(channel, [await output('a')]))).toEqual(['channel'])
  expect(await readFile(join(folder, 'victim'), 'utf8')).toBe('')
})
