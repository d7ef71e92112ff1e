import { describe, expect, it } from 'vitest'
import { LOCAL_BUILDER, RUN_BUILD_TYPE, schemaUri } from '../../src/model/uris.ts'

describe('the names of our documents', () => {
  it('never change: what was signed years ago carries them', () => {
    expect([RUN_BUILD_TYPE, LOCAL_BUILDER, schemaUri('verdict-v1')]).toStrictEqual([
      'https://github.com/cleanbill/cleanbill/blob/main/docs/build-types/run-v1.md',
      'https://github.com/cleanbill/cleanbill/blob/main/docs/build-types/run-v1.md#local',
      'https://github.com/cleanbill/cleanbill/schemas/verdict-v1.schema.json',
    ])
  })
})
