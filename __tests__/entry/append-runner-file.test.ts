import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { appendRunnerFile } from '../../src/entry/append-runner-file.ts'
import { scratch } from '../support/built.ts'

const folder = scratch()
afterAll(() => folder.remove())
const path = (name: string) => join(folder.path('files'), name)

describe('a file of the runner', () => {
  it('is appended to, and made when it is not there', () => {
    appendRunnerFile(path('new'), 'a\n')
    appendRunnerFile(path('new'), 'b\n')
    expect(readFileSync(path('new'), 'utf8')).toBe('a\nb\n')
  })

  it('is not waited for when the command has made it a pipe', () => {
    execFileSync('mkfifo', [path('pipe')])
    expect(() => appendRunnerFile(path('pipe'), 'x')).toThrow(expect.objectContaining({ code: 'WRITE_FAILED' }))
  })

  it('is not followed when the command has made it a link', () => {
    writeFileSync(path('target'), '')
    symlinkSync(path('target'), path('link'))
    expect(() => appendRunnerFile(path('link'), 'x')).toThrow(expect.objectContaining({ code: 'WRITE_FAILED' }))
    expect(readFileSync(path('target'), 'utf8')).toBe('')
  })
})
