import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { writeCase } from '../../__tests__/fuzz/engine/case-folder.ts'
import { gist } from '../../__tests__/fuzz/engine/run-slice.ts'
import type { Finding } from './messages.ts'

/** Findings of one run, each once: the same fault of the same target in the same place is the same finding. */
export class Findings {
  readonly #folder: string
  readonly #known = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  get size(): number {
    return this.#known.size
  }

  /** @returns the folder, a case as `__tests__/fuzz/cases/` has them; undefined where it is known already */
  add(finding: Finding): string | undefined {
    const { target, fault } = finding
    const key = `${target} ${gist(fault)}`
    if (this.#known.has(key)) return undefined
    this.#known.add(key)
    const id = createHash('sha256').update(key).digest('hex').slice(0, 8)
    const folder = join(this.#folder, `${target.replaceAll('/', '-')}-${id}`)
    writeCase(folder, finding)
    return folder
  }
}
