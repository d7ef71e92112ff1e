import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exec, lastLine } from './exec.ts'
import type { Tool } from './go-programs.ts'
import { PYTHON_REQUIREMENTS, SIGSTORE_PYTHON_VERSION } from './versions.ts'

const LIMIT_MS = 10 * 60_000

/**
 * A virtual environment with sigstore-python, from the cache or made there; the path is its interpreter. The stamp is
 * written last: an environment without it is a torn one and is made anew.
 */
export async function preparePython(
  cacheFolder: string,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<Tool> {
  const key = createHash('sha256').update(PYTHON_REQUIREMENTS.join('\n')).digest('hex').slice(0, 16)
  const folder = join(cacheFolder, `venv-${key}`)
  const stamp = join(folder, 'cleanbill-interop.stamp')
  const tool = { path: join(folder, 'bin', 'python'), version: SIGSTORE_PYTHON_VERSION }
  const run = (command: string, args: readonly string[]) => exec(command, args, { env, timeoutMs: LIMIT_MS })
  const stamped = (await readFile(stamp, 'utf8').catch(() => '')) !== ''
  // Asked even when stamped: the system's Python may have been replaced under the environment.
  if (stamped && (await run(tool.path, ['-c', 'import sigstore'])).code === 0) return tool

  if ((await run('python3', ['--version'])).code !== 0) return { missing: 'python3 is not installed' }
  say(`installing ${PYTHON_REQUIREMENTS.join(' ')} (once, then cached)`)
  await rm(folder, { recursive: true, force: true })
  const made = await run('python3', ['-m', 'venv', folder])
  if (made.code !== 0) return { missing: `python3 -m venv failed: ${lastLine(made.stderr || made.stdout)}` }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PYTHON_REQUIREMENTS]
  const installed = await run(tool.path, pip)
  if (installed.code !== 0) return { missing: `pip install failed: ${lastLine(installed.stderr)}` }
  await writeFile(stamp, `${PYTHON_REQUIREMENTS.join('\n')}\n`)
  return tool
}
