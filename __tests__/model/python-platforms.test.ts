import { describe, expect, it } from 'vitest'
import { filesForPlatforms } from '../../src/model/python-platforms.ts'

const wheel = (tags: string) => ({ name: `foo-1.0-${tags}.whl`, digests: {} })
const SDIST = { name: 'foo-1.0.tar.gz', digests: {} }
const FILES = [
  wheel('cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64'),
  wheel('cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64'),
  wheel('cp312-cp312-musllinux_1_2_x86_64'),
  wheel('cp312-cp312-manylinux_2_17_aarch64'),
  wheel('cp312-cp312-macosx_11_0_arm64'),
  wheel('cp312-cp312-macosx_10_9_x86_64'),
  wheel('cp312-cp312-macosx_10_9_universal2'),
  wheel('cp312-cp312-win_amd64'),
  wheel('cp312-cp312-win32'),
  wheel('cp38-abi3-linux_x86_64'),
  wheel('pp310-pypy310_pp73-manylinux1_x86_64'),
  SDIST,
]
const checked = (platforms: readonly string[], python?: string, files = FILES) => {
  const result = filesForPlatforms(files, platforms, python)
  expect(new Set([...result.checked, ...result.pinned])).toStrictEqual(new Set(files))
  expect(result.checked.length + result.pinned.length).toBe(files.length)
  return result.checked.map(({ name }) => FILES.findIndex((file) => file.name === name))
}

describe('filesForPlatforms', () => {
  it.each<[readonly string[], string | undefined, readonly number[]]>([
    [['linux-x64'], undefined, [0, 1, 9, 10]],
    [['linux-x64'], '3.12', [1, 9]],
    [['linux-x64'], '3.11', [0, 9]],
    [['linux-x64-musl'], '3.12', [2, 9]],
    [['linux-x64-gnu'], '3.12', [1, 9]],
    [['linux-arm64'], undefined, [3]],
    [['darwin-arm64'], undefined, [4, 6]],
    [['darwin-x64'], undefined, [5, 6]],
    [['win32-x64'], undefined, [7]],
    [['win32-ia32'], undefined, [8]],
    [['linux-arm64', 'win32-x64'], undefined, [3, 7]],
    [['linux-s390x'], undefined, [11]],
    [['linux-s390x', 'win32-x64'], undefined, [7, 11]],
    [['win32-arm64'], undefined, [11]],
  ])('of %j with Python %s', (platforms, python, expected) => {
    expect(checked(platforms, python)).toStrictEqual(expected)
  })

  it('takes a wheel for any platform everywhere, and no archive beside it', () => {
    const files = [wheel('py3-none-any'), SDIST]
    for (const platform of ['linux-x64', 'darwin-arm64', 'win32-x64', 'linux-riscv64']) {
      expect(filesForPlatforms(files, [platform]).checked).toStrictEqual([files[0]])
    }
    expect(filesForPlatforms(files, ['linux-x64'], '2.7').checked).toStrictEqual([SDIST])
  })

  it.each([[[]], [['plan9-mips']], [['linux']], [['freebsd-x64']], [['linux-constructor']], [['']]])(
    'takes everything where it cannot tell: %j',
    (platforms) => {
      expect(filesForPlatforms(FILES, platforms)).toStrictEqual({ checked: FILES, pinned: [] })
    },
  )

  it('takes what has no name, or one that it cannot read', () => {
    const files = [
      wheel('cp312-cp312-win_amd64'),
      { digests: { sha256: 'a' } },
      { name: 'foo.egg', digests: {} },
      SDIST,
    ]
    expect(filesForPlatforms(files, ['win32-x64']).checked).toStrictEqual(files.slice(0, 3))
  })

  it('is not fooled by a tag that only looks alike', () => {
    const files = [wheel('py3-none-linux_x86_64_evil'), wheel('py3-none-win_amd64x'), SDIST]
    expect(filesForPlatforms(files, ['linux-x64', 'win32-x64']).checked).toStrictEqual([SDIST])
  })

  it.each<[tags: string, platform: string, python: string | undefined, installs: boolean]>([
    ['py3-none-manylinux2014_i686', 'linux-ia32', undefined, true],
    ['py3-none-manylinux2014_armv7l', 'linux-arm', undefined, true],
    ['py3-none-manylinux2014_ppc64le', 'linux-ppc64', undefined, true],
    ['py3-none-manylinux2014_s390x', 'linux-s390x', undefined, true],
    ['py3-none-manylinux_2_31_riscv64', 'linux-riscv64', undefined, true],
    ['py3-none-macosx_10_9_intel', 'darwin-x64', undefined, true],
    ['py3-none-macosx_10_9_fat64', 'darwin-x64', undefined, true],
    ['py3-none-macosx_10_9_universal', 'darwin-x64', undefined, true],
    ['py3-none-macosx_10_9_intel', 'darwin-arm64', undefined, false],
    ['py3-none-win_arm64', 'win32-arm64', undefined, true],
    ['py3-none-win_amd64.linux_x86_64', 'linux-x64', undefined, true],
    ['py3-none-win32', 'linux-ia32', undefined, false],
    ['py3-none-win32', 'linux-arm', undefined, false],
    ['py3-none-win32', 'linux-ppc64', undefined, false],
    ['py2.py3-none-any', 'linux-x64', '3.12', true],
    ['py2-none-any', 'linux-x64', '3.12', false],
    ['py38-none-any', 'linux-x64', '3.8', true],
    ['py38-none-any', 'linux-x64', '3.12', true],
    ['py313-none-any', 'linux-x64', '3.12', false],
    ['py38-cp38-any', 'linux-x64', '3.12', true],
    ['cp38-none-any', 'linux-x64', '3.12', true],
    ['cp38-abi3-any', 'linux-x64', '3.12', true],
    ['cp313-abi3-any', 'linux-x64', '3.12', false],
    ['cp38-cp38-any', 'linux-x64', '3.12', false],
    ['cp3-cp3-any', 'linux-x64', '3.12', true],
    ['xcp312-cp312-any', 'linux-x64', '3.12', false],
    ['cp312x-cp312-any', 'linux-x64', '3.12', false],
  ])('of a wheel %s on %s with Python %s: %s', (tags, platform, python, installs) => {
    const file = wheel(tags)
    expect(filesForPlatforms([file], [platform], python).checked).toStrictEqual(installs ? [file] : [])
  })
})
