import { CleanbillError } from '../model/error.ts'
import { compareCodePoints } from '../model/json.ts'
import {
  EVIDENCE_TIERS,
  type EvidenceTier,
  type LockEntry,
  type LockedSigner,
  type TrustLock,
  type UnusualRecord,
} from '../model/trust-lock.ts'
import { lockSchema, type SignerText } from './lock-schema.ts'
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
  // Thousands of entries in a tenth of the time that a parser of all of YAML takes; that nothing was overlooked is
  // proven by writing it again.
  const quick = text.length > KIND.maxBytes ? undefined : readCanonical(text)
  const unique = new Set(quick?.entries.map(keyOf)).size === quick?.entries.length
  if (quick !== undefined && unique && formatTrustLock(quick) === text) return quick
  const document = parseYamlDocument(text, file, KIND)
  const { entries } = checkYaml(lockSchema, document, file, KIND)
  const seen = new Set<string>()
  return sorted(
    entries.map(({ 'owner-id': ownerId, signers = [], unusual, ...entry }, index) => {
      const key = keyOf(entry)
      if (seen.has(key)) {
        const place = document.placeOf(['entries', index])
        throw new CleanbillError('LOCK_MALFORMED', `the trust lock has ${describe(entry)} twice`, { file, ...place })
      }
      seen.add(key)
      return {
        ...{ ...entry, ...(ownerId === undefined ? {} : { ownerId }), signers: signers.map(fromText) },
        ...(unusual === undefined ? {} : { unusual: unusual.map(toRecord) }),
      }
    }),
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

const COMPACT =
  /^ {2}- \{ ecosystem: ("[^"]+"), name: ("(?:[^"\\]|\\.)+"), line: ("[^"]+"), best: (\w+), first: ("(?:[^"\\]|\\.)+")(?:, owner-id: ("[^"]+"))?(?:, unusual: (\[.+\]))? \}$/
const FIELD = /^(?: {2}- | {4}| {6}- | {8})([a-z-]+): (?:("(?:[^"\\]|\\.)+")|(\[.*\])|(\w+))$/

/** Reads what {@link formatTrustLock} wrote; undefined for anything else. Never the last word: the caller compares. */
function readCanonical(text: string): TrustLock | undefined {
  if (!text.startsWith(`${HEADER}entries:\n`)) return undefined
  const entries: RawEntry[] = []
  for (const line of text.slice(`${HEADER}entries:\n`.length).split('\n')) {
    if (line === '' || line === '    signers:') continue
    const compact = COMPACT.exec(line)
    const [, name = '', word, list, bare] = FIELD.exec(line) ?? []
    try {
      if (compact !== null) {
        const [, ecosystem = '', called = '', on = '', best = '', first = '', ownerId, unusual] = compact
        const fields = { ecosystem: parse(ecosystem), name: parse(called), line: parse(on), best, first: parse(first) }
        entries.push({
          fields: {
            ...{ ...fields, ...(ownerId === undefined ? {} : { 'owner-id': parse(ownerId) }) },
            ...(unusual === undefined ? {} : { unusual: parseList(unusual) }),
          },
          signers: [],
        })
        continue
      }
      const value = list === undefined ? (word === undefined ? bare : parse(word)) : parseList(list)
      if (value === undefined) return undefined
      if (line.startsWith('  - ')) entries.push({ fields: {}, signers: [] })
      if (line.startsWith('      - ')) entries.at(-1)?.signers.push({})
      const target = line.startsWith('      ') ? entries.at(-1)?.signers.at(-1) : entries.at(-1)?.fields
      if (target === undefined || name in target) return undefined
      Object.assign(target, { [name]: value })
    } catch {
      return undefined
    }
  }
  return { version: 1, entries: entries.map(toEntry) }
}

const parse = (text: string): string => String(JSON.parse(text))

function parseList(text: string): string[] {
  const list: unknown = JSON.parse(text)
  return Array.isArray(list) ? list.map(String) : []
}

type RawFields = Record<string, string | string[]>
interface RawEntry {
  readonly fields: RawFields
  readonly signers: RawFields[]
}

function toEntry({ fields, signers }: RawEntry): LockEntry {
  const text = (field: string): string => String(fields[field] ?? '')
  const { 'owner-id': ownerId, unusual } = fields
  const best: EvidenceTier = EVIDENCE_TIERS.find((tier) => tier === fields.best) ?? 'none'
  // Sound: whatever a line held that is no text of a signer does not survive being written again.
  const read = signers.map((signer) => fromText(signer as SignerText))
  return {
    ...{ ecosystem: text('ecosystem'), name: text('name'), line: text('line'), best, first: text('first') },
    ...(ownerId === undefined ? {} : { ownerId: String(ownerId) }),
    signers: read,
    ...(Array.isArray(unusual) ? { unusual: unusual.map(toRecord) } : {}),
  }
}
