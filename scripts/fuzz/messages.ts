import type { Fault } from '../../__tests__/fuzz/engine/run-input.ts'
import type { Input } from '../../__tests__/fuzz/engine/target.ts'

/** What a worker is told to do. */
export type Order =
  | { readonly kind: 'slice'; readonly target: string; readonly seed: number; readonly maxMs: number }
  /** One input, to see whether it still does what it did. */
  | { readonly kind: 'input'; readonly target: string; readonly input: Input }

/** What a worker answers. */
export type Report =
  | { readonly kind: 'ready'; readonly targets: readonly string[] }
  /** The fuzzer itself does not work. */
  | { readonly kind: 'broken'; readonly why: string }
  | { readonly kind: 'done'; readonly inputs: number; readonly fault?: Fault; readonly input?: Input }

export interface Finding {
  readonly target: string
  readonly seed: number
  readonly fault: Fault
  readonly input: Input
}
