import { CleanbillError } from '../model/error.ts'
import { compareCodePoints } from '../model/json.ts'
import type { LockEntry, LockedSigner, TrustLock, UnusualRecord } from '../model/trust-lock.ts'
import { type EntryText, lockSchema, type SignerText } from './lock-schema.ts'
import { checkYaml, parseYamlDocument, type YamlKind } from './yaml-document.ts'

const KIND: YamlKind = {
  what: 'the trust lock',
  malformed: 'LOCK_MALFORMED',
  unknownKey: 'LOCK_MALFORMED',
  maxBytes: 32 * 1024 * 1024,
}
const HEADER = `# Who each dependency is accepted from, by name and release line. Reviewed like code.
# Written by \`cleanbill init\`; \`cleanbill gate --update-lock\` proposes changes.
version: 1
`

/** Fields of a signer, as the file names them and in the order in which it writes them. */
const TEXTS = [
  ['issuer', 'issuer'],
  ['repository', 'repository'],
  ['repositoryId', 'repository-id'],
  ['ownerId', 'owner-id'],
  ['workflow', 'workflow'],
  ['buildConfig', 'build-config'],
  ['runner', 'runner'],
  ['identity', 'identity'],
  ['key', 'key'],
  ['until', 'until'],
] as const satisfies readonly (readonly [keyof LockedSigner, keyof SignerText])[]
const LISTS = ['refs', 'triggers', 'environments'] as const

/**
 * Reads `cleanbill.lock`, in the form in which it is written or in any other plain YAML.
 *
 * @throws {CleanbillError} `LOCK_MALFORMED` with line and column
 */
export function parseTrustLock(text: string, file: string): TrustLock {
  const quick = readCanonical(text)
  if (quick !== undefined) return quick
  const document = parseYamlDocument(text, file, KIND)
  const { entries } = checkYaml(lockSchema, document, file, KIND)
  const seen = new Set<string>()
  for (const [index, entry] of entries.entries()) {
    if (seen.has(keyOf(entry))) {
      const place = document.placeOf(['entries', index])
      throw new CleanbillError('LOCK_MALFORMED', `the trust lock has ${describe(entry)} twice`, { file, ...place })
    }
    seen.add(keyOf(entry))
  }
  return toLock(entries)
}

/**
 * Reads exactly what {@link formatTrustLock} writes; undefined for anything else. Thousands of entries in a tenth of the
 * time that a parser of all of YAML takes; that nothing was overlooked is proven by writing it again.
 */
export function readCanonical(text: string): TrustLock | undefined {
  if (text.length > KIND.maxBytes) return undefined
  const read = lockSchema.safeParse({ version: 1, entries: readLines(text) })
  if (!read.success) return undefined
  const { entries } = read.data
  const lock = toLock(entries)
  return new Set(entries.map(keyOf)).size === entries.length && formatTrustLock(lock) === text ? lock : undefined
}

function toLock(entries: readonly EntryText[]): TrustLock {
  return sorted(
    entries.map(({ 'owner-id': ownerId, signers = [], unusual, ...entry }) => ({
      ...{ ...entry, ...(ownerId === undefined ? {} : { ownerId }), signers: signers.map(fromText) },
      ...(unusual === undefined ? {} : { unusual: unusual.map(toRecord) }),
    })),
  )
}

function fromText(signer: SignerText): LockedSigner {
  const texts = TEXTS.flatMap(([field, name]) => (signer[name] === undefined ? [] : [[field, signer[name]]]))
  const lists = LISTS.map((name) => [name, signer[name] ?? []])
  // Sound: TEXTS and LISTS name every field of the type, and each holds what the schema checked.
  return Object.fromEntries([...texts, ...lists]) as unknown as LockedSigner
}

/** `1.2.3 COMMIT_UNREACHABLE`: a code has no space in it, a version may have. */
function toRecord(text: string): UnusualRecord {
  const at = text.lastIndexOf(' ')
  return { version: text.slice(0, at), code: text.slice(at + 1) }
}

const toText = ({ version, code }: UnusualRecord): string => `${version} ${code}`

/** Deterministic: equal locks give equal texts, whatever order their entries came in. */
export function formatTrustLock(lock: TrustLock): string {
  const { entries } = sorted(lock.entries)
  if (entries.length === 0) return `${HEADER}entries: []\n`
  return `${HEADER}entries:\n${entries.map(formatEntry).join('')}`
}

function formatEntry({ ecosystem, name, line, best, first, ownerId, signers, unusual = [] }: LockEntry): string {
  const fields = [
    `ecosystem: ${quote(ecosystem)}`,
    `name: ${quote(name)}`,
    `line: ${quote(line)}`,
    `best: ${best}`,
    `first: ${quote(first)}`,
    ...(ownerId === undefined ? [] : [`owner-id: ${quote(ownerId)}`]),
    ...(unusual.length === 0 ? [] : [`unusual: ${formatList(unusual.map(toText))}`]),
  ]
  if (signers.length === 0) return `  - { ${fields.join(', ')} }\n`
  const blocks = signers.map(signerLines).sort((a, b) => compareCodePoints(a.join('\n'), b.join('\n')))
  return [
    `  - ${fields.join('\n    ')}`,
    '    signers:',
    ...blocks.flatMap((lines) => lines.map((one, index) => `      ${index === 0 ? '- ' : '  '}${one}`)),
    '',
  ].join('\n')
}

function signerLines(signer: LockedSigner): string[] {
  return [
    ...TEXTS.flatMap(([field, name]) => (signer[field] === undefined ? [] : [`${name}: ${quote(signer[field])}`])),
    ...LISTS.map((name) => `${name}: ${formatList(signer[name])}`),
  ]
}

const formatList = (texts: readonly string[]): string => `[${texts.toSorted(compareCodePoints).map(quote).join(', ')}]`

/** JSON's escapes are YAML's too, and none of a name's characters can end the text. Everything past ASCII is escaped. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function sorted(entries: readonly LockEntry[]): TrustLock {
  const keyed = entries.map((entry) => [keyOf(entry), entry] as const)
  return { version: 1, entries: keyed.sort(([a], [b]) => compareCodePoints(a, b)).map(([, entry]) => entry) }
}

const keyOf = ({ ecosystem, name, line }: Pick<LockEntry, 'ecosystem' | 'name' | 'line'>) =>
  JSON.stringify([ecosystem, name, line])
const describe = ({ ecosystem, name, line }: Pick<LockEntry, 'ecosystem' | 'name' | 'line'>) =>
  `${ecosystem} ${JSON.stringify(name.slice(0, 200))} line ${line}`

/** One field, at the begin of a line or after another one. Sticky: each character is looked at once. */
const FIELD = /[ ,{-]*([a-z][a-z-]*): ("(?:[^"\\]|\\.)+"|\[.*\]|\w+)/gy

/** The fields of each line, whatever else it holds: what is not read does not survive being written again. */
function readLines(text: string): unknown {
  const entries: (Fields & { readonly signers: Fields[] })[] = []
  let target: Fields = {}
  try {
    for (const line of text.split('\n')) {
      if (/^ *- /.test(line)) target = {}
      if (line.startsWith('  - ')) entries.push(Object.assign(target, { signers: [] }))
      if (line.startsWith('      - ')) entries.at(-1)?.signers.push(target)
      for (const [, name = '', value = ''] of line.matchAll(FIELD)) {
        target[name] = /^\w/.test(value) ? value : JSON.parse(value)
      }
    }
  } catch {
    // No JSON, or a text of megabytes, at which a regular expression ends its stack.
  }
  return entries
}

type Fields = Record<string, unknown>
