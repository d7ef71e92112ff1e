import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findCircles, findViolations, readImports } from './support/architecture.ts'

const ROOT = resolve(import.meta.dirname, '..')
const filesOf = (folder: string) => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).sort()
const sourcesOf = (folder: string) =>
  new Map(
    filesOf(folder)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => [name, readFileSync(join(ROOT, folder, name), 'utf8')]),
  )
const files = filesOf('src')
const sources = sourcesOf('src')

/** What is wrong with one made-up file, in a house with a few others. */
function whyNot(file: string, text: string): string[] {
  const house = new Map([
    ['model/a.ts', ''],
    ['io/a.ts', ''],
    ['sign/a.ts', ''],
    ['verify/a.ts', ''],
    ['flows/a.ts', ''],
    ['entry/a.ts', ''],
    ['index.ts', ''],
    [file, text],
  ])
  return findViolations(house)
    .filter((violation) => violation.file === file)
    .map(({ why }) => why)
}

describe('src', () => {
  it('keeps to its layers, its purity and its size', () => {
    expect(findViolations(sources)).toStrictEqual([])
  })

  it('is read: the imports that are found are many, and some are for types only', () => {
    expect(sources.size).toBeGreaterThan(100)
    const found = [...sources.values()].flatMap((text) => readImports(text).imports)
    expect(found.length).toBeGreaterThan(400)
    const counted = [...sources.values()].flatMap(
      (text) => text.match(/^(?:import\b|} from |export .* from ).*/gm) ?? [],
    )
    expect(found.length).toBeLessThanOrEqual(counted.length)
  })

  it('has one file that is no TypeScript: the start of the command, which an old Node can read', () => {
    expect(files.filter((name) => /\.[cm]?jsx?$/.test(name))).toStrictEqual(['entry/cli/start.js'])
  })
})

describe.each(['scripts', '__tests__'])('%s', (folder) => {
  it('has no files that import each other in a circle', () => {
    const all = sourcesOf(folder)
    expect(all.size).toBeGreaterThan(10)
    expect(findCircles(all)).toStrictEqual([])
  })
})

describe('a circle is found', () => {
  const circles = (...house: readonly [string, string][]) => findCircles(new Map(house))

  it('of two files, though one takes no more than a type', () => {
    expect(
      circles(['io/a.ts', "import { b } from './b.ts'"], ['io/b.ts', "import type { A } from './a.ts'"]),
    ).toStrictEqual([{ file: 'io/b.ts', why: 'imports in a circle: io/a.ts -> io/b.ts -> io/a.ts' }])
  })

  it('of three, behind a file that is in none', () => {
    expect(
      circles(
        ['io/start.ts', "import './a.ts'"],
        ['io/a.ts', "import './b.ts'"],
        ['io/b.ts', "export { c } from './c.ts'"],
        ['io/c.ts', "import './a.ts'"],
      ),
    ).toStrictEqual([{ file: 'io/c.ts', why: 'imports in a circle: io/a.ts -> io/b.ts -> io/c.ts -> io/a.ts' }])
  })

  it('nowhere, where two files take from a third', () => {
    expect(
      circles(['io/a.ts', "import './b.ts'\nimport './c.ts'"], ['io/b.ts', "import './c.ts'"], ['io/c.ts', '']),
    ).toStrictEqual([])
  })
})

describe('a file of ours is found out when it', () => {
  it('imports in a circle', () => {
    expect(whyNot('io/x.ts', "import { b } from './x.ts'")).toStrictEqual(['imports in a circle: io/x.ts -> io/x.ts'])
  })

  const cases: readonly [string, string, string, string][] = [
    ['imports upward', 'sign/x.ts', "import { a } from '../flows/a.ts'", 'imports upward: ../flows/a.ts'],
    ['imports upward for a type', 'model/x.ts', "import type { A } from '../io/a.ts'", 'imports upward: ../io/a.ts'],
    [
      'imports upward for one type among others',
      'io/x.ts',
      "import { type A } from '../sign/a.ts'",
      'imports upward: ../sign/a.ts',
    ],
    ['passes on from above', 'flows/x.ts', "export { a } from '../entry/a.ts'", 'imports upward: ../entry/a.ts'],
    [
      'passes on types from above',
      'flows/x.ts',
      "export type { A } from '../entry/a.ts'",
      'imports upward: ../entry/a.ts',
    ],
    ['passes everything on from above', 'flows/x.ts', "export * from '../entry/a.ts'", 'imports upward: ../entry/a.ts'],
    [
      'imports over many lines',
      'sign/x.ts',
      "import {\n  a,\n  type B,\n} from '../verify/a.ts'\n",
      'imports another room: ../verify/a.ts',
    ],
    ['imports for effect', 'sign/x.ts', "import '../verify/a.ts'", 'imports another room: ../verify/a.ts'],
    ['imports a namespace', 'sign/x.ts', "import * as a from '../verify/a.ts'", 'imports another room: ../verify/a.ts'],
    [
      'imports another room',
      'verify/x.ts',
      "import a, { b } from '../sign/a.ts'",
      'imports another room: ../sign/a.ts',
    ],
    ['imports the door', 'flows/x.ts', "import { a } from '../index.ts'", 'imports a door of the library: ../index.ts'],
    [
      'imports from outside',
      'sign/x.ts',
      "import a from '../../package.json'",
      'imports from outside src: ../../package.json',
    ],
    ['imports what is not there', 'sign/x.ts', "import a from './b.ts'", 'imports what is not there: ./b.ts'],
    ['is in no room', 'helpers/x.ts', '', 'is in no room of the design'],
    ['lies at the top', 'x.ts', '', 'is in no room of the design'],
    ['loads while it runs', 'sign/x.ts', "const a = await import('./a.ts')", 'loads code while it runs'],
    ['requires', 'sign/x.ts', "const a = require('fs')", 'loads code while it runs'],
    [
      'hides an import behind a statement',
      'sign/x.ts',
      "foo(); import { a } from '../verify/a.ts'; bar()",
      "has an import that cannot be read: import { a } from '../verify/a.ts'; bar()",
    ],
    [
      'reads a file in a pure room',
      'report/x.ts',
      "import { readFileSync } from 'node:fs'",
      'imports readFileSync of node:fs into a pure room',
    ],
    [
      'asks the network in a pure room',
      'policy/x.ts',
      "import http from 'node:http'",
      'imports default of node:http into a pure room',
    ],
    [
      'starts a program in a pure room',
      'lineage/x.ts',
      "import * as c from 'node:child_process'",
      'imports * of node:child_process into a pure room',
    ],
    [
      'draws lots in a pure room',
      'model/x.ts',
      "import { randomUUID } from 'node:crypto'",
      'imports randomUUID of node:crypto into a pure room',
    ],
    ['fetches in a pure room', 'model/x.ts', "fetch('x')", 'looks at the world: fetch'],
    ['waits in a pure room', 'policy/x.ts', 'setTimeout(f, 1)', 'looks at the world: timers'],
    ['reads the environment below entry', 'flows/x.ts', 'const a = process.env.HOME', 'looks at the world: process'],
    ['reads arguments below entry', 'sign/x.ts', 'process.argv[2]', 'looks at the world: process'],
    ['prints below entry', 'flows/x.ts', 'console.log(1)', 'looks at the world: console'],
    ['exits below entry', 'flows/x.ts', 'process.exit(1)', 'looks at the world: process'],
    ['asks the clock', 'io/x.ts', 'Date.now()', 'looks at the world: Date.now'],
    ['asks the clock by an empty date', 'record/x.ts', 'const now = new Date( )', 'looks at the world: new Date()'],
    ['asks the clock without brackets', 'record/x.ts', 'const now = new Date', 'looks at the world: new Date()'],
    [
      'hides the environment in a template',
      'io/x.ts',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a made-up file
      'const a = `${process.env.HOME}`',
      'looks at the world: process',
    ],
    ['takes any', 'io/x.ts', 'function f(a: any) {}', 'is loosely typed: any'],
    ['takes a list of any', 'io/x.ts', 'let a: any[]', 'is loosely typed: any'],
    ['holds any', 'io/x.ts', 'let a: Record<string, any>', 'is loosely typed: any'],
    ['casts to any', 'io/x.ts', 'f(a as any)', 'is loosely typed: any'],
    ['silences the compiler', 'io/x.ts', '// @ts-ignore\nf()', 'is loosely typed: @ts-ignore'],
    ['expects an error', 'io/x.ts', '// @ts-expect-error\nf()', 'is loosely typed: @ts-ignore'],
    ['grows past 350 lines', 'io/x.ts', '\n'.repeat(351), 'has 351 lines'],
  ]
  it.each(cases)('%s', (_, file, text, why) => {
    expect(whyNot(file, text)).toStrictEqual([why])
  })
})

describe('a file of ours may', () => {
  const cases: readonly [string, string, string][] = [
    [
      'import below and its own room',
      'sign/x.ts',
      "import { a } from '../model/a.ts'\nimport b from '../io/a.ts'\nimport { c } from './a.ts'\n",
    ],
    ['import any room into a flow', 'flows/x.ts', "import a from '../sign/a.ts'\nimport b from '../verify/a.ts'\n"],
    ['read the world in entry', 'entry/x.ts', 'process.env.HOME; Date.now(); new Date(); console.log(1)'],
    [
      'speak of the world',
      'model/x.ts',
      '/** Never `process.env`, `Date.now()` or import() of anything. */\n// new Date()\n',
    ],
    [
      'carry a program for somebody else',
      'record/x.ts',
      'const PYTHON = `\nimport os, sys\n`\nconst NODE = "console.log(process.env.X)"',
    ],
    ['make a date of something', 'model/x.ts', 'new Date(0); new Date(text).toISOString()'],
    ['hash in a pure room', 'model/x.ts', "import { createHash } from 'node:crypto'"],
    ['say any in words', 'io/x.ts', "const text = 'any'\n// as any\ntype A = { any: string }\n"],
    ['export its own', 'io/x.ts', 'export { a }\nexport const b = 1\nexport type { C }\n'],
    ['ask where a module is', 'entry/x.ts', 'import.meta.dirname'],
    ['have 350 lines', 'io/x.ts', '\n'.repeat(350)],
  ]
  it.each(cases)('%s', (_, file, text) => {
    expect(whyNot(file, text)).toStrictEqual([])
  })
})
