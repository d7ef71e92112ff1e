import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { build } from 'esbuild'

/**
 * Builds `dist/`: five bundles, the command's tiny start file, their digests, type declarations, NOTICE. The result depends on the
 * sources and the lockfile alone: `absWorkingDir` keeps the folder's name out of the comments, nothing carries a date.
 */
const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')

const BANNER = "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);"

/** Output → entry point. One file each, nothing split off: what runs after the wrapped command was loaded before it. */
const BUNDLES: Readonly<Record<string, string>> = {
  'action.mjs': 'src/entry/action/index.ts',
  'main.mjs': 'src/entry/cli/index.ts',
  'verify-worker.mjs': 'src/entry/verify-worker.ts',
  'index.mjs': 'src/index.ts',
  'in-toto.mjs': 'src/in-toto.ts',
}

const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)
const inputs = new Set<string>()
for (const [output, entry] of Object.entries(BUNDLES)) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join('dist', output),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: BANNER },
    define: { __CLEANBILL_VERSION__: JSON.stringify(packageJson.version) },
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'warning',
    metafile: true,
  })
  for (const input of Object.keys(result.metafile.inputs)) inputs.add(input)
}
writeFileSync(join(dist, 'cli.js'), readFileSync(join(root, 'src/entry/cli/start.js')))
chmodSync(join(dist, 'cli.js'), 0o755)
writeFileSync(join(dist, 'NOTICE'), notice([...inputs]))
writeFileSync(join(dist, 'SHA256SUMS'), sums(['cli.js', ...Object.keys(BUNDLES)]))
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.types.json'], { cwd: root, stdio: 'inherit' })
for (const name of readdirSync(dist).sort()) process.stdout.write(`dist/${name}\n`)

/** As `sha256sum` writes and checks it; the program looks at it when it starts. */
function sums(names: readonly string[]): string {
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(dist, name)))
      .digest('hex')
  return [...names]
    .sort()
    .map((name) => `${digest(name)}  ${name}\n`)
    .join('')
}

interface Licence {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly text: string
}

/** Every package whose code ended up in a bundle, with its licence text. */
function notice(files: readonly string[]): string {
  const folders = new Set<string>()
  for (const file of files) {
    // The last node_modules: a package inside a package is its own.
    const cut = file.lastIndexOf('node_modules/')
    if (cut < 0) continue
    const [first = '', second = ''] = file.slice(cut + 'node_modules/'.length).split('/')
    folders.add(join(root, file.slice(0, cut), 'node_modules', first.startsWith('@') ? join(first, second) : first))
  }
  const licences = [...folders]
    .map(readLicence)
    .sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1))
  const head = `Cleanbill
Licensed under the Apache License, Version 2.0 (see LICENSE).

The files of this folder contain code of the ${licences.length} packages below.
`
  return `${head}${licences.map((one) => `\n${'-'.repeat(80)}\n${one.name} ${one.version} (${one.licence})\n\n${one.text}\n`).join('')}`
}

function readLicence(folder: string): Licence {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>
  const file = readdirSync(folder)
    .sort()
    .find((name) => /^(licen[cs]e|copying)/i.test(name))
  const text = file === undefined ? '(no licence file in the package)' : readFileSync(join(folder, file), 'utf8')
  const licence = typeof manifest.license === 'string' ? manifest.license : 'unknown'
  if (licence === 'unknown') throw new Error(`${relative(root, dirname(folder))}: no licence stated`)
  return {
    name: String(manifest.name),
    version: String(manifest.version),
    licence,
    text: text.trim().replace(/\r\n/g, '\n'),
  }
}
