/**
 * Glob match without regular expressions: `*` matches within one segment (between `/`), `**` across segments,
 * everything else is itself. Anchored at both ends, case-sensitive.
 *
 * Runs all positions of the pattern side by side, so the time is pattern × text whatever the pattern: a pattern from a
 * configuration file cannot be made to hang the gate.
 *
 * @example matchesGlob('https://github.com/acme/*', 'https://github.com/acme/app') // true
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*')
  if (star === -1) return pattern === text
  // Most patterns of a policy are about something else: no need to walk the text for that.
  if (!text.startsWith(pattern.slice(0, star))) return false
  const tokens = pattern.match(/\*\*|\*|[^*]/gsu) ?? []
  let at = skipStars(tokens, new Set([0]))
  for (const character of text) {
    const next = new Set<number>()
    for (const position of at) {
      const token = tokens[position]
      if (token === '**' || (token === '*' && character !== '/')) next.add(position)
      else if (token === character) next.add(position + 1)
      // A literal star in the text is matched by a star token only: no pattern can name one.
    }
    at = skipStars(tokens, next)
    if (at.size === 0) return false
  }
  return at.has(tokens.length)
}

/** A star may also match nothing. */
function skipStars(tokens: readonly string[], positions: Set<number>): Set<number> {
  for (const position of positions) {
    if (tokens[position] === '*' || tokens[position] === '**') positions.add(position + 1)
  }
  return positions
}
