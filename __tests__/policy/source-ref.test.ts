import { describe, expect, it } from 'vitest'
import { tagHasVersion, toRefPattern } from '../../src/policy/source-ref.ts'

describe('the tag of a version', () => {
  it.for<[string, string, string]>([
    ['refs/tags/v1.2.3', '1.2.3', 'refs/tags/v*'],
    ['refs/tags/1.2.3', '1.2.3', 'refs/tags/*'],
    ['refs/tags/app-1.2.3', '1.2.3', 'refs/tags/app-*'],
    ['refs/tags/app/1.2.3', '1.2.3', 'refs/tags/app/*'],
    ['refs/tags/release.1.2.3', '1.2.3', 'refs/tags/release.*'],
    // What is before the separator is no number, so the version is not part of a longer one.
    ['refs/tags/v2_1.2.3', '1.2.3', 'refs/tags/v2_*'],
    ['refs/tags/app2-1.2.3', '1.2.3', 'refs/tags/app2-*'],
    ['refs/tags/app_1_2_3', '1.2.3', 'refs/tags/app_*'],
    ['refs/tags/app-1-2-3', '1.2.3', 'refs/tags/app-*'],
    ['refs/tags/v1.2.3+build.5', '1.2.3+build.5', 'refs/tags/v*'],
    ['refs/tags/v1.2.3', '1.2.3+build.5', 'refs/tags/v*'],
    ['refs/tags/v1_2_3', '1.2.3+build.5', 'refs/tags/v*'],
    ['refs/tags/sub/v1.2.3', 'v1.2.3', 'refs/tags/sub/v*'],
    ['refs/tags/x1', 'v1', 'refs/tags/x*'],
    ['refs/tags/v1', '1', 'refs/tags/v*'],
    ['refs/tags/vx.v1', 'x.v1', 'refs/tags/v*'],
    ...['1.2.3rc1', '1.2.3-rc1', '1.2.3.rc1', '1.2.3rc.1', '1.2.3-rc.1', '1.2.3.rc.1'].map(
      (tag): [string, string, string] => [`refs/tags/v${tag}`, '1.2.3rc1', 'refs/tags/v*'],
    ),
    ...['a', 'b', 'post', 'dev'].map((word): [string, string, string] => [
      `refs/tags/v1.2-${word}.12`,
      `1.2.${word}12`,
      'refs/tags/v*',
    ]),
  ])('%s of %s becomes %s', ([ref, version, pattern]) => {
    expect(toRefPattern(ref, version)).toBe(pattern)
    expect(tagHasVersion(ref, version)).toBe(true)
  })

  it.for<[string, string, string]>([
    ['a branch', 'refs/heads/v1.2.3', '1.2.3'],
    ['a branch that reads like a tag', 'refs/heads/refs/tags/v1.2.3', '1.2.3'],
    ['a higher number', 'refs/tags/v11.2.3', '1.2.3'],
    ['a number with one more part', 'refs/tags/v0.1.2.3', '1.2.3'],
    ['the same with underscores', 'refs/tags/v0_1_2_3', '1.2.3'],
    ['the same with hyphens', 'refs/tags/v0-1-2-3', '1.2.3'],
    ['something behind it', 'refs/tags/v1.2.3-rc.1', '1.2.3'],
    ['no version', 'refs/tags/v1.2.3', ''],
    ['no version at the end of a word', 'refs/tags/nightly', ''],
    ['the word alone', 'refs/tags/nightly', '1.2.3'],
    ['another number of a candidate', 'refs/tags/v1.2.3-rc.11', '1.2.3rc1'],
    ['a candidate of more', 'refs/tags/v0.1.2.3-rc.1', '1.2.3rc1'],
    ['a candidate with something before it', 'refs/tags/v1.2-rc.1', 'x1.2rc1'],
    ['a candidate with something behind it', 'refs/tags/v1.2-rc.1', '1.2rc1x'],
    ['what no version is called', `refs/tags/v${'undefined'.repeat(3)}`, '1.2.3'],
    ['a version that reaches into the name of the folder', 'refs/tags/v1', 'tags/v1'],
    ['a version that is the folder too', 'refs/tags/1', '/1'],
    ['a version that is all of it', 'refs/tags/1', 'refs/tags/1'],
  ])('is not %s: %s', ([, ref, version]) => {
    expect(toRefPattern(ref, version)).toBe(ref)
    expect(tagHasVersion(ref, version)).toBe(false)
  })

  it('stays what it is where no version is known', () => {
    expect(toRefPattern('refs/tags/v1.2.3', undefined)).toBe('refs/tags/v1.2.3')
  })
})
