import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isScalar,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
  visit,
} from 'yaml'

/** Levels of lists and mappings in each other. What people and package managers write has some ten. */
export const MAX_YAML_DEPTH = 64

export interface YamlFault {
  readonly message: string
  /** In the text, of where it shows. */
  readonly offset: number
  readonly hint?: string
}

export interface YamlText {
  readonly documents: readonly Document.Parsed[]
  readonly lines: LineCounter
  /** The first thing that is wrong with any of the documents. */
  readonly fault: YamlFault | undefined
}

/**
 * Reads all documents of a YAML 1.2 text with the maintained parser, in a time that grows with the text and not with its
 * square: whoever opens a pull request may write any of the files that a gate reads.
 */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter()
  try {
    const documents = withoutStackTraces(() => compose(text, lines))
    return { documents, lines, fault: faultOf(documents) }
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error
    const message = `nested deeper than ${MAX_YAML_DEPTH} levels`
    return {
      documents: [],
      lines,
      fault: { message, offset: error.offset, hint: `Write it with at most ${MAX_YAML_DEPTH} levels.` },
    }
  }
}

function compose(text: string, lines: LineCounter): Document.Parsed[] {
  // The parser's own look for keys that stand twice compares every key with every other: 22 s for 450 kB of keys.
  const options = {
    lineCounter: lines,
    logLevel: 'silent',
    prettyErrors: false,
    version: '1.2',
    uniqueKeys: false,
  } as const
  return [...new Composer<ParsedNode>(options).compose(tokens(text, lines))]
}

/** Counted while nothing recurses yet: how deep the stack of a machine is must not decide what a text means. */
function* tokens(text: string, lines: LineCounter): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    if (parser.stack.length > MAX_YAML_DEPTH && parser.stack.filter(isOpen).length > MAX_YAML_DEPTH) {
      throw new TooDeep(parser.offset - lexeme.length)
    }
  }
  yield* parser.end()
}

const isOpen = ({ type }: CST.Token): boolean =>
  type === 'block-map' || type === 'block-seq' || type === 'flow-collection'

class TooDeep extends Error {
  readonly offset: number

  constructor(offset: number) {
    super()
    this.offset = offset
  }
}

/**
 * The parser goes on after an error and makes an object of each. A stranger's 16 MB of percent signs are 8 million of them,
 * and three quarters of the time go into stacks that nobody reads.
 */
function withoutStackTraces<T>(act: () => T): T {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return act()
  } finally {
    Error.stackTraceLimit = limit
  }
}

function faultOf(documents: readonly Document.Parsed[]): YamlFault | undefined {
  for (const document of documents) {
    const [error] = document.errors
    if (error !== undefined) return { message: error.message.split('\n')[0] ?? '', offset: error.pos[0] }
    const key = ambiguousKey(document)
    if (key !== undefined) return key
  }
  return undefined
}

/**
 * Of two readers, one takes the first of two keys and one the last; one puts a text in the place of an alias, and one looks
 * for keys by their text and overlooks it.
 */
function ambiguousKey(document: Document.Parsed): YamlFault | undefined {
  let fault: YamlFault | undefined
  visit(document, {
    Map: (_, { items }) => {
      const keys = new Set<unknown>()
      for (const { key } of items) {
        if (isAlias(key)) {
          const hint = 'Write the key itself.'
          fault = { message: 'an alias in place of a key', offset: key.range?.[0] ?? 0, hint }
          return visit.BREAK
        }
        if (!isScalar(key)) continue
        if (keys.has(key.value)) {
          const name = JSON.stringify(String(key.value).slice(0, 80))
          fault = { message: `the key ${name} stands twice`, offset: key.range?.[0] ?? 0 }
          return visit.BREAK
        }
        keys.add(key.value)
      }
      return undefined
    },
  })
  return fault
}
