import { describe, expect, it } from 'vitest'
import { bundlesBeside, perhapsBundlesBeside } from '../../src/model/bundles-beside.ts'

describe('bundles beside an artifact', () => {
  it('are looked for under the names that tools give them', () => {
    expect(bundlesBeside('out/a.whl', 'file')).toStrictEqual(['out/a.whl.sigstore.json', 'out/a.whl.sigstore'])
    expect(bundlesBeside('out/model', 'directory')).toStrictEqual([
      'out/model.sigstore.json',
      'out/model.sigstore',
      'out/model/model.sig',
    ])
    expect(perhapsBundlesBeside('a.bin')).toStrictEqual(['a.bin.intoto.jsonl', 'a.bin.sig'])
  })
})
