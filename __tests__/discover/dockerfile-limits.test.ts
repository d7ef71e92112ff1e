import { describe, expect, it } from 'vitest'
import { findDockerfile } from '../../src/discover/finders/dockerfile.ts'
import { catchError } from '../policy/support.ts'

const read = (text: string, firstLine = 1) =>
  findDockerfile({ path: 'Dockerfile', bytes: new TextEncoder().encode(text) }, text, firstLine)
const refusalOf = (text: string, firstLine?: number) => catchError(() => read(text, firstLine))
const comment = (length: number) => `#${'x'.repeat(length - 1)}`

describe('a Dockerfile', () => {
  it('may have a comment of 4096 characters, and no longer one before its first instruction', () => {
    expect(read(`${comment(4_096)}\nFROM a\n${comment(9_000)}`).dependencies).toHaveLength(1)
    expect(refusalOf(`# ok\n${comment(4_097)}\nFROM a\n`)).toMatchObject({
      ...{ code: 'DEPENDENCY_FILE_MALFORMED', line: 2, hint: 'Break it into several lines.' },
    })
  })

  it('is refused where its comment is long, also within another file', () => {
    expect(refusalOf(`\ufeff  ${comment(4_097)}`, 7)).toMatchObject({ code: 'DEPENDENCY_FILE_MALFORMED', line: 7 })
  })

  it('may have 20000 words that start with a dash, and not one more', () => {
    const flags = (count: number) => `FROM a\nRUN x\n# ${'-a '.repeat(count)}`
    expect(read(flags(20_000)).dependencies).toHaveLength(1)
    expect(refusalOf(flags(20_001))).toMatchObject({
      ...{ code: 'DEPENDENCY_FILE_MALFORMED', line: 3, hint: 'Move what is run into a script.' },
    })
  })

  it('is read the same with a line end and without one', () => {
    const text = 'FROM a:1\nRUN npm install b && \\\n  true'
    expect(read(text).notices).toEqual(read(`${text}\n`).notices)
    expect(read(text).dependencies).toEqual(read(`${text}\n`).dependencies)
  })
})
