import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { action, workflow } from '../../src/discover/finders/workflow.ts'
import { FIXTURES } from '../support/fixtures.ts'
import { countImages, countUses } from '../support/workflow-counts.ts'

const WORKFLOWS = join(FIXTURES, 'workflows')
const present = existsSync(WORKFLOWS)
const all = present
  ? readdirSync(WORKFLOWS).flatMap((project) =>
      readdirSync(join(WORKFLOWS, project)).map((name) => `${project}/${name}`),
    )
  : []
if (!present) console.warn('SKIPPED: 140 workflows, the fixtures are not there')
// Settings of a generator that lie beside its workflows, in folders of their own.
const files = all.filter((file) => !file.includes('/configs-'))

function find(file: string) {
  const name = file.slice(file.indexOf('/') + 1)
  const isAction = name.startsWith('ACTION_')
  const path = isAction ? name.replace('ACTION_', '') : `.github/workflows/${name}`
  return (isAction ? action : workflow).find({ path, bytes: readFileSync(join(WORKFLOWS, file)) })
}

describe.runIf(present)('of a real workflow', () => {
  it('there are as many as the fixtures have', () => {
    expect(files.length).toBeGreaterThanOrEqual(140)
  })

  it.each(files)('%s every `uses:` is found', (file) => {
    const text = readFileSync(join(WORKFLOWS, file), 'utf8')
    const used = find(file).dependencies.filter(
      ({ kind, location }) => kind !== 'image' || location?.startsWith('docker://'),
    )
    expect(used.length).toBe(countUses(text))
  })

  it.each(files)('%s every commit that is pinned is one, with its comment and its line', (file) => {
    const lines = readFileSync(join(WORKFLOWS, file), 'utf8').split('\n')
    for (const { line, version, digests, comment, source } of find(file).dependencies) {
      if (source !== 'git') continue
      const text = lines[line - 1] ?? ''
      expect(text).toContain(`@${version}`)
      expect(digests.gitCommit).toBe(/@([0-9a-f]{40})\b/.exec(text)?.[1])
      expect(comment).toBe(/\s#\s*(.*\S)\s*$/.exec(text)?.[1])
    }
  })

  it.each(files)('%s every install that is noticed stands on its line', (file) => {
    const lines = readFileSync(join(WORKFLOWS, file), 'utf8').split('\n')
    for (const { line, message, code } of find(file).notices ?? []) {
      if (code !== 'UNLOCKED_INSTALL') continue
      const word = /: (?:\S*\/)?([A-Za-z][\w-]+)/.exec(message)?.[1] ?? ''
      expect(lines.slice(line - 1, line + 2).join('\n')).toContain(word)
    }
  })

  it('every image of a container and of a service is found', () => {
    const counted = files.reduce((sum, file) => sum + countImages(readFileSync(join(WORKFLOWS, file), 'utf8')), 0)
    const found = files.flatMap((file) =>
      find(file).dependencies.filter(({ kind, location }) => kind === 'image' && !location?.startsWith('docker://')),
    )
    expect(found.length).toBe(counted)
  })
})
