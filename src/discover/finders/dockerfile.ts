import {
  type Copy,
  DockerfileParser,
  type From,
  type Instruction,
  type JSONInstruction,
  type Onbuild,
} from 'dockerfile-ast'
import type { Dependency, Notice } from '../../model/dependency.ts'
import { entryOf } from '../entry.ts'
import { baseName, type Finder, type Found, malformed, type SourceFile } from '../finder.ts'
import { imageEntry } from '../image-entry.ts'
import { findInstalls } from '../installs.ts'
import { pythonHash } from '../python-entry.ts'
import { decodeText, lineAt, splitLines } from '../text.ts'

/** Dockerfiles: every image they build on or copy from, what `ADD` downloads, what `RUN` installs. Source: BuildKit's reference. */
export const dockerfile: Finder = {
  id: 'dockerfile',
  matches: (path) =>
    /^(?:(?:Docker|Container)file(?:\.[\w-]+)*|[\w.-]+\.(?:docker|container)file)$/i.test(baseName(path)) &&
    !/\.(?:dockerignore|j2|jinja2?|tmpl|tpl|template|in|erb|md|sh|py|ts|js|go)$/i.test(path),
  find: (file) => findDockerfile(file, decodeText(file.bytes)),
}

interface Reading {
  readonly file: string
  readonly lines: readonly string[]
  readonly args: Map<string, string>
  readonly stages: Set<string>
  readonly dependencies: Dependency[]
  readonly notices: Notice[]
}

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['ADD', 'ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL', 'MAINTAINER'],
  ...['ONBUILD', 'RUN', 'SHELL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR'],
])

/** @param text of the file, or of `dockerfile_inline` in a compose file */
export function findDockerfile(file: SourceFile, text: string, firstLine = 1): Found {
  const reading: Reading = {
    file: file.path,
    lines: splitLines(text),
    args: new Map(),
    stages: new Set(),
    dependencies: [],
    notices: [],
  }
  refuseCostly(text, reading.lines, firstLine)
  readSyntax(reading, firstLine)
  let stages = 0
  // A comment that no line end follows is read again from each of its number signs.
  for (const instruction of DockerfileParser.parse(`${text}\n`).getInstructions()) {
    const line = instruction.getRange().start.line + firstLine
    const keyword = instruction.getKeyword()
    if (!KEYWORDS.has(keyword))
      throw malformed(`Dockerfiles have no instruction ${JSON.stringify(keyword.slice(0, 40))}`, line)
    if (keyword === 'ARG' && stages === 0) readArg(reading, instruction)
    if (keyword === 'FROM') readFrom(reading, instruction as From, line, stages++)
    else readInstruction(reading, instruction, line)
  }
  if (stages === 0) throw malformed('there is no FROM', firstLine)
  return reading
}

const MAX_COMMENT_LENGTH = 4_096
const MAX_DASHES = 20_000

/**
 * Two things for which the parser takes the square of their number: `#a=b` over and over in one line before the first
 * instruction, and flags. Whoever writes hundreds of kilobytes of either wants the gate to hang. They are refused and not
 * cut: BuildKit reads all of them, and an `# escape=` at the end of one decides where instructions end.
 */
function refuseCostly(text: string, lines: readonly string[], firstLine: number): void {
  for (const [index, line] of lines.entries()) {
    if (!/^\ufeff?[ \t]*#/.test(line)) break
    if (line.length > MAX_COMMENT_LENGTH) {
      const message = `a comment before the first instruction is longer than ${MAX_COMMENT_LENGTH} characters`
      throw malformed(message, index + firstLine, 'Break it into several lines.')
    }
  }
  let dashes = 0
  for (const { index } of text.matchAll(/(?<![^\s\\])-/g)) {
    if (++dashes <= MAX_DASHES) continue
    const message = `more than ${MAX_DASHES} words start with a dash`
    throw malformed(message, lineAt(text, index) + firstLine - 1, 'Move what is run into a script.')
  }
}

/** `# syntax=image`: the program that reads the rest of the file. It runs before anything else does. */
function readSyntax(reading: Reading, firstLine: number): void {
  for (const [index, line] of reading.lines.entries()) {
    const [, name, value] = /^#[ \t]*([a-zA-Z]+)[ \t]*=[ \t]*(\S+)[ \t]*$/.exec(line) ?? []
    if (name === undefined || value === undefined) return
    if (name.toLowerCase() === 'syntax') pushImage(reading, value, index + firstLine)
  }
}

function readArg({ args }: Reading, instruction: Instruction): void {
  for (const argument of instruction.getArguments()) {
    const [, name, value] = /^(\w+)=(.*)$/s.exec(argument.getValue()) ?? []
    if (name !== undefined) args.set(name, (value ?? '').replace(/^(["'])(.*)\1$/, '$2'))
  }
}

function readFrom(reading: Reading, from: From, line: number, index: number): void {
  const image = from.getImage()
  if (image === null) throw malformed('FROM names no image', line)
  const known = reading.stages.has(image.toLowerCase())
  if (!known && image !== 'scratch') pushImage(reading, image, line)
  reading.stages.add(String(index))
  const stage = from.getBuildStage()
  if (stage !== null) reading.stages.add(stage.toLowerCase())
}

function readInstruction(reading: Reading, instruction: Instruction, line: number): void {
  const keyword = instruction.getKeyword()
  if (keyword === 'ONBUILD') {
    const trigger = (instruction as Onbuild).getTriggerInstruction()
    if (trigger !== null) readInstruction(reading, trigger, line)
  } else if (keyword === 'COPY') {
    const from = (instruction as Copy).getFromFlag()?.getValue()
    if (from !== undefined && from !== null) pushSource(reading, from, line)
  } else if (keyword === 'ADD') readAdd(reading, instruction as JSONInstruction, line)
  else if (keyword === 'RUN') readRun(reading, instruction as JSONInstruction, line)
}

function readRun(reading: Reading, instruction: JSONInstruction, line: number): void {
  for (const flag of instruction.getFlags()) {
    const from = /(?:^|,)from=([^,]+)/.exec(flag.getName() === 'mount' ? (flag.getValue() ?? '') : '')?.[1]
    if (from !== undefined) pushSource(reading, from, line)
  }
  const { start, end } = instruction.getRange()
  const words = instruction.getJSONStrings().map((word) => word.getJSONValue())
  const script =
    words.length > 0
      ? words.join(' ')
      : bridgeComments([
          (reading.lines[start.line] ?? '').slice(start.character),
          ...reading.lines.slice(start.line + 1, end.line + 1),
        ]).join('\n')
  reading.notices.push(...findInstalls(script, reading.file, line))
}

/** A comment between continued lines does not end them. */
function bridgeComments(lines: readonly string[]): string[] {
  let continued = false
  return lines.map((line) => {
    if (continued && /^\s*(?:#.*)?$/.test(line)) return '\\'
    continued = /\\\s*$/.test(line)
    return line
  })
}

function readAdd(reading: Reading, instruction: JSONInstruction, line: number): void {
  const checksum = instruction
    .getFlags()
    .find((flag) => flag.getName() === 'checksum')
    ?.getValue()
  const sources = instruction.getArguments().slice(0, -1)
  for (const argument of sources) {
    const location = argument.getValue().replace(/^["']|["'],?$/g, '')
    if (!/^(?:https?:\/\/|git@|git:\/\/)/.test(location)) continue
    const digests = checksum === undefined || checksum === null ? {} : checksumOf(checksum, line)
    const source = /\$/.test(location) ? 'dynamic' : 'url'
    reading.dependencies.push(
      entryOf({
        kind: 'file',
        ecosystem: 'generic',
        name: location,
        location,
        source,
        digests,
        file: reading.file,
        line,
        scope: 'build',
      }),
    )
  }
}

/** A hash of the file, or since BuildKit 0.19 the commit of a repository. */
const checksumOf = (checksum: string, line: number) =>
  /^[0-9a-f]{40}$/.test(checksum) ? { gitCommit: checksum } : checksum.includes('$') ? {} : pythonHash(checksum, line)

function pushSource(reading: Reading, from: string, line: number): void {
  if (!reading.stages.has(from.toLowerCase())) pushImage(reading, from, line)
}

/** Variables take the defaults of the ARGs before the first FROM; one without a default is decided at build time. */
function pushImage({ args, file, dependencies }: Reading, image: string, line: number): void {
  const resolved = image.replace(
    /\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})/g,
    (whole, bare?: string, name?: string, fallback?: string) => {
      return args.get(bare ?? name ?? '') || fallback || whole
    },
  )
  if (resolved === 'scratch') return
  dependencies.push(imageEntry(resolved, { file, line, scope: 'build' }))
}
