import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type HashedFile, pathKind, resolveInside } from '../../io/files.ts'
import { CleanbillError, isCleanbillError, type Limit } from '../../model/error.ts'
import type { JsonObject } from '../../model/json.ts'
import type { ResourceDescriptor } from '../../model/statement.ts'
import { type HashedTree, hashTree } from '../hash-tree.ts'
import { parseInputReference } from '../input-reference.ts'
import { createMasker } from '../masker.ts'
import type { DeclaredInput, RecordContext, Recorder } from '../recorder.ts'
import { workspaceUri } from '../workspace-uri.ts'

/** A directory with more files than this is named by its root; the digest of its list goes to the byproducts. */
const MAX_MANIFEST_FILES = 1000

/** The declared inputs: hashed before the command, and again after it. */
export const inputsRecorder: Recorder = {
  id: 'inputs',
  async start(context) {
    const before: RecordedInput[] = []
    for (const input of context.inputs) before.push(await readInput(context, input))
    return {
      async finish() {
        const changed: RecordedInput[] = []
        for (const input of before) if (await hasChanged(context, input)) changed.push(input)
        return {
          externalParameters: { inputs: context.inputs.map(({ role, ref }) => ({ role, ref })) },
          resolvedDependencies: before.map((input) => describe(input, changed.includes(input))),
          byproducts: before.flatMap(describeManifest),
          limits: limitsOf(before, changed),
          changed: changed.map(({ ref }) => ref),
        }
      },
    }
  },
}

type RecordedInput =
  | (DeclaredInput & { readonly state: 'VERIFIED'; readonly path: string; readonly tree: HashedTree })
  | (DeclaredInput & { readonly state: 'PINNED' | 'DECLARED'; readonly descriptor: ResourceDescriptor })

async function readInput(context: RecordContext, input: DeclaredInput): Promise<RecordedInput> {
  const reference = parseInputReference(input.ref)
  if (reference.kind === 'path') {
    const { name } = await resolveInside(context.workspace, reference.path)
    const path = name === '' ? '.' : name
    return { ...input, state: 'VERIFIED', path, tree: await hashInput(context, path) }
  }
  if (createMasker(context.host.env).finds(reference.uri)) {
    throw new CleanbillError('INPUT_INVALID', `the URI of the ${input.role} input holds the value of a secret`, {
      hint: 'Provenance is public: give the URI without it.',
    })
  }
  const { uri, state } = reference
  const digest = reference.state === 'PINNED' ? { digest: reference.digest } : {}
  return { ...input, state, descriptor: { name: uri, uri, ...digest, annotations: { role: input.role, state } } }
}

async function hashInput(context: RecordContext, path: string): Promise<HashedTree> {
  const kind = await pathKind(join(context.workspace, path))
  if (kind !== 'file' && kind !== 'directory') {
    throw new CleanbillError(
      'PATH_UNSAFE',
      `the input ${JSON.stringify(path)} is neither a regular file nor a directory`,
      { as: 'usage' },
    )
  }
  const tree = await hashTree(context.host, context.workspace, path, kind)
  if (tree.files?.length === 0) {
    throw new CleanbillError('INPUT_INVALID', `the input directory ${JSON.stringify(path)} holds no file`, {
      hint: 'Check the path, and that the step that fetches the data ran before.',
    })
  }
  return tree
}

/** Anything that keeps an input from being hashed again is a change too. */
async function hasChanged(context: RecordContext, input: RecordedInput): Promise<boolean> {
  if (input.state !== 'VERIFIED') return false
  try {
    await resolveInside(context.workspace, input.path)
    const now = await hashInput(context, input.path)
    // The root holds no names: a file renamed in place would keep it.
    return now.kind !== input.tree.kind || now.sha256 !== input.tree.sha256 || !sameNames(now.files, input.tree.files)
  } catch (error) {
    if (isCleanbillError(error)) return true
    throw error
  }
}

function sameNames(a: readonly HashedFile[] = [], b: readonly HashedFile[] = []): boolean {
  return a.length === b.length && a.every((file, index) => file.name === b[index]?.name)
}

function describe(input: RecordedInput, changed: boolean): ResourceDescriptor {
  if (input.state !== 'VERIFIED') return input.descriptor
  const { path, role, state, tree } = input
  const listed = tree.files && tree.files.length <= MAX_MANIFEST_FILES
  const annotations: JsonObject = {
    role,
    state,
    kind: tree.kind,
    path,
    bytes: tree.bytes,
    ...(tree.files && { files: tree.files.length }),
    ...(listed && { manifest: tree.files.map(({ name, sha256 }) => ({ name, sha256 })) }),
    ...(changed && { changedDuringRun: true }),
  }
  return { name: path, uri: workspaceUri(path), digest: { sha256: tree.sha256 }, annotations }
}

function describeManifest(input: RecordedInput): ResourceDescriptor[] {
  const files = input.state === 'VERIFIED' ? (input.tree.files ?? []) : []
  if (input.state !== 'VERIFIED' || files.length <= MAX_MANIFEST_FILES) return []
  const lines = files.map(({ name, sha256 }) => `${sha256} ${JSON.stringify(name)}\n`).join('')
  return [
    {
      name: `manifest of ${input.path}`,
      digest: { sha256: createHash('sha256').update(lines).digest('hex') },
      annotations: { role: 'manifest', path: input.path, files: files.length },
    },
  ]
}

function limitsOf(inputs: readonly RecordedInput[], changed: readonly RecordedInput[]): Limit[] {
  const limit = (code: string, message: string, some: readonly RecordedInput[]): Limit[] =>
    some.length === 0 ? [] : [{ code, message: `${message}: ${some.map(({ ref }) => JSON.stringify(ref)).join(', ')}` }]
  const inState = (state: string) => inputs.filter((input) => input.state === state)
  return [
    ...limit('INPUT_CHANGED_DURING_RUN', 'not the same after the command as before it', changed),
    ...limit('DATA_PINNED_NOT_HASHED', 'named by an immutable id, their bytes not seen here', inState('PINNED')),
    ...limit('DATA_DECLARED_ONLY', 'named by the caller, nothing fixes their content', inState('DECLARED')),
  ]
}
