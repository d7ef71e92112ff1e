import type { CallExpression, Expression, IfStatement, Node, SourceFile, Statement } from 'typescript/unstable/ast'
import {
  isArrayLiteralExpression,
  isArrowFunction,
  isAwaitExpression,
  isBinaryExpression,
  isBlock,
  isCallExpression,
  isConditionalExpression,
  isExpressionStatement,
  isFunctionDeclaration,
  isIdentifier,
  isIfStatement,
  isObjectLiteralExpression,
  isParenthesizedExpression,
  isPropertyAccessExpression,
  isReturnStatement,
  isSpreadElement,
  isThrowStatement,
  isVariableDeclaration,
  SyntaxKind,
} from 'typescript/unstable/ast'
import type { Checker } from 'typescript/unstable/sync'
import type { Found } from './check.ts'
import { schemaChecks } from './schema-checks.ts'
import { alwaysHolds, empty, leaveOut, neverHolds, replace, wrap } from './switches.ts'
import { tableChecks } from './table-checks.ts'

/** Finds every single check of one source, by its syntax and the types of its expressions. */
export function findChecks(source: SourceFile, checker: Checker): readonly Found[] {
  const found: Found[] = []
  const finders = [
    throwChecks,
    guardChecks,
    conditionChecks,
    answerChecks,
    callChecks,
    objectionChecks,
    listChecks,
    filterChecks,
    tableChecks,
    schemaChecks,
  ]
  const walk = (node: Node): void => {
    for (const find of finders) found.push(...find(node, checker))
    node.forEachChild(walk)
  }
  source.forEachChild(walk)
  return found
}

export function unwrap(node: Node): Node {
  return isParenthesizedExpression(node) ? unwrap(node.expression) : node
}

function throwChecks(node: Node): Found[] {
  return isThrowStatement(node) ? [wrap('throw', node, '{ if (!OFF) ', ' }')] : []
}

function guardChecks(node: Node): Found[] {
  if (!isIfStatement(node)) return []
  const throws = isThrowStatement(lastOf(node))
  if (!throws && !refuses(node)) return []
  const guard = throws ? [] : [neverHolds('guard', node.expression)]
  const parts = operands(node.expression, SyntaxKind.BarBarToken)
  return [...guard, ...(parts.length > 1 ? parts.map((part) => neverHolds('part', part)) : [])]
}

function lastOf({ thenStatement }: IfStatement): Statement {
  return isBlock(thenStatement) ? (thenStatement.statements.at(-1) ?? thenStatement) : thenStatement
}

/** Returns something that is not plainly "nothing is wrong", or adds to a list of what differs. */
function refuses(node: IfStatement): boolean {
  const last = lastOf(node)
  if (isExpressionStatement(last)) return calledName(last.expression) === 'push'
  if (!isReturnStatement(last) || last.expression === undefined) return false
  const value = last.expression
  return !(isArrayLiteralExpression(value) && value.elements.length === 0) && value.getText() !== 'undefined'
}

function operands(node: Node, operator: SyntaxKind): Node[] {
  const bare = unwrap(node)
  if (!isBinaryExpression(bare) || bare.operatorToken.kind !== operator) return [node]
  return [...operands(bare.left, operator), ...operands(bare.right, operator)]
}

/** Chains that answer yes or no: a predicate, or a name for a condition. */
function conditionChecks(node: Node, checker: Checker): Found[] {
  const value = isReturnStatement(node) ? node.expression : isArrowFunction(node) ? node.body : initializerOf(node)
  if (value === undefined || !isLogical(unwrap(value)) || !isBoolean(value, checker)) return []
  return chainChecks(value)
}

function initializerOf(node: Node): Expression | undefined {
  return isVariableDeclaration(node) ? node.initializer : undefined
}

function isLogical(node: Node): boolean {
  if (!isBinaryExpression(node)) return false
  const { kind } = node.operatorToken
  return kind === SyntaxKind.BarBarToken || kind === SyntaxKind.AmpersandAmpersandToken
}

function chainChecks(node: Node): Found[] {
  const bare = unwrap(node)
  if (!isBinaryExpression(bare) || !isLogical(bare)) return []
  const { kind } = bare.operatorToken
  const off = kind === SyntaxKind.BarBarToken ? neverHolds : alwaysHolds
  return operands(bare, kind).flatMap((one) => [off('condition', one), ...chainChecks(one)])
}

function isBoolean(node: Node, checker: Checker): boolean {
  const type = checker.getTypeAtLocation(node)
  return type !== undefined && ['boolean', 'true', 'false'].includes(checker.typeToString(type))
}

function answerChecks(node: Node, checker: Checker): Found[] {
  if (isReturnStatement(node) && node.expression !== undefined) {
    const { expression } = node
    return isPredicate(enclosing(node)) && !isLiteral(expression) ? answers(expression) : []
  }
  if (!isArrowFunction(node) || !isVariableDeclaration(node.parent)) return []
  const { body } = node
  return !isBlock(body) && isBoolean(body, checker) ? answers(body) : []
}

const answers = (node: Node) => [alwaysHolds('answer', node, 'yes'), neverHolds('answer', node, 'no')]

const isLiteral = (node: Node) => node.kind === SyntaxKind.TrueKeyword || node.kind === SyntaxKind.FalseKeyword

function enclosing(node: Node): Node | undefined {
  let at: Node | undefined = node.parent
  while (at !== undefined && !isArrowFunction(at) && !isFunctionDeclaration(at)) at = at.parent
  return at
}

function isPredicate(node: Node | undefined): boolean {
  if (node === undefined || !(isFunctionDeclaration(node) || isArrowFunction(node)) || node.type === undefined)
    return false
  return node.type.kind === SyntaxKind.BooleanKeyword || node.type.kind === SyntaxKind.TypePredicate
}

/** Verbs of functions that are called for what they throw. */
const REFUSING = /^(?:verify|check|require|refuse|forbid|assert|ensure)/

function callChecks(node: Node): Found[] {
  if (!isExpressionStatement(node)) return []
  const name = calledName(node.expression)
  return name !== undefined && REFUSING.test(name)
    ? [wrap('call', node, 'try { ', ' } catch (thrown) { if (!OFF) throw thrown }')]
    : []
}

export function calledName(node: Node): string | undefined {
  const call = isAwaitExpression(node) ? node.expression : node
  if (!isCallExpression(call)) return undefined
  if (isPropertyAccessExpression(call.expression)) return call.expression.name.text
  return isIdentifier(call.expression) ? call.expression.text : undefined
}

/** An objection is what has a `code`; dropped from the list that it stands in, or from the answer that it is. */
function objectionChecks(node: Node, checker: Checker): Found[] {
  const bare = unwrap(node)
  if (!isObjectLiteralExpression(bare) && !isCallExpression(bare)) return []
  const { parent } = node
  if (isArrayLiteralExpression(parent)) return hasCode(node, checker) ? [leaveOut('objection', node, '[]')] : []
  if (isArrowFunction(parent) && parent.body === node) {
    const call = parent.parent
    const mapped = isCallExpression(call) && calledName(call) === 'map' && call.arguments[0] === parent
    return mapped && hasCode(node, checker) ? [empty('objection', call)] : []
  }
  // Under an `if` the guard is the check already.
  const isLast = isReturnStatement(parent) && isFunctionDeclaration(parent.parent.parent)
  return isLast && mayBeNothing(parent.parent.parent) && hasCode(node, checker)
    ? [replace('objection', node, 'undefined')]
    : []
}

function mayBeNothing(node: Node): boolean {
  return isFunctionDeclaration(node) && node.type !== undefined && /\bundefined\b/.test(node.type.getText())
}

function hasCode(node: Node, checker: Checker): boolean {
  const type = checker.getTypeAtLocation(node)
  return type !== undefined && checker.getPropertyOfType(type, 'code') !== undefined
}

/** `condition ? [objection] : []`, and each part of a list that is put together from several. */
function listChecks(node: Node): Found[] {
  if (isConditionalExpression(node)) return isOptional(node) ? [empty('list', node)] : []
  if (!isSpreadElement(node) || !isArrayLiteralExpression(node.parent) || node.parent.elements.length < 2) return []
  return isOptional(unwrap(node.expression)) ? [] : [empty('list', node.expression)]
}

function isOptional(node: Node): boolean {
  if (!isConditionalExpression(node)) return false
  const branches = [node.whenTrue, node.whenFalse]
  // Where the other branch is `undefined`, nothing is listed.
  if (branches.some((one) => one.getText() === 'undefined')) return false
  return branches.some((one) => isArrayLiteralExpression(one) && one.elements.length === 0)
}

function filterChecks(node: Node): Found[] {
  if (!isCallExpression(node) || !isPropertyAccessExpression(node.expression)) return []
  const predicate = firstArgument(node)
  if (predicate === undefined || !['filter', 'every'].includes(node.expression.name.text)) return []
  return [wrap('filter', predicate, '((...all) => (', ')(...all) || OFF)')]
}

export const firstArgument = (node: CallExpression): Expression | undefined => node.arguments[0]
