import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { lfsPaths } from '../../src/discover/lfs-paths.ts'
import { codeOf } from '../support/real-signer.ts'

const PATTERNS = [
  ...['*.bin', 'data/*', '/data/*.bin', 'data/**', '**/data/*.bin', 'data/**/x.bin', 'da**a/x.bin', '?.bin', 'a/?.bin'],
  ...[
    '[a-c].bin',
    '[!a].bin',
    '[^a].bin',
    '[]a].bin',
    'x.{bin,dat}',
    '+(a|b).bin',
    '\\*.bin',
    '**',
    '***/a.bin',
    'a/**b',
  ],
]
const PATHS = [
  ...[
    'a.bin',
    'b.bin',
    'data/x.bin',
    'data/y/x.bin',
    'data/y/z/x.bin',
    'other/data/x.bin',
    'a/b.bin',
    '].bin',
    '*.bin',
  ],
  ...['x.{bin,dat}', 'x.bin', 'x.dat', '+(a|b).bin', 'a/b/b', 'dataa/x.bin', '.hidden.bin', 'data/.hidden'],
]

const folder = mkdtempSync(join(tmpdir(), 'cleanbill-attributes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What git itself says. */
function byGit(pattern: string): string[] {
  execFileSync('git', ['init', '-q'], { cwd: folder })
  writeFileSync(join(folder, '.gitattributes'), `${pattern} filter=lfs\n`)
  const told = execFileSync('git', ['check-attr', '-z', 'filter', '--', ...PATHS], { cwd: folder, encoding: 'utf8' })
  const parts = told.split('\0')
  return PATHS.filter((_, index) => parts[index * 3 + 2] === 'lfs')
}

describe('the files that .gitattributes gives to git-lfs', () => {
  it.each(PATTERNS)('are those that git says, for %s', (pattern) => {
    expect(lfsPaths('.gitattributes', `${pattern} filter=lfs\n`, PATHS)).toStrictEqual(byGit(pattern))
  })

  it('are found in no time however many stars, braces and brackets a stranger writes', () => {
    const hostile = ['*.'.repeat(200), '{a,b}'.repeat(200), '+(+(a|a)|a)'.repeat(50), `${'*a'.repeat(300)}b`]
    const start = process.cpuUsage()
    for (const pattern of hostile) {
      expect(lfsPaths('.gitattributes', `${pattern} filter=lfs\n`, ['a'.repeat(255), 'a.'.repeat(120)])).toStrictEqual(
        [],
      )
    }
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(3000)
  })

  it('are not told where a pattern is longer than git reads', async () => {
    expect(await codeOf(() => lfsPaths('.gitattributes', `${'a'.repeat(3000)} filter=lfs\n`, ['a']))).toBe(
      'LIMIT_EXCEEDED',
    )
  })
})
