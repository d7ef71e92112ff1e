import { describe, expect, test } from 'vitest'
import { childEnvironment } from '../../src/record/child-environment.ts'
import { createMasker } from '../../src/record/masker.ts'

const WITHHELD = [
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
  'ACTIONS_ID_TOKEN_REQUEST_URL',
  'ACTIONS_RUNTIME_TOKEN',
  'ACTIONS_RUNTIME_URL',
  'ACTIONS_RESULTS_URL',
  'ACTIONS_CACHE_URL',
  'ACTIONS_CACHE_SERVICE_V2',
  'SIGSTORE_ID_TOKEN',
  'CI_JOB_JWT_V2',
  'CLEANBILL_KEY_PASSPHRASE',
  'INPUT_RUN',
  'INPUT_GITHUB-TOKEN',
]
const KEPT = ['PATH', 'NODE_OPTIONS', 'GITHUB_OUTPUT', 'ACTIONS_STEP_DEBUG', 'HF_TOKEN', 'input_dir', 'MY_INPUT_X']

describe('the environment of the command', () => {
  test.each(WITHHELD)('has no %s, and cannot be made to', (name) => {
    expect(childEnvironment({ [name]: 'v' })).toEqual({})
    expect(() => childEnvironment({ [name]: 'v' }, [name])).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
  })

  test.each(KEPT)('keeps %s', (name) => {
    expect(childEnvironment({ [name]: 'v', GONE: undefined })).toEqual({ [name]: 'v' })
  })

  test.each(['GITHUB_TOKEN', 'GH_TOKEN'])('has %s when it is named, and only then', (name) => {
    expect(childEnvironment({ [name]: 'v' })).toEqual({})
    expect(childEnvironment({ [name]: 'v' }, [name])).toEqual({ [name]: 'v' })
  })

  test.each(['', 'A=B', 'A\nB', '*'])('refuses %j as the name of a variable', (name) => {
    expect(() => childEnvironment({}, [name])).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })
})

describe('masking', () => {
  test('replaces values of variables that are named like secrets, the longest first, lines of a key each', () => {
    const masker = createMasker({ A_TOKEN: 'abcdef', B_SECRET: 'abcdefgh', SSH_KEY: 'first line\nsecond line' })
    expect(masker.json({ argv: ['x=abcdefgh', 'abcdef', 'second line', 'abcde'] })).toEqual({
      argv: ['x=***', '***', '***', 'abcde'],
    })
  })

  test('takes what is withheld from the command for a secret, but not the command itself', () => {
    const masker = createMasker({
      ACTIONS_RUNTIME_URL: 'https://runtime',
      INPUT_RUN: 'make all',
      INPUT_TOKEN: 'ghs_123',
    })
    expect(masker.text('make all https://runtime ghs_123')).toBe('make all *** ***')
  })

  test('leaves short values and other variables alone', () => {
    expect(createMasker({ A_TOKEN: 'main', HOME: '/home/user' }).text('main /home/user')).toBe('main /home/user')
  })
})
