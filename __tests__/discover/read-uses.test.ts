import { describe, expect, it } from 'vitest'
import { readUses } from '../../src/discover/read-uses.ts'
import { codeOf } from '../support/real-signer.ts'

const read = (path: string, text: string) =>
  readUses(path, Buffer.from(text)).map(({ id, source }) => `${source} ${id}`)
const PIN = '01'.repeat(20)

describe('readUses', () => {
  it('reads the steps of a composite action and of a reusable workflow', () => {
    const steps = `steps: [{ uses: acme/a@${PIN} }, { uses: ./inner }, { uses: acme/b@main }]`
    const expected = [`git pkg:github/acme/a@${PIN}`, 'workspace workspace:./inner', 'git pkg:github/acme/b@main']
    expect(read('setup/action.yml', `runs: { using: composite, ${steps} }`)).toEqual(expected)
    expect(read('.github/workflows/build.yml', `jobs: { build: { ${steps} } }`)).toEqual(expected)
  })

  it('names the image of a container action, and the Dockerfile it is built from', () => {
    expect(read('action.yml', 'runs: { using: docker, image: "docker://alpine:3" }')[0]).toContain(
      'registry pkg:oci/alpine',
    )
    expect(read('sub/action.yml', 'runs: { using: docker, image: Dockerfile }')).toEqual([
      'workspace workspace:sub/Dockerfile',
    ])
  })

  it('refuses an alias in place of a key, behind which a step would be overlooked', async () => {
    const text = `env: { a: &key uses }\njobs: { build: { steps: [{ *key : acme/a@${PIN} }, { uses: acme/b@${PIN} }] } }`
    expect(await codeOf(() => read('.github/workflows/build.yml', text))).toBe('DEPENDENCY_FILE_MALFORMED')
  })

  it('finds nothing in an action of JavaScript, and says so of what is no action', async () => {
    expect(read('action.yml', 'runs: { using: node24, main: index.js }')).toEqual([])
    expect(await codeOf(() => read('action.yml', 'name: x'))).toBe('DEPENDENCY_FILE_MALFORMED')
  })
})
