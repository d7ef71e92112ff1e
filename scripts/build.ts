import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { writeBundles } from './bundles.ts'

/** Builds `dist/`: five bundles, the command's tiny start file, their digests, type declarations, NOTICE. */
const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')

const inputs = await writeBundles(root)
writeFileSync(join(dist, 'NOTICE'), notice(inputs))
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.types.json'], { cwd: root, stdio: 'inherit' })
for (const name of readdirSync(dist).sort()) process.stdout.write(`dist/${name}\n`)

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
