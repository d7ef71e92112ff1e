/** UTF-8 bytes, without a buffer for it: the room is pure and texts are long. */
export function utf8Length(text: string): number {
  let bytes = 0
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800) bytes += 2
    // A surrogate is three bytes alone and half of four in a pair; three is never too few.
    else bytes += 3
  }
  return bytes
}

/** Lines that are written until they are full. What comes last must fit too, so it is reserved at the start. */
export class LineBudget {
  readonly #lines: string[] = []
  #left: number

  constructor(maxBytes: number, reserved: readonly string[] = []) {
    this.#left = maxBytes - sizeOf(reserved)
  }

  /** All of them or none: half a list item or a fold without its end would change what follows. */
  add(lines: readonly string[]): boolean {
    const size = sizeOf(lines)
    if (size > this.#left) return false
    this.#left -= size
    this.#lines.push(...lines)
    return true
  }

  get lines(): readonly string[] {
    return this.#lines
  }
}

const sizeOf = (lines: readonly string[]) => lines.reduce((sum, line) => sum + utf8Length(line) + 1, 0)
