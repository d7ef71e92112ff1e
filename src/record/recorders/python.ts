import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { fileExists, hashFile } from '../../io/files.ts'
import { isCleanbillError, type Limit } from '../../model/error.ts'
import { compareCodePoints } from '../../model/json.ts'
import type { ResourceDescriptor } from '../../model/statement.ts'
import { mentions } from '../mentions.ts'
import type { RecordContext, Recorder } from '../recorder.ts'
import { settled } from '../recorder.ts'
import { describeFiles, hasAny } from '../workspace-files.ts'

const PROGRAMS =
  /^(python[\d.]*|pip[\d.]*|uvx?|torchrun|accelerate|deepspeed|poetry|pdm|hatch|tox|nox|pytest|conda|mamba|jupyter|ray)$/
const PROJECT_FILES = ['pyproject.toml', 'requirements.txt', 'setup.py', 'Pipfile', 'environment.yml']
const LOCK_FILES = [
  'requirements.txt',
  'uv.lock',
  'poetry.lock',
  'pdm.lock',
  'Pipfile.lock',
  'pylock.toml',
  'conda-lock.yml',
]

/** More packages than this are named by the digest of their list only. */
const MAX_LISTED = 1000

/** The Python that the command will find: interpreter, installed distributions, lock files. */
export const pythonRecorder: Recorder = {
  id: 'python',
  async start(context) {
    if (!(mentions(context, PROGRAMS) || (await hasAny(context.workspace, PROJECT_FILES)))) return settled({})
    const before = await readPython(context)
    if (before === undefined) return settled({})
    const locks = await describeFiles(context.workspace, LOCK_FILES, 'lockfile')
    const interpreter = await describeInterpreter(before)
    return {
      async finish() {
        const after = await readPython(context)
        const installed = describeInstalled('python-packages', before)
        const later = after && describeInstalled('python-packages-after', after)
        const changed = later === undefined || later.digest?.sha256 !== installed.digest?.sha256
        return {
          resolvedDependencies: [...interpreter, installed, ...(changed && later ? [later] : []), ...locks],
          limits: changed ? [CHANGED] : [],
        }
      },
    }
  },
}

const CHANGED: Limit = {
  code: 'TOOLCHAIN_CHANGED_DURING_RUN',
  message: 'the installed Python packages are not the same after the command as before it',
}

/**
 * Isolated (`-I`): neither the working folder nor PYTHON* variables decide what is imported. The digest of a
 * distribution is that of its RECORD, the list of its files with their hashes.
 */
const SCRIPT = `
import hashlib, importlib.metadata, json, os, platform, re, sys
found = []
for d in importlib.metadata.distributions():
    try:
        name, folder = d.metadata["Name"], getattr(d, "_path", None)
        if not name or folder is None: continue
        record = os.path.join(str(folder), "RECORD")
        digest = None
        if os.path.isfile(record):
            with open(record, "rb") as f: digest = hashlib.sha256(f.read()).hexdigest()
        found.append([re.sub("[-_.]+", "-", name).lower(), d.version or "", digest])
    except Exception: found.append(["unreadable", "", None])
print(json.dumps({"version": platform.python_version(), "implementation": platform.python_implementation(),
  "executable": os.path.realpath(sys.executable), "packages": found}))
`

const answer = z.object({
  version: z.string().regex(/^[\w.+-]{1,40}$/),
  implementation: z.string(),
  executable: z.string(),
  packages: z.array(z.tuple([z.string(), z.string(), z.string().nullable()])),
})
type Python = z.infer<typeof answer>

async function readPython(context: RecordContext): Promise<Python | undefined> {
  for (const program of await candidates(context)) {
    const options = { cwd: context.workspace, env: context.childEnv, timeoutMs: 60_000, maxBytes: 32 * 1024 * 1024 }
    const result = await context.runTool([program, '-I', '-c', SCRIPT], options)
    const parsed = result && answer.safeParse(parseAnswer(result.stdout))
    if (parsed?.success) return parsed.data
  }
  return undefined
}

async function candidates({ argv, workspace }: RecordContext): Promise<string[]> {
  const program = basename(argv[0] ?? '')
  const own = /^python[\d.]*$/.test(program) ? [argv[0] ?? ''] : []
  // uv and poetry run the project's own environment, which is not on PATH.
  const venv = join(workspace, '.venv', 'bin', 'python')
  const project = /^(uv|poetry|pdm|hatch)$/.test(program) && (await fileExists(venv)) ? [venv] : []
  return [...own, ...project, 'python3', 'python']
}

function parseAnswer(stdout: string): unknown {
  try {
    return JSON.parse(stdout)
  } catch {
    return undefined
  }
}

async function describeInterpreter({ version, implementation, executable }: Python): Promise<ResourceDescriptor[]> {
  const name = 'python'
  const uri = `pkg:generic/python@${encodeURIComponent(version)}`
  const annotations = { role: 'toolchain', implementation }
  try {
    const { sha256 } = await hashFile(executable)
    return [{ name, uri, digest: { sha256 }, annotations }]
  } catch (error) {
    if (!isCleanbillError(error)) throw error
    return [{ name, uri, annotations }]
  }
}

/** Digest of the sorted lines `name==version sha256:<RECORD>` (or `sha256:-` where a distribution has no RECORD). */
function describeInstalled(name: string, { packages }: Python): ResourceDescriptor {
  const lines = [...new Set(packages.map(([n, version, digest]) => `${n}==${version} sha256:${digest ?? '-'}`))]
  lines.sort(compareCodePoints)
  const sha256 = createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex')
  const annotations = {
    role: 'installed-set',
    count: lines.length,
    ...(lines.length <= MAX_LISTED && { packages: lines }),
  }
  return { name, digest: { sha256 }, annotations }
}
