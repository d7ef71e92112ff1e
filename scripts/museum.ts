import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeHost } from '../src/entry/make-host.ts'
import { runMuseum } from '../src/flows/museum.ts'
import { SILENT_LOG } from '../src/io/host.ts'
import { http, httpStream } from '../src/io/http.ts'
import { runTool } from '../src/io/process.ts'
import { random } from '../src/io/random.ts'
import type { Expected } from '../src/model/museum-document.ts'
import { decidingRules } from '../src/model/museum-document.ts'

/**
 * For whoever writes an exhibit: plays it and prints everything that was found. With `--write` the states, findings and
 * limits become its `expected.json`; `signatureOnly` and `rules` are written by hand, before, and stay as they are.
 */
const { values, positionals } = parseArgs({ options: { write: { type: 'boolean' } }, allowPositionals: true })
const museum = resolve(import.meta.dirname, '../__tests__/museum')
const host = makeHost({ env: process.env, nodePath: process.execPath }, SILENT_LOG)
const results = await runMuseum(
  { museum, exhibits: positionals },
  { host, http, httpStream, random, runTool, github: undefined },
  ({ slug, actual, differences }) => {
    const by = decidingRules(actual, 'recommended').join(' ')
    console.log(`${slug}: ${actual.signatureOnly}, ${actual.profiles.recommended.verdict} ${by}`)
    for (const line of values.write ? [] : differences) console.log(`  ${line}`)
  },
)
for (const { slug, actual } of values.write ? results : []) {
  const path = join(museum, slug, 'expected.json')
  const written = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Partial<Expected>) : {}
  const { signatureOnly = actual.signatureOnly, rules = {} } = written
  writeFileSync(path, `${JSON.stringify({ signatureOnly, rules, profiles: actual.profiles }, null, 2)}\n`)
}
process.exitCode = results.every(({ differences }) => differences.length === 0) || values.write ? 0 : 1
