/** A second way of counting what a workflow names: by its lines, without a parser. It shares nothing with the finder. */
export const countUses = (text: string): number =>
  linesOutsideBlocks(text).filter((line) => /^\s*(?:- )?\s*(?:"uses"|'uses'|uses)\s*:\s*\S/.test(line)).length

/** Of jobs and services, `docker://` aside: that one is a `uses:`. */
export const countImages = (text: string): number =>
  linesOutsideBlocks(text).filter((line) => /^ {4}container:\s*[^\s{#]|^ {6,8}image:\s*\S/.test(line)).length

/** Lines in block scalars are text: `uses:` in a heredoc or a prompt starts nothing. */
function linesOutsideBlocks(text: string): string[] {
  let block: number | undefined
  return text.split('\n').filter((line) => {
    const indent = line.search(/\S/)
    if (block !== undefined && (indent < 0 || indent > block)) return false
    block = /:\s*[|>][-+\d]*\s*(?:#.*)?$/.test(line) ? line.replace(/^(\s*)- /, '$1  ').search(/\S/) : undefined
    return true
  })
}
