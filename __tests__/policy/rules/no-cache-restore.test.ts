import { describe, expect, it } from 'vitest'
import { NOTICE_CODES } from '../../../src/model/dependency.ts'
import { askPipeline, gist, noticed } from '../../support/subjects.ts'

const EVERYTHING = noticed(...NOTICE_CODES)

describe('no-cache-restore (R11)', () => {
  it('T-NS-09: fires for a cache that a releasing job restores, at its line', () => {
    expect(gist(askPipeline('no-cache-restore', EVERYTHING))).toStrictEqual(['CACHE_RESTORED'])
    const [objection] = askPipeline('no-cache-restore', noticed('CACHE_RESTORED'))
    expect(objection).toMatchObject({ file: '.github/workflows/ci.yml', line: 1, outcome: 'fire' })
    expect(askPipeline('no-cache-restore', noticed())).toStrictEqual([])
  })
})
