import { describe, expect, it } from 'vitest'
import { nearest } from '../../src/model/nearest.ts'

describe('the nearest known word', () => {
  it.each([
    ['profle', 'profile'],
    ['Require', 'require'],
    ['gaet', 'gate'],
    ['singer-continuity', 'signer-continuity'],
    ['xyz', undefined],
    ['attestations-of-everything', undefined],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, ['profile', 'require', 'gate', 'signer-continuity'])).toBe(expected)
  })

  it('is looked for in the beginning of a long text only', () => {
    expect(nearest('x'.repeat(1_000_000), ['gate'])).toBeUndefined()
  })
})
