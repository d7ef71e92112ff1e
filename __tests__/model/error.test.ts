import { describe, expect, it } from 'vitest'
import { CleanbillError, isCleanbillError } from '../../src/model/error.ts'

describe('a refusal', () => {
  it('has the cause that it was given', () => {
    const cause = new Error('disk')
    expect(new CleanbillError('WRITE_FAILED', 'it cannot be written', { cause }).cause).toBe(cause)
  })

  // Whoever prints it would show a cause that is undefined.
  it('has no cause at all where none was given', () => {
    expect(Object.hasOwn(new CleanbillError('WRITE_FAILED', 'it cannot be written'), 'cause')).toBe(false)
  })

  it('is of the class of its code, unless the fault is the own one of who calls', () => {
    expect(new CleanbillError('SUBJECT_EMPTY', 'm').class).toBe('refused')
    expect(new CleanbillError('SUBJECT_EMPTY', 'm', { as: 'usage' }).class).toBe('usage')
  })

  it('is told from every other fault', () => {
    expect([new CleanbillError('ACCOUNTING', 'm'), new Error('m'), 'm'].map(isCleanbillError)).toStrictEqual([
      true,
      false,
      false,
    ])
  })
})
