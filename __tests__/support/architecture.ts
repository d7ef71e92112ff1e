/** Layers of DESIGN §4, from below. A file may import its own room and anything in a lower layer, nothing else. */
const LAYERS: Readonly<Record<string, number>> = {
  model: 0,
  io: 1,
  record: 2,
  sign: 2,
  publish: 2,
  embedded: 2,
  discover: 2,
  source: 2,
  verify: 2,
  policy: 2,
  lineage: 2,
  report: 2,
  flows: 3,
  entry: 4,
}
/** The library's doors, at the top of `src/`. */
const DOORS = ['index.ts', 'in-toto.ts']
const PURE = ['model', 'policy', 'report', 'lineage']
/** What a pure room may take from Node: functions of their arguments. */
const PURE_NODE: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': ['createHash', 'createPublicKey', 'X509Certificate', 'KeyObject', 'timingSafeEqual', 'verify'],
}
const MAX_LINES = 350

/** The outside world as globals, by what it takes to be allowed to look at it. */
const WORLD: readonly { readonly what: RegExp; readonly name: string; readonly from: number }[] = [
  { what: /\bprocess\.(?:env|argv|stdin|stdout|stderr|exit|exitCode|cwd|on)\b/, name: 'process', from: 4 },
  { what: /\bDate\.now\b/, name: 'Date.now', from: 4 },
  { what: /\bnew Date(?:\(\s*\)|(?!\s*\())/, name: 'new Date()', from: 4 },
  { what: /\bperformance\.now\b/, name: 'performance.now', from: 4 },
  { what: /\bconsole\.\w/, name: 'console', from: 4 },
  { what: /\bfetch\(/, name: 'fetch', from: 1 },
  { what: /\bMath\.random\b/, name: 'Math.random', from: 1 },
  { what: /\bset(?:Timeout|Interval|Immediate)\(/, name: 'timers', from: 1 },
  { what: /\bprocess\./, name: 'process', from: 1 },
]
const LOOSE: readonly { readonly what: RegExp; readonly name: string; readonly everywhere: boolean }[] = [
  { what: /(?::\s*|\bas\s+|<|,\s*|\|\s*|=>\s*)any\b(?!\s*:)/, name: 'any', everywhere: false },
  { what: /@ts-(?:ignore|nocheck|expect-error)\b/, name: '@ts-ignore', everywhere: true },
]

export interface Violation {
  readonly file: string
  readonly why: string
}

/**
 * Holds sources to the layers, the purity and the size of DESIGN §4.
 *
 * @param sources text by path from `src/`, e.g. `sign/outbox.ts`
 */
export function findViolations(sources: ReadonlyMap<string, string>): Violation[] {
  return [
    ...[...sources].flatMap(([file, text]) => checkFile(file, text, sources).map((why) => ({ file, why }))),
    ...findCircles(sources),
  ]
}

/**
 * Files that import each other, directly or over others, types included: none of them can be read, moved or tested
 * without the rest.
 *
 * @param sources text by path, e.g. `sign/outbox.ts`
 * @returns one violation for each import on which a circle closes
 */
export function findCircles(sources: ReadonlyMap<string, string>): Violation[] {
  const found: Violation[] = []
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file)
    if (at >= 0) {
      const circle = [...way.slice(at), file]
      found.push({ file: circle.at(-2) ?? file, why: `imports in a circle: ${circle.join(' -> ')}` })
    }
    if (at >= 0 || done.has(file)) return
    for (const { from } of readImports(sources.get(file) ?? '').imports) {
      const target = from.startsWith('.') ? resolvePath(file, from) : undefined
      if (target !== undefined && sources.has(target)) visit(target, [...way, file])
    }
    done.add(file)
  }
  for (const file of sources.keys()) visit(file, [])
  return found
}

function checkFile(file: string, text: string, sources: ReadonlyMap<string, string>): string[] {
  const layer = layerOf(file)
  if (layer === undefined) return ['is in no room of the design']
  const { imports, unread } = readImports(text)
  const code = codeOnly(text)
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  const pure = PURE.includes(roomOf(file))
  const world = WORLD.filter(
    ({ what, from }) => (pure || layer < from) && (pure || from === 4 || layer < 1) && what.test(code),
  )
  return [
    ...unread.map((line) => `has an import that cannot be read: ${line}`),
    ...imports.flatMap((one) => checkImport(file, layer, pure, one, sources)),
    ...(/\bimport\s*\(|\brequire\s*\(/.test(code) ? ['loads code while it runs'] : []),
    ...world.map(({ name }) => `looks at the world: ${name}`),
    ...LOOSE.filter(({ what, everywhere }) => what.test(everywhere ? text : code)).map(
      ({ name }) => `is loosely typed: ${name}`,
    ),
    ...(lines > MAX_LINES ? [`has ${lines} lines`] : []),
  ]
}

interface Import {
  readonly from: string
  /** Names as exported there; `*` for all of them. */
  readonly names: readonly string[]
}

function checkImport(
  file: string,
  layer: number,
  pure: boolean,
  { from, names }: Import,
  sources: ReadonlyMap<string, string>,
): string[] {
  if (!from.startsWith('.')) {
    if (!pure || !from.startsWith('node:')) return []
    const allowed = PURE_NODE[from] ?? []
    return names.filter((name) => !allowed.includes(name)).map((name) => `imports ${name} of ${from} into a pure room`)
  }
  const target = resolvePath(file, from)
  if (target === undefined) return [`imports from outside src: ${from}`]
  if (!target.endsWith('.json') && !sources.has(target)) return [`imports what is not there: ${from}`]
  const theirs = layerOf(target)
  if (theirs === undefined) return [`imports from no room: ${from}`]
  if (DOORS.includes(target)) return [`imports a door of the library: ${from}`]
  if (theirs > layer) return [`imports upward: ${from}`]
  if (theirs === layer && roomOf(target) !== roomOf(file) && !DOORS.includes(file))
    return [`imports another room: ${from}`]
  return []
}

/**
 * Reads `import` and `export … from`, type-only ones included. What begins like an import and is not understood is
 * given back, never skipped.
 */
export function readImports(text: string): { readonly imports: readonly Import[]; readonly unread: readonly string[] } {
  const code = withoutComments(text)
  const statement =
    /^[ \t]*(?:import\s*(?<clause>[\w$*{}\s,]*?)\s*(?:\bfrom\s*)?|export\s+(?<list>(?:type\s+)?(?:\*(?:\s*as\s+[\w$]+)?|\{[^}]*\}))\s*from\s*)(?<quote>['"])(?<from>[^'"\n]+)\k<quote>(?:\s*with\s*\{[^}]*\})?;?[ \t]*$/gm
  const imports: Import[] = []
  const starts = new Set<number>()
  for (const match of code.matchAll(statement)) {
    const { clause = '', list = '', from = '' } = match.groups ?? {}
    starts.add(match.index + (match[0].length - match[0].trimStart().length))
    imports.push({ from, names: namesIn(`${clause}${list}`) })
  }
  const suspects = codeOnly(text).matchAll(
    /(?<=^|[;}]|\n)[ \t]*(import\b(?!\s*[.(])[^\n]*|export\s+(?:type\s+)?(?:\*|\{)[^\n]*)/g,
  )
  const unread = [...suspects]
    .filter((match) => !starts.has(match.index + match[0].length - (match[1] ?? '').length))
    // `export { a }` without `from` is an export of the file's own.
    .filter(([, line = '']) => line.startsWith('import') || line.includes('from') || line.includes('*'))
    .map(({ index, 0: whole, 1: line = '' }) => text.slice(index + whole.length - line.length, index + whole.length))
  return { imports, unread }
}

function namesIn(clause: string): string[] {
  if (clause.includes('*')) return ['*']
  const [head = '', list = ''] = clause.split('{')
  const named = list
    .replace('}', '')
    .split(',')
    .map(
      (name) =>
        name
          .trim()
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/)[0] ?? '',
    )
  const standard = head
    .replace(/^\s*type\b/, '')
    .replace(',', '')
    .trim()
  return [...(standard === '' ? [] : ['default']), ...named].filter((name) => name !== '')
}

const TOKENS =
  /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*|\/(?![*/ ])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[dgimsuvy]*/g

/** Comments become blanks of the same length, line breaks stay. Strings are kept: an import's path is one. */
function withoutComments(text: string): string {
  return text.replace(TOKENS, (found) => (/^\/[/*]/.test(found) ? blank(found) : found))
}

/** Neither comments nor texts: programs for other interpreters are texts. A template that computes is code. */
function codeOnly(text: string): string {
  return text.replace(TOKENS, (found) => (found.startsWith('`') && found.includes('${') ? found : blank(found)))
}

const blank = (found: string) => found.replace(/[^\n]/g, ' ')

function layerOf(file: string): number | undefined {
  return DOORS.includes(file) ? 4 : file.includes('/') ? LAYERS[roomOf(file)] : undefined
}

const roomOf = (file: string) => (DOORS.includes(file) ? '' : (file.split('/')[0] ?? ''))

function resolvePath(file: string, from: string): string | undefined {
  const parts = file.split('/').slice(0, -1)
  for (const part of from.split('/')) {
    if (part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}
