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
    expect(nearest('x'.repeat(1_000), ['x'.repeat(64)])).toBe('x'.repeat(64))
  })

  it('is the nearest of several that are near, wherever it stands', () => {
    expect(nearest('gate', ['gat', 'gates', 'gate', 'gaze'])).toBe('gate')
    expect(nearest('gate', ['date', 'gate'])).toBe('gate')
  })
})
