/** Longer lines of attributes git itself does not read. */
export const MAX_PATTERN = 2_048

/** One sign of a path, or a star: within a segment, across all that follows, or over whole folders. */
type Token = ((character: string) => boolean) | '*' | '/**' | '**/'

/**
 * A pattern of `.gitattributes`, read as git reads it: `*`, `?`, `[…]` and `\` within a segment, `**` between slashes
 * across them. Braces and brackets of shells mean themselves there.
 *
 * Runs all positions of the pattern side by side: patterns and paths are both a stranger's, and as a regular expression
 * `*.*.*.*` takes longer with each star than anybody waits. Source: git `wildmatch.c`.
 */
export function matchesGitPattern(pattern: string, path: string): boolean {
  const tokens = tokensOf(pattern)
  let at = withSkipped(tokens, new Set([0]), true)
  for (const character of path) {
    const next = new Set<number>()
    for (const position of at) {
      const token = tokens[position]
      if (token === '/**' || token === '**/' || (token === '*' && character !== '/')) next.add(position)
      else if (typeof token === 'function' && token(character)) next.add(position + 1)
    }
    at = withSkipped(tokens, next, character === '/')
    if (at.size === 0) return false
  }
  return at.has(tokens.length)
}

/** A star may stand for nothing; one over folders only where a folder begins. */
function withSkipped(tokens: readonly Token[], positions: Set<number>, folderBegins: boolean): Set<number> {
  for (const position of positions) {
    const token = tokens[position]
    if (token === '*' || token === '/**' || (token === '**/' && folderBegins)) positions.add(position + 1)
  }
  return positions
}

function tokensOf(pattern: string): Token[] {
  const pieces = [...pattern.matchAll(/\*\*+\/|\*+|\?|\[[!^]?\]?[^\]]*\]|\\[\s\S]|[\s\S]/gu)].map(([piece]) => piece)
  return pieces.flatMap((piece, index): Token[] => {
    const afterFolder = index === 0 || (pieces[index - 1] ?? '').endsWith('/')
    if (piece.startsWith('**') && afterFolder) {
      if (piece.endsWith('/')) return ['**/']
      if (index === pieces.length - 1) return ['/**']
    }
    if (piece.startsWith('*')) return piece.endsWith('/') ? ['*', same('/')] : ['*']
    if (piece === '?') return [(character) => character !== '/']
    if (piece.startsWith('[') && piece.length > 2) return [inClass(piece.slice(1, -1))]
    return [same(piece.length > 1 && piece.startsWith('\\') ? piece.slice(1) : piece)]
  })
}

const same = (wanted: string) => (character: string) => character === wanted

function inClass(text: string): (character: string) => boolean {
  const negated = /^[!^]/.test(text)
  const ranges = [...(negated ? text.slice(1) : text).matchAll(/([\s\S])-([\s\S])|([\s\S])/gu)].map(
    ([, from, to, single]) => [from ?? single ?? '', to ?? single ?? ''] as const,
  )
  return (character) =>
    character !== '/' && ranges.some(([from, to]) => from <= character && character <= to) !== negated
}
