import type { Dependency, Notice } from '../../model/dependency.ts'
import { isCommit } from '../../model/digest.ts'
import { entryOf } from '../entry.ts'
import {
  baseName,
  type Finder,
  type Found,
  folderOf,
  type Include,
  joinInside,
  leadsOut,
  malformed,
  type SourceFile,
} from '../finder.ts'
import { skippableGateNotices } from '../gate-notices.ts'
import { imageEntry } from '../image-entry.ts'
import { findInstalls } from '../installs.ts'
import { jobNotices } from '../workflow-notices.ts'
import { parseYamlMap, type YamlNode } from '../yaml-lines.ts'

const WORKFLOW = /^(.*?)(?:^|\/)\.(?:github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/

/** `.github/workflows/*.yml`: actions, reusable workflows, images, and what `run:` installs. Source: GitHub's workflow syntax. */
export const workflow: Finder = {
  id: 'workflow',
  matches: (path) => WORKFLOW.test(path),
  find: (file) => {
    const reading = start(file, WORKFLOW.exec(file.path)?.[1] ?? '')
    const root = parseYamlMap(file.bytes)
    const jobs = root.get('jobs')
    if (jobs === undefined || !jobs.isMap) throw malformed('the workflow has no jobs', jobs?.line ?? 1)
    for (const [, job] of jobs.entries()) {
      readJob(reading, job)
      reading.notices.push(...jobNotices(job, root.get('permissions'), file.path))
    }
    reading.notices.push(...skippableGateNotices(root, file.path))
    return reading
  },
}

/** `action.yml`: the steps of a composite action, the image of a container action. Source: GitHub's metadata syntax. */
export const action: Finder = {
  id: 'action',
  matches: (path) => /^action\.ya?ml$/.test(baseName(path)),
  find: (file) => {
    const reading = start(file, '')
    const runs = parseYamlMap(file.bytes).get('runs')
    if (runs === undefined || !runs.isMap) throw malformed('the action has no "runs"', runs?.line ?? 1)
    readSteps(reading, runs.get('steps'))
    const image = runs.get('image')
    if (image?.text !== undefined) readActionImage(reading, image, image.text)
    return reading
  },
}

interface Reading {
  readonly file: SourceFile
  /** What `./` means in `uses:`: the root of the repository. */
  readonly base: string
  readonly dependencies: Dependency[]
  readonly notices: Notice[]
  readonly includes: Include[]
}

const start = (file: SourceFile, base: string): Reading & Found => ({
  file,
  base,
  dependencies: [],
  notices: [],
  includes: [],
})

function readJob(reading: Reading, job: YamlNode): void {
  const uses = job.get('uses')
  if (uses !== undefined) readUses(reading, uses, 'reusable-workflow')
  const container = job.get('container')
  if (container !== undefined) readImage(reading, container.isMap ? container.get('image') : container)
  for (const [, service] of job.get('services')?.entries() ?? []) {
    readImage(reading, service.isMap ? service.get('image') : service)
  }
  readSteps(reading, job.get('steps'))
}

function readSteps(reading: Reading, steps: YamlNode | undefined): void {
  if (steps === undefined) return
  if (!steps.isList) throw malformed('"steps" is not a list', steps.line)
  for (const step of steps.items()) {
    const uses = step.get('uses')
    if (uses !== undefined) readUses(reading, uses, 'action')
    const run = step.get('run')
    if (run?.text === undefined) continue
    reading.notices.push(...findInstalls(run.text, reading.file.path, run.line + (run.isBlock ? 1 : 0)))
  }
}

/** An empty image is no container: that is how a matrix leaves it out. */
function readImage({ file, dependencies }: Reading, image: YamlNode | undefined): void {
  const text = image?.text?.trim()
  if (image === undefined || text === undefined || text === '') return
  dependencies.push(imageEntry(text, { file: file.path, line: image.line, scope: 'ci' }))
}

function readActionImage(reading: Reading, image: YamlNode, text: string): void {
  if (text.startsWith('docker://')) {
    readImage(reading, image)
    return
  }
  const target = joinInside(folderOf(reading.file.path), text)
  if (target === undefined) throw leadsOut(text, image.line)
  reading.includes.push({ paths: [target], finder: 'dockerfile', line: image.line, whenMissing: 'error' })
}

function readUses(reading: Reading, node: YamlNode, kind: 'action' | 'reusable-workflow'): void {
  const text = node.text?.trim() ?? ''
  const common = { kind, ecosystem: 'github', file: reading.file.path, line: node.line, scope: 'ci' as const }
  if (text.startsWith('docker://')) {
    readImage(reading, node)
    return
  }
  if (/^(?:\.{1,2}|\$)\//.test(text)) {
    reading.dependencies.push(entryOf({ ...common, name: text, source: 'workspace', location: text }))
    readLocal(reading, text, kind, node.line)
    return
  }
  const [, repository, path, ref] = /^([\w.-]+\/[\w.-]+)(?:\/([^@\s]+))?@(\S+)$/.exec(text) ?? []
  if (repository === undefined || ref === undefined) {
    throw malformed(`${JSON.stringify(text.slice(0, 100))} is no action and no workflow`, node.line)
  }
  const commit = isCommit(ref) ? { digests: { gitCommit: ref } } : {}
  const comment = node.comment === undefined || node.comment === '' ? {} : { comment: node.comment }
  reading.dependencies.push(
    entryOf({
      ...common,
      name: repository,
      version: ref,
      source: 'git',
      location: text,
      subpath: path,
      ...commit,
      ...comment,
    }),
  )
}

/**
 * A local action is read with what it uses, on and on; a pinned outer action says nothing about the inner ones (T-AC-24).
 * `./` starts in the workspace, `$/` in the repository of the workflow; a reader of files sees one tree for both.
 */
function readLocal({ base, file, includes, notices }: Reading, text: string, kind: string, line: number): void {
  const target = joinInside(base, text.replace(/^\$\//, './'))
  if (target === undefined) {
    const message = `${text} lies outside of the tree that was read`
    notices.push({ code: 'LOCAL_MISSING', message, file: file.path, line })
  } else if (kind === 'reusable-workflow') {
    includes.push({ paths: [target], finder: 'workflow', line, whenMissing: 'notice' })
  } else {
    const inside = target === '' ? '' : `${target}/`
    const paths = ['action.yml', 'action.yaml', 'Dockerfile'].map((name) => `${inside}${name}`)
    includes.push({ paths: paths.filter((path) => path !== file.path), line, whenMissing: 'notice' })
  }
}
