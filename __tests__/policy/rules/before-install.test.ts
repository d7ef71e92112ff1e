import { describe, expect, it } from 'vitest'
import { NOTICE_CODES } from '../../../src/model/dependency.ts'
import { askPipeline, gist, noticed } from '../../support/subjects.ts'

const EVERYTHING = noticed(...NOTICE_CODES)

describe('before-install (R16)', () => {
  it('T-AC-23: fires for an installation before the gate, a way round it, and a program that is loaded while a step runs', () => {
    expect(gist(askPipeline('before-install', EVERYTHING))).toStrictEqual([
      'GATE_TOO_LATE',
      'GATE_SKIPPABLE',
      'RUNTIME_DOWNLOAD',
    ])
    expect(askPipeline('before-install', noticed('UNLOCKED_INSTALL'))).toStrictEqual([])
  })
})
