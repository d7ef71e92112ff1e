import { describe, expect, it } from 'vitest'
import { checkIgnorePaths, checkResourceName, hiddenByIgnores } from '../../src/verify/model-paths.ts'
import { codeOf } from '../support/real-signer.ts'

describe('checkResourceName', () => {
  it('takes a path below the model', async () => {
    for (const name of ['a', 'a/b.bin', 'ab:c', '..a', 'a..']) {
      expect(await codeOf(() => checkResourceName(name))).toBeUndefined()
    }
  })

  it.for(['', '/a', 'a/', 'a//b', '.', './a', 'a/./b', '..', '../a', 'a/../b', 'a\\b', 'a\0b', 'C:', 'c:/a'])(
    'refuses %j, which leads out of it or names a file twice',
    async (name) => {
      expect(await codeOf(() => checkResourceName(name))).toBe('PATH_UNSAFE')
    },
  )
})

describe('checkIgnorePaths', () => {
  it('takes exact paths, however they are written', () => {
    expect(checkIgnorePaths(['a', './b', 'c/d/', 'e//'])).toStrictEqual(['a', 'b', 'c/d', 'e'])
  })

  it.for(['', '.', './', '/', '..', 'a/../b', 'a/./b', 'a//b', '*', 'a?', '[a]', 'a\\b'])(
    'refuses %j, which leaves out an unknown part of the model',
    async (path) => {
      expect(await codeOf(() => checkIgnorePaths([path]))).toBe('IGNORE_TOO_WIDE')
    },
  )
})

describe('hiddenByIgnores', () => {
  it('names what lies at or under the paths that the signer left out', () => {
    expect(hiddenByIgnores(['a.txt', 'b/c.txt', 'bc.txt', 'd.txt'], ['a.txt', 'b'])).toStrictEqual(['a.txt', 'b/c.txt'])
  })

  it('leaves to others what the specification leaves out anyway', () => {
    expect(hiddenByIgnores(['.git/config.json', '.github/x.py'], ['.git', '.github'])).toStrictEqual([])
  })

  it.for(['run.py', 'b/model.SAFETENSORS', 'b/config.json'])(
    'refuses to hide %s, which a loader may run',
    async (file) => {
      expect(await codeOf(() => hiddenByIgnores([file], [file]))).toBe('IGNORE_TOO_WIDE')
    },
  )

  it('hides what has no ending, or an empty one', () => {
    expect(hiddenByIgnores(['LICENSE', 'a.'], ['LICENSE', 'a.'])).toStrictEqual(['LICENSE', 'a.'])
  })
})

it('repeats no more than the beginning of a name that a stranger chose', () => {
  const long = 'y'.repeat(300)
  expect(() => checkResourceName(`${long}/../x`)).toThrow(/^"y{120}" is not/)
  expect(() => checkIgnorePaths([`${long}*`])).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/"y{120}"$/),
      hint: expect.stringContaining('unknown part of the model'),
    }),
  )
  expect(() => hiddenByIgnores([`${long}.py`], [`${long}.py`])).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/"y{120}", which a loader may run$/),
      hint: expect.stringContaining('--ignore-path'),
    }),
  )
})
