import { describe, expect, it } from 'vitest'
import { isCommit } from '../../src/model/digest.ts'

describe('a commit', () => {
  it.each([40, 64])('has %i hexadecimal digits', (length) => {
    expect(isCommit('0a'.repeat(length / 2))).toBe(true)
  })

  it.each([
    ['nothing', undefined],
    ['a short hash, which can be made to mean another commit', '0a'.repeat(3)],
    ['a length between those of SHA-1 and SHA-256', '0a'.repeat(25)],
    ['more than a hash', `${'0a'.repeat(20)}0`],
    ['capitals, as Git never writes them', '0A'.repeat(20)],
    ['a line behind it', `${'0a'.repeat(20)}\n`],
    ['something before it', `v${'0a'.repeat(20)}`],
  ])('is not %s', (_, text) => {
    expect(isCommit(text)).toBe(false)
  })
})
