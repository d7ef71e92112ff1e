import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { findDependencies, findInFile } from '../../../discover/find-dependencies.ts'
import { pathKind } from '../../../io/files.ts'
import type { Discovery } from '../../../model/dependency.ts'
import { toDiscoverDocument } from '../../../model/discover-document.ts'
import { CleanbillError } from '../../../model/error.ts'
import type { JsonValue } from '../../../model/json.ts'
import { formatDiscovery } from '../../../report/discover-report.ts'
import { EXIT } from '../../exit-codes.ts'
import type { Args, CliContext, Command, CommandResult } from '../command.ts'

/** `cleanbill discover`: what does this project depend on, each with file and line? */
export const discoverCommand: Command = {
  name: 'discover',
  summary: 'List what a project depends on, each with file and line',
  usage: ['discover [PATH…]'],
  description: `Reads lock files, requirements, workflows, Dockerfiles and compose files below PATH (default: the current
folder) and runs nothing. Every known dependency file is read or named as unread, and what is installed
outside a lock is a notice. Exit code 1 when a file could not be read or when there is no such file.`,
  examples: ['cleanbill discover', 'cleanbill discover services/api --json'],
  options: [],
  run: discover,
}

async function discover({ host }: CliContext, args: Args): Promise<CommandResult> {
  const paths = args.positionals.length === 0 ? ['.'] : args.positionals
  const found: Discovery[] = []
  for (const path of paths) found.push(await findAt(host.cwd, path))
  const discovery = merge(found)
  const complete = discovery.files.every(({ error }) => error === undefined)
  return {
    exitCode: complete ? EXIT.passed : EXIT.notJudged,
    // Sound: the document is made of JSON values only (its schema says so), with optional keys left out.
    document: JSON.parse(JSON.stringify(toDiscoverDocument(discovery))) as JsonValue,
    text: formatDiscovery(discovery),
  }
}

async function findAt(cwd: string, path: string): Promise<Discovery> {
  const at = resolve(cwd, path)
  if ((await pathKind(at)) !== 'file') return prefix(path, await findDependencies(at))
  // From the working directory where that is possible: `.github/workflows/` is part of what a workflow is called.
  const inside = relative(cwd, at).split(sep).join('/')
  return inside.startsWith('../') || isAbsolute(inside)
    ? prefix(dirname(path), await findInFile(dirname(at), basename(at)))
    : findInFile(cwd, inside)
}

/** Paths start where the caller stands, so that two folders' locks can be told apart. */
function prefix(folder: string, found: Discovery): Discovery {
  const base = folder
    .replaceAll('\\', '/')
    .replace(/^(?:\.\/)+/, '')
    .replace(/\/+$/, '')
  if (base === '.' || base === '') return found
  const at = (path: string) => `${base}/${path}`
  return {
    files: found.files.map((file) => ({ ...file, path: at(file.path) })),
    dependencies: found.dependencies.map((entry) => ({ ...entry, file: at(entry.file) })),
    notices: found.notices.map((notice) => ({ ...notice, file: at(notice.file) })),
    skipped: found.skipped.map(at),
  }
}

/** @throws {CleanbillError} `ARGUMENT_INVALID` when one file lies under two of the paths */
function merge(found: readonly Discovery[]): Discovery {
  const files = found.flatMap((each) => each.files)
  const seen = new Set<string>()
  for (const { path } of files) {
    if (seen.has(path)) throw new CleanbillError('ARGUMENT_INVALID', `${path} lies under two of the paths`)
    seen.add(path)
  }
  return {
    files,
    dependencies: found.flatMap((each) => each.dependencies),
    notices: found.flatMap((each) => each.notices),
    skipped: found.flatMap((each) => each.skipped),
  }
}
