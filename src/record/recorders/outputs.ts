import { CleanbillError, isCleanbillError, type Limit } from '../../model/error.ts'
import type { RecordedOutput } from '../../model/recording.ts'
import { type FoundOutput, findOutputs, parsePattern } from '../find-outputs.ts'
import { fingerprint, hashTree } from '../hash-tree.ts'
import { isOurs, refuseAroundOurs, refuseFoundAroundOurs } from '../own-folder.ts'
import type { RecordContext, Recorder } from '../recorder.ts'

/** The outputs: what becomes a subject. Hashed after the command, and watched until the last of them is hashed. */
export const outputsRecorder: Recorder = {
  id: 'outputs',
  async start(context) {
    const patterns = context.outputs.map(({ role, pattern }) => ({
      role,
      pattern: parsePattern(context.workspace, pattern),
      written: pattern,
    }))
    for (const { pattern } of patterns) await refuseAroundOurs(context, pattern)
    const before = await fingerprintsNow(context, patterns)
    const declared = context.outputs.map(({ role, pattern }) => ({ role, pattern }))
    return {
      async finish({ exit, lenient }) {
        const failed = exit.code !== 0 || lenient === true
        const recorded: Recorded = { outputs: [], limits: [] }
        await guard(failed, recorded, async () => {
          await recordOutputs(context, patterns, failed, before, recorded)
        })
        return { externalParameters: { outputs: declared }, ...recorded }
      },
    }
  },
}

interface Pattern {
  readonly role: string
  readonly pattern: string
  /** As the caller wrote it. */
  readonly written: string
}

interface Recorded {
  readonly outputs: RecordedOutput[]
  readonly limits: Limit[]
}

async function recordOutputs(
  context: RecordContext,
  patterns: readonly Pattern[],
  failed: boolean,
  before: ReadonlyMap<string, string>,
  recorded: Recorded,
): Promise<void> {
  const found = new Map<string, FoundOutput & { role: string }>()
  for (const pattern of patterns) {
    await guard(failed, recorded, async () => {
      const named = await findOutputs(context.workspace, pattern.pattern)
      // A wide glob must not take our own recording for something the command made.
      const matches = named.filter(({ path }) => !isOurs(context, path))
      const folders = matches.filter(({ kind }) => kind === 'directory').map(({ path }) => path)
      await refuseFoundAroundOurs(context, folders)
      if (matches.length === 0 && !failed) throw noMatch(pattern.written)
      for (const match of matches) addOutput(found, { ...match, role: pattern.role })
    })
  }
  refuseTwins([...found.keys()])
  const prints = new Map<string, string>()
  for (const output of found.values()) {
    await guard(failed, recorded, async () => {
      prints.set(output.path, await fingerprint(context.workspace, output.path, output.kind))
      recorded.outputs.push(await hashOutput(context, output))
    })
  }
  for (const output of found.values()) {
    if (!recorded.outputs.some(({ path }) => path === output.path)) continue
    await guard(failed, recorded, () => checkUnchanged(context, output, prints.get(output.path)))
  }
  const unwritten = recorded.outputs.filter(({ path }) => before.has(path) && before.get(path) === prints.get(path))
  if (unwritten.length > 0) {
    recorded.limits.push({
      code: 'OUTPUT_NOT_WRITTEN',
      message: `there before the command and not written by it: ${quoted(unwritten.map(({ path }) => path))}`,
    })
  }
}

function addOutput(found: Map<string, FoundOutput & { role: string }>, output: FoundOutput & { role: string }): void {
  const other = found.get(output.path)
  if (other !== undefined && other.role !== output.role) {
    throw new CleanbillError(
      'SUBJECT_NAME_DUPLICATE',
      `${JSON.stringify(output.path)} is declared as ${other.role} and as ${output.role}`,
      { hint: 'Give each output one role.' },
    )
  }
  found.set(output.path, output)
}

/** Two names that one file system keeps apart and another makes one: who unpacks them gets either (T-SU-07). */
function refuseTwins(paths: readonly string[]): void {
  const seen = new Map<string, string>()
  for (const path of paths) {
    const folded = path.normalize('NFC').toLowerCase()
    const twin = seen.get(folded)
    if (twin !== undefined) {
      throw new CleanbillError('PATH_UNSAFE', `the outputs ${quoted([twin, path])} differ in case or accents only`, {
        as: 'usage',
        hint: 'Rename one of them.',
      })
    }
    seen.set(folded, path)
  }
}

async function hashOutput(context: RecordContext, output: FoundOutput & { role: string }): Promise<RecordedOutput> {
  const { role, path, kind } = output
  const tree = await hashTree(context.host, context.workspace, path, kind)
  if (tree.files?.length === 0) {
    throw new CleanbillError('SUBJECT_EMPTY', `the output directory ${JSON.stringify(path)} holds no file`, {
      as: 'usage',
      hint: 'Name the folder the command writes to.',
    })
  }
  const files = tree.files?.map(({ name, sha256, bytes }) => ({ name, sha256, bytes }))
  return { role, path, kind, digest: { sha256: tree.sha256 }, bytes: tree.bytes, ...(files && { files }) }
}

async function checkUnchanged(context: RecordContext, output: FoundOutput, hashed?: string): Promise<void> {
  const now = await fingerprint(context.workspace, output.path, output.kind).catch(() => undefined)
  if (now !== undefined && now === hashed) return
  throw new CleanbillError('SUBJECT_CHANGED', `${JSON.stringify(output.path)} changed while it was recorded`, {
    hint: 'A process that the command left behind still writes to it; have the command wait for it.',
  })
}

async function fingerprintsNow(context: RecordContext, patterns: readonly Pattern[]): Promise<Map<string, string>> {
  const prints = new Map<string, string>()
  for (const { pattern } of patterns) {
    try {
      for (const { path, kind } of await findOutputs(context.workspace, pattern)) {
        prints.set(path, await fingerprint(context.workspace, path, kind))
      }
    } catch (error) {
      // What is wrong now may be right after the command; what is wrong then is refused then.
      if (!isCleanbillError(error)) throw error
    }
  }
  return prints
}

/** After a failed command there is no subject to refuse: what cannot be recorded is named, and the recording kept. */
async function guard(failed: boolean, recorded: Recorded, step: () => Promise<void>): Promise<void> {
  try {
    await step()
  } catch (error) {
    if (!failed || !isCleanbillError(error)) throw error
    recorded.limits.push({ code: 'OUTPUT_NOT_RECORDED', message: `${error.code}: ${error.message}` })
  }
}

function noMatch(pattern: string): CleanbillError {
  return new CleanbillError('PATTERN_NO_MATCH', `no output matches ${JSON.stringify(pattern)}`, {
    hint: 'Paths are relative to the workspace; a glob with ** matches files only.',
  })
}

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => JSON.stringify(name))
  return shown.join(', ') + (names.length > 20 ? ` and ${names.length - 20} more` : '')
}
