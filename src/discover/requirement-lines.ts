import { malformed } from './finder.ts'
import { splitLines } from './text.ts'

/** One logical line: continuations joined, comments gone. */
export interface RequirementLine {
  readonly text: string
  readonly line: number
}

/** Source: pip `req/req_file.py`, `join_lines` and `ignore_comments`: a comment ends a continuation. */
export function requirementLines(text: string): RequirementLine[] {
  const found: RequirementLine[] = []
  let pending: { text: string; line: number } | undefined
  const flush = () => {
    const bare = pending?.text.replace(/(^|\s)#.*$/, '').trim()
    if (pending !== undefined && bare !== undefined && bare !== '') found.push({ text: bare, line: pending.line })
    pending = undefined
  }
  for (const [index, raw] of splitLines(text).entries()) {
    const comment = /^\s*#/.test(raw)
    const continued = raw.endsWith('\\') && !comment
    const part = continued ? raw.slice(0, -1) : raw
    pending = pending === undefined ? { text: part, line: index + 1 } : { ...pending, text: `${pending.text} ${part}` }
    if (!continued) flush()
  }
  flush()
  return found
}

/** What a line of a requirements file says. */
export type Requirement =
  | { readonly kind: 'file'; readonly path: string; readonly constraint: boolean }
  | { readonly kind: 'index'; readonly url: string; readonly extra: boolean }
  | { readonly kind: 'option' }
  | { readonly kind: 'editable'; readonly location: string }
  | {
      readonly kind: 'place'
      readonly name: string | undefined
      readonly location: string
      readonly hashes: readonly string[]
    }
  | {
      readonly kind: 'package'
      readonly name: string
      /** With `==` or `===`, whole. */
      readonly version: string | undefined
      readonly hashes: readonly string[]
    }

const VALUED = '(?:[ \\t]*=[ \\t]*|[ \\t]+)(.+)$'
const FILE = new RegExp(`^(?:(-r|--requirement)|(-c|--constraint))(?:${VALUED})?`)
const INDEX = new RegExp(`^(?:(-i|--index-url)|--extra-index-url|(?:-f|--find-links))${VALUED}`)
const EDITABLE = new RegExp(`^(?:-e|--editable)${VALUED}`)
/** The rest of pip's options for a file: none of them names something to install. */
const OPTION =
  /^--?(?:no-index|no-binary|only-binary|prefer-binary|require-hashes|pre|trusted-host|use-feature|process-dependency-links|all-releases|only-final|uploaded-prior-to)\b/

/**
 * Reads one logical line. pip's own grammar; pip-requirements-js does not read hashes, `-e` or URLs.
 *
 * @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED`
 */
export function parseRequirement({ text, line }: RequirementLine): Requirement {
  if (text.startsWith('-')) return parseOption(text, line)
  const hashes = [...text.matchAll(/\s--hash[= ]\s*(\S+)/g)].map((match) => match[1] ?? '')
  // One space for each run of them: patterns below allow them in several places, and would try every way to share them out.
  const body = text
    .replace(/\s--(?:hash|global-option|install-option|config-settings?)\b.*$/s, '')
    .replace(/\s+/g, ' ')
    .trim()
  const [, named, at] = /^([A-Za-z0-9][A-Za-z0-9._-]*)[ \t]*(?:\[[^\]]*\])?[ \t]*@[ \t]*(\S+)/.exec(body) ?? []
  if (at !== undefined) return { kind: 'place', name: named, location: at, hashes }
  if (
    /^(?:[a-z][a-z0-9+.-]*:|\.{0,2}\/|\.{1,2}$|~)/i.test(body) ||
    /\.(?:whl|zip|tar\.gz|tgz|tar\.bz2)(?:$|[\s;])/.test(body)
  ) {
    return { kind: 'place', name: undefined, location: body.replace(/\s*;.*$/, ''), hashes }
  }
  const match =
    /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)[ \t]*(?:\[[^\]]*\])?[ \t]*(\(?(?:(?:===|[<>=!~]=|[<>])[^;#]*)?\)?)[ \t]*(?:;.*)?$/s.exec(
      body,
    )
  if (match === null) throw malformed(`${JSON.stringify(body.slice(0, 100))} is no requirement`, line)
  const version = /^\(?\s*={2,3}\s*([^\s,*()]+)\s*\)?\s*$/.exec(match[2] ?? '')?.[1]
  return { kind: 'package', name: match[1] ?? '', version, hashes }
}

function parseOption(text: string, line: number): Requirement {
  const file = FILE.exec(text)
  if (file !== null) {
    const path = file[3] ?? /^-[rc](\S+)$/.exec(text)?.[1]
    if (path === undefined) throw malformed(`${JSON.stringify(text.slice(0, 100))} names no file`, line)
    return { kind: 'file', path: path.trim(), constraint: file[2] !== undefined }
  }
  const index = INDEX.exec(text)
  if (index !== null) return { kind: 'index', url: (index[2] ?? '').trim(), extra: index[1] === undefined }
  const editable = EDITABLE.exec(text)
  if (editable !== null) return { kind: 'editable', location: (editable[1] ?? '').trim() }
  if (OPTION.test(text)) return { kind: 'option' }
  throw malformed(`pip has no option ${JSON.stringify(text.slice(0, 100))} for a file`, line)
}
