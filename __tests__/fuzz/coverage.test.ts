import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FINDERS } from '../../src/discover/finders/index.ts'
import { SOURCES } from '../../src/source/sources/index.ts'
import { TARGETS } from './targets/targets.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Where what others wrote is read or shown. What reaches out (`io`, `flows`, `entry`) reads with these. */
const ROOMS = ['model', 'discover', 'source', 'policy', 'report', 'publish', 'record', 'sign', 'verify']
/** What a parser, a reader, a finder or an escaper is called here. */
const VERBS = /^(?:parse|read|decode|find|escape|reduce|repair|list|unsnap)(?![a-z])/
const EXPORTED = /^export (?:async )?(?:function|const) (\w+)/gm

const ASKS = 'asks a registry: each of its answers is replaced in the targets of source-answers.ts'
const JUDGES = 'looks for something in values that parsers have made'

/** Exported, named like a parser, and not fuzzed by itself: why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'src/model/statement.ts parseWith': 'runs the schema of its caller; each caller has a target',
  'src/discover/find-dependencies.ts findDependencies': 'opens a folder for findInTree',
  'src/discover/find-dependencies.ts findInFile': 'opens a file for findInTree',
  'src/discover/workflow-notices.ts readStep':
    'reads a step of the YAML that the finder of workflows, which has a target, has read',
  'src/source/python-file.ts findPythonFile': ASKS,
  'src/source/remote-file.ts readRemoteFile': ASKS,
  'src/source/github/attestation-list.ts listAttestations': ASKS,
  'src/source/github/attestation-list.ts readEntries': ASKS,
  'src/source/github/bundles.ts readBundleEntry': ASKS,
  'src/source/oci/find-bundles.ts findBundles': ASKS,
  'src/source/sources/read-index.ts readIndex': ASKS,
  'src/policy/archive-drift.ts findDrift': JUDGES,
  'src/policy/compare-policies.ts findLoosened': JUDGES,
  'src/policy/first-sight.ts findFirstSights': JUDGES,
  'src/policy/limits.ts findLimits': JUDGES,
  'src/policy/lock-entries.ts findLockEntries': JUDGES,
  'src/policy/vacuous.ts findVacuous': JUDGES,
  'src/record/find-outputs.ts findOutputs': 'walks a folder; the pattern is read by parsePattern, which has a target',
  'src/record/job-actions.ts readJobActions': 'looks at names of folders and reads no file',
}

/** `FILE NAME` of every export that is named like one that reads. */
function readersIn(file: string, text: string): string[] {
  return [...text.matchAll(EXPORTED)].flatMap(([, name = '']) => (VERBS.test(name) ? [`${file} ${name}`] : []))
}

const filesOf = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`)
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8')

const READERS = ROOMS.flatMap((room) => filesOf(`src/${room}`)).flatMap((file) => readersIn(file, textOf(file)))
const COVERED = new Set(TARGETS.flatMap(({ covers }) => covers))

describe('what reads what others wrote', () => {
  it('is found in the sources', () => {
    const text =
      'export async function parseIt() {}\nexport const escapeIt = 1\nexport function listed() {}\nfunction readIt() {}\n'
    expect(readersIn('a.ts', text)).toEqual(['a.ts parseIt', 'a.ts escapeIt'])
    expect(READERS.length).toBeGreaterThan(100)
  })

  it('has a target, or a reason why it has none', () => {
    expect(READERS.filter((reader) => !COVERED.has(reader) && LEFT_OUT[reader] === undefined)).toEqual([])
  })

  it('is left out only where it is there and has no target', () => {
    expect(Object.keys(LEFT_OUT).filter((reader) => !READERS.includes(reader) || COVERED.has(reader))).toEqual([])
  })

  it('is called by the target that says so', () => {
    const targets = filesOf('__tests__/fuzz/targets').map(textOf)
    const uncalled = [...COVERED].filter((covered) => {
      const [file = '', name = ''] = covered.split(' ')
      const imported = new RegExp(`import [^;]*?\\b${name}\\b[^;]*? from '../../../${file.replaceAll('.', '\\.')}'`)
      return !targets.some(
        (text) => imported.test(text) && (text.match(new RegExp(`\\b${name}\\b(?!')`, 'g')) ?? []).length > 1,
      )
    })
    expect(uncalled).toEqual([])
  })

  it('is every finder', () => {
    const names = TARGETS.map(({ name }) => name)
    expect(FINDERS.filter(({ id }) => !names.includes(`discover/${id}`))).toEqual([])
  })

  it('is every source', () => {
    const names = TARGETS.map(({ name }) => name)
    const asked = SOURCES.filter(({ id }) => names.some((name) => name.startsWith(`source/${id}-`)))
    expect(SOURCES.filter((source) => !asked.includes(source)).map(({ id }) => id)).toEqual([])
  })
})
