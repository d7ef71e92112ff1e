import { z } from 'zod'
import { hashFile } from '../../io/files.ts'
import { isCleanbillError, type Limit } from '../../model/error.ts'
import type { ResourceDescriptor } from '../../model/statement.ts'
import { mentions } from '../mentions.ts'
import { type RecordContext, type Recorder, settled } from '../recorder.ts'
import { describeFiles, hasAny } from '../workspace-files.ts'

const PROGRAMS = /^(node|npm|npx|yarn|pnpm|corepack|tsx|tsc)$/
const LOCK_FILES = ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml']
/** What each package manager writes about the tree it installed. */
const INSTALLED = ['node_modules/.package-lock.json', 'node_modules/.pnpm/lock.yaml', 'node_modules/.yarn-state.yml']

/** The Node that the command will find on its PATH, the lock files, and what is installed. */
export const nodeRecorder: Recorder = {
  id: 'node',
  async start(context) {
    if (!(mentions(context, PROGRAMS) || (await hasAny(context.workspace, ['package.json'])))) return settled({})
    const toolchain = await describeNode(context)
    const locks = await describeFiles(context.workspace, LOCK_FILES, 'lockfile')
    const before = await describeFiles(context.workspace, INSTALLED, 'installed-set')
    return {
      async finish() {
        const after = await describeFiles(context.workspace, INSTALLED, 'installed-set')
        const same = JSON.stringify(before) === JSON.stringify(after)
        const later = same ? [] : after.map((set) => ({ ...set, name: `${set.name} (after)` }))
        return {
          resolvedDependencies: [...toolchain, ...locks, ...before, ...later],
          limits: same ? [] : [CHANGED],
        }
      },
    }
  },
}

const CHANGED: Limit = {
  code: 'TOOLCHAIN_CHANGED_DURING_RUN',
  message: 'the installed Node packages are not the same after the command as before it',
}

const answer = z.object({ version: z.string().regex(/^v\d[\w.+-]{0,40}$/), path: z.string().min(1) })

async function describeNode(context: RecordContext): Promise<ResourceDescriptor[]> {
  // The caller's NODE_OPTIONS may load modules: they are the command's, not those of our question.
  const { NODE_OPTIONS: _, ...env } = context.childEnv
  // The program is asked for its own path: what stands on PATH may be a shim.
  const script =
    'process.stdout.write(JSON.stringify({ version: process.version, path: fs.realpathSync(process.execPath) }))'
  const result = await context.runTool(['node', '-e', script], { cwd: context.workspace, env })
  if (result === undefined) return []
  try {
    const { version, path } = answer.parse(JSON.parse(result.stdout))
    const uri = `pkg:generic/node@${version.slice(1)}`
    const { sha256 } = await hashFile(path)
    return [{ name: 'node', uri, digest: { sha256 }, annotations: { role: 'toolchain' } }]
  } catch (error) {
    if (isCleanbillError(error) || error instanceof z.ZodError || error instanceof SyntaxError) return []
    throw error
  }
}
