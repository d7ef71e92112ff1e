import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const BANNER = "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);"

/** Output → entry point. One file each, nothing split off: what runs after the wrapped command was loaded before it. */
const BUNDLES: Readonly<Record<string, string>> = {
  'action.mjs': 'src/entry/action/index.ts',
  'main.mjs': 'src/entry/cli/index.ts',
  'verify-worker.mjs': 'src/entry/verify-worker.ts',
  'index.mjs': 'src/index.ts',
  'in-toto.mjs': 'src/in-toto.ts',
}

/**
 * Writes the programs of `dist/` and their digests, anew. The result depends on the sources and the lockfile alone:
 * `absWorkingDir` keeps the folder's name out of the comments, nothing carries a date.
 *
 * @param prelude what each bundle runs before anything else
 * @returns every file that went into one of them, relative to the root
 */
export async function writeBundles(root: string, prelude = ''): Promise<readonly string[]> {
  const dist = join(root, 'dist')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
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
      banner: { js: BANNER + prelude },
      define: { __CLEANBILL_VERSION__: JSON.stringify(version) },
      legalComments: 'none',
      charset: 'utf8',
      logLevel: 'warning',
      metafile: true,
    })
    for (const input of Object.keys(result.metafile.inputs)) inputs.add(input)
  }
  writeFileSync(join(dist, 'cli.js'), readFileSync(join(root, 'src/entry/cli/start.js')))
  chmodSync(join(dist, 'cli.js'), 0o755)
  writeFileSync(join(dist, 'SHA256SUMS'), sums(dist, ['cli.js', ...Object.keys(BUNDLES)]))
  return [...inputs]
}

/** As `sha256sum` writes and checks it; the program looks at it when it starts. */
function sums(dist: string, names: readonly string[]): string {
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(dist, name)))
      .digest('hex')
  return [...names]
    .sort()
    .map((name) => `${digest(name)}  ${name}\n`)
    .join('')
}
