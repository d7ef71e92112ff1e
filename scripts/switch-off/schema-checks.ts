import type { Node } from 'typescript/unstable/ast'
import { isCallExpression, isPropertyAccessExpression } from 'typescript/unstable/ast'
import type { Found } from './check.ts'
import { replace } from './switches.ts'

/** What stands in the place of a limit's argument, so that it limits nothing. */
const WITHOUT: ReadonlyMap<string, string> = new Map([
  ['min', '-Infinity'],
  ['max', 'Infinity'],
  ['regex', '/(?:)/'],
  ['refine', '() => true'],
  ['superRefine', '() => {}'],
])

/** Limits of zod's schemas. */
export function schemaChecks(node: Node): Found[] {
  if (isPropertyAccessExpression(node) && node.getText() === 'z.strictObject') {
    return [replace('schema', node, 'z.looseObject')]
  }
  if (!isCallExpression(node) || !isPropertyAccessExpression(node.expression)) return []
  const { name, expression } = node.expression
  const [argument] = node.arguments
  const without = WITHOUT.get(name.text)
  if (argument === undefined || without === undefined || expression.getText() === 'Math') return []
  return [replace('schema', argument, without)]
}
