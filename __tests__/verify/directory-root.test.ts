import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { omsRoot } from '../../src/model/predicates/oms.ts'
import { observeDirectory } from '../../src/verify/directory-root.ts'
import { sha256 } from '../support/real-signer.ts'

const base = mkdtempSync(join(tmpdir(), 'cleanbill-root-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

let folder: string
let count = 0
beforeEach(() => {
  folder = join(base, String(++count))
  mkdirSync(folder)
})
function write(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), name)
  }
}
const rootOf = (...names: string[]) =>
  omsRoot(names.map((name) => ({ name, digest: sha256(name), algorithm: 'sha256' as const })))

describe('observeDirectory', () => {
  it('has the root by whole names and the one by their parts, at any depth', async () => {
    const byNames = ['dir-x', 'dir.json', 'dir/a.json', 'dir/a/c', 'dir/ab', 'dir/b.bin', 'dir0']
    const byParts = ['dir/a/c', 'dir/a.json', 'dir/ab', 'dir/b.bin', 'dir-x', 'dir.json', 'dir0']
    write(...byNames)
    expect((await observeDirectory(folder, [])).roots).toStrictEqual([rootOf(...byNames), rootOf(...byParts)])
  })

  it('has one root where both orders agree', async () => {
    write('a/x', 'a/y', 'b')
    expect((await observeDirectory(folder, [])).roots).toStrictEqual([rootOf('a/x', 'a/y', 'b')])
  })

  it('tells how many bytes it has read', async () => {
    write('abc', 'defgh')
    let bytes = 0
    await observeDirectory(folder, [], (more) => {
      bytes += more
    })
    expect(bytes).toBe(8)
  })

  it('says of an empty directory that the caller named it, and of a link that somebody made it', async () => {
    await expect(observeDirectory(folder, [])).rejects.toMatchObject({ code: 'SUBJECT_EMPTY', class: 'usage' })
    write('a')
    symlinkSync('a', join(folder, 'link'))
    await expect(observeDirectory(folder, [])).rejects.toMatchObject({
      code: 'PATH_UNSAFE',
      class: 'refused',
      cause: expect.objectContaining({ code: 'PATH_UNSAFE' }),
    })
  })
})
