import { describe, expect, it } from 'vitest'
import { requireExactNumbers } from '../../src/model/json.ts'

describe('a number that is going to be signed', () => {
  it.each([
    '0',
    '-7',
    '1.0',
    '1.50',
    '0.30000000000000004',
    '1e3',
    '9007199254740991',
    '100000000000000.25',
    '1.234567890123456e+100',
    '1.2345678901234567e+123',
    '0.00000000000000000001',
    '1.00000000000000000000',
    '1e21',
    '4503599627370497.5',
  ])('%s is read and written as the same value', (number) =>
    expect(() => requireExactNumbers(`{"a":[${number}]}`, 'p.json')).not.toThrow(),
  )

  it.each([
    '12345678901234567890',
    '-9007199254740993',
    '1e400',
    '0.123456789012345678901',
    '9007199254740992',
    '1000000000000000000000',
    '1e20',
    '-9071992547409931.5',
    '1.000000000000000000001',
  ])('%s would be rounded, so it is refused', (number) => {
    const refusal = expect.objectContaining({ code: 'JSON_AMBIGUOUS' })
    expect(() => requireExactNumbers(`{"a":{"b":${number}}}`, 'p.json')).toThrow(refusal)
  })

  it('is repeated in part, with what to do', () => {
    expect(() => requireExactNumbers('9'.repeat(41), 'p.json')).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(`the number ${'9'.repeat(40)}, `),
        hint: 'Write it as a string.',
      }),
    )
  })
})
