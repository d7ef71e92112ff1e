/**
 * A server's own words, fit for one line of a log: secrets replaced, control and direction characters removed, short.
 *
 * A server may reflect the request it got, `Authorization` included, and a log of a public repository is public.
 */
export function maskedText(text: string, secrets: readonly string[], maxLength = 400): string {
  let masked = text
  for (const form of secrets.flatMap(formsOf)) masked = masked.replaceAll(form, '***')
  const line = masked.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim()
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line
}

/** The shapes in which a secret travels: plain, in a query, in a Basic header. */
function formsOf(secret: string): string[] {
  if (secret === '') return []
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]
}
