import type { Node } from 'typescript/unstable/ast'
import type { Found, Kind } from './check.ts'

export function wrap(kind: Kind, node: Node, open: string, close: string, variant?: string): Found {
  return { kind, start: node.getStart(), end: node.end, open, close, ...(variant === undefined ? {} : { variant }) }
}

// The switch is asked as late as can be: only where the check would do something. So a test that never makes it do
// anything is not tried with the check off.

/** `x` becomes something else. */
export const replace = (kind: Kind, node: Node, instead: string) => wrap(kind, node, `(OFF ? ${instead} : (`, '))')

/** An element of an array, or a property of an object, is left out. */
export const leaveOut = (kind: Kind, node: Node, [open, close]: '[]' | '{}' | readonly [string, string]) =>
  wrap(kind, node, `...(OFF ? ${open}${close} : ${open}`, `${close})`)

export const neverHolds = (kind: Kind, node: Node, variant?: string) => wrap(kind, node, '((', ') && !OFF)', variant)
export const alwaysHolds = (kind: Kind, node: Node, variant?: string) => wrap(kind, node, '((', ') || OFF)', variant)
export const empty = (kind: Kind, node: Node) => wrap(kind, node, 'orEmpty(ID, (', '))')
