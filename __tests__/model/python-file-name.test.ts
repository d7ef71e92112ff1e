import { describe, expect, it } from 'vitest'
import { parsePythonFile, samePythonFile } from '../../src/model/python-file-name.ts'

describe('samePythonFile', () => {
  it.for([
    ['sampleproject-4.0.0.tar.gz', 'sampleproject-4.0.0.tar.gz'],
    ['Foo.Bar-1.0.tar.gz', 'foo_bar-1.0.0.tar.gz'],
    ['foo-1.0-py2.py3-none-any.whl', 'Foo-1.0-py3.py2-none-any.whl'],
    ['foo-1.0-01-py3-none-any.whl', 'foo-1.0-1-py3-none-any.whl'],
    ['a-b-1.0.tar.gz', 'a_b-1.0.tar.gz'],
    ['foo-1.0_1-py3-none-any.whl', 'foo-1.0.post1-py3-none-any.whl'],
    ['pytz-2004d.tar.gz', 'PyTZ-2004D.tar.gz'],
  ])('takes %s and %s for one file', ([left, right]) => {
    expect(samePythonFile(left ?? '', right ?? '')).toBe(true)
  })

  it.for([
    ['foo-1.0.tar.gz', 'foo-1.0.zip'],
    ['foo-1.0.tar.gz', 'foo-1.1.tar.gz'],
    ['foo-1.0.tar.gz', 'fooo-1.0.tar.gz'],
    ['foo-1.0-py3-none-any.whl', 'foo-1.0.tar.gz'],
    ['foo-1.0-py3-none-any.whl', 'foo-1.0-py2-none-any.whl'],
    ['foo-1.0-1-py3-none-any.whl', 'foo-1.0-py3-none-any.whl'],
    ['foo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl', 'foo-1.0-cp312-cp312-manylinux_2_17_aarch64.whl'],
    ['pytz-2004d.tar.gz', 'pytz-2005d.tar.gz'],
    ['foo.exe', 'foo.exe'],
    ['foo-1.0.tar.gz', 'foo.exe'],
    ['foo.exe', 'foo-1.0.tar.gz'],
    ['dir/foo-1.0.tar.gz', 'dir/foo-1.0.tar.gz'],
    ['foo-1.0-py3-none-any.whl', 'foo-1.0+evil-py3-none-any.whl'],
  ])('keeps %s and %s apart', ([left, right]) => {
    expect(samePythonFile(left ?? '', right ?? '')).toBe(false)
  })
})

describe('parsePythonFile', () => {
  it('takes every part apart', () => {
    expect(parsePythonFile('Foo_Bar-1.0_1-007B-CP39.cp38.cp39-abi3-linux_x86_64.whl')).toStrictEqual({
      ...{ kind: 'wheel', project: 'foo-bar', version: '1.post1', versionText: '1.0-1', build: '7B' },
      ...{ pythons: ['cp38', 'cp39'], abis: ['abi3'], platforms: ['linux_x86_64'], ending: 'whl' },
    })
    expect(parsePythonFile('f-1-py3-none-any.whl')?.build).toBe('')
    expect(parsePythonFile('f-1-3-none-any.whl')?.build).toBe('')
    expect(parsePythonFile('f-1-2-py3-none-any.whl')?.build).toBe('2')
    expect(parsePythonFile('f-1.0.tar.gz')).toStrictEqual({
      ...{ kind: 'sdist', project: 'f', version: '1', versionText: '1.0', build: '' },
      ...{ pythons: [], abis: [], platforms: [], ending: 'tar.gz' },
    })
  })

  it('reads 400 characters', () => {
    expect(parsePythonFile(`f-${'1'.repeat(391)}.tar.gz`)?.ending).toBe('tar.gz')
    expect(parsePythonFile(`f-${'1'.repeat(392)}.tar.gz`)).toBeUndefined()
  })

  it.each([
    ['Foo_Bar-1.0-py2.py3-none-any.whl', 'wheel foo-bar 1'],
    ['foo-1.0.0-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl', 'wheel foo 1'],
    ['foo-1.0_1-py3-none-any.whl', 'wheel foo 1.post1'],
    ['torch-2.1.0+cu121-cp310-cp310-linux_x86_64.whl', 'wheel torch 2.1+cu121'],
    ['foo_bar-1.0.tar.gz', 'sdist foo-bar 1'],
    ['foo-bar-1.0rc1.zip', 'sdist foo-bar 1rc1'],
    ['zope.interface-5.0.tar.bz2', 'sdist zope-interface 5'],
  ])('reads %s', (name, expected) => {
    const file = parsePythonFile(name)
    expect(file && `${file.kind} ${file.project} ${file.version}`).toBe(expected)
  })

  it('knows where an old archive’s name ends when the project is known', () => {
    expect(parsePythonFile('foo-bar-1.0-1.tar.gz', 'Foo.Bar')).toMatchObject({ project: 'foo-bar', version: '1.post1' })
    expect(parsePythonFile('foo-bar-1.0.tar.gz', 'foo')).toMatchObject({ project: 'foo', version: 'bar-1.0' })
    expect(parsePythonFile('other-1.0.tar.gz', 'foo')).toBeUndefined()
  })

  it.each([
    'foo-1.0.tar.gz.asc',
    'foo-1.0.zip.exe',
    'foo-.tar.gz',
    '_foo-1.0.tar.gz',
    'foo_-1.0.tar.gz',
    'foo-1.0-x1-py3-none-any.whl',
    'foo-1.0-1!-py3-none-any.whl',
    'foo-1.0-py3+-none-any.whl',
    'foo-1.0-+py3-none-any.whl',
    'foo-1.0-py3-none-any+.whl',
    'foo-1.0-py3-no!ne-any.whl',
    'foo-1.0-py3..py2-none-any.whl',
    'foo-1.0.egg',
    'foo-1.0.exe',
    'foo-1.0-py3-none.whl',
    'foo-1.0-x-py3-none-any.whl',
    'foo-1.0-1-2-py3-none-any.whl',
    'foo--py3-none-any.whl',
    'foo.tar.gz',
    '-1.0.tar.gz',
    '../foo-1.0.tar.gz',
    'foo-1.0\n.tar.gz',
    '',
    `foo-${'1'.repeat(400)}.tar.gz`,
  ])('does not read %j', (name) => {
    expect(parsePythonFile(name)).toBeUndefined()
  })
})
