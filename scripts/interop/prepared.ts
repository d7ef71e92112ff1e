import type { GoTools, Tool } from './go-programs.ts'

/** What the half that runs inside the network namespace is told by the half that had a network. */
export interface Prepared {
  /** The repository. */
  readonly root: string
  /** Of this run: keys, logs, bundles. */
  readonly scratch: string
  readonly keep: boolean
  readonly go: GoTools
  readonly python: Tool
  /** Why the real servers may not be started; absent when they may. */
  readonly notIsolated?: string
}
