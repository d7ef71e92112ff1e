import type { Node } from 'typescript/unstable/ast'
import {
  isArrayLiteralExpression,
  isAsExpression,
  isBinaryExpression,
  isIdentifier,
  isLiteralTypeNode,
  isNewExpression,
  isObjectLiteralExpression,
  isPropertyAssignment,
  isSatisfiesExpression,
  isSpreadElement,
  isStringLiteral,
  isVariableDeclaration,
  SyntaxKind,
} from 'typescript/unstable/ast'
import type { Checker } from 'typescript/unstable/sync'
import type { Found } from './check.ts'
import { leaveOut, replace } from './switches.ts'

/** Rows of a file's tables, and the levels that fail. */
export function tableChecks(node: Node, checker: Checker): Found[] {
  return [...rowChecks(node), ...levelChecks(node, checker)]
}

function rowChecks(node: Node): Found[] {
  if (!isVariableDeclaration(node) || node.initializer === undefined || !isTable(node)) return []
  const table = bare(node.initializer)
  if (isArrayLiteralExpression(table)) {
    return table.elements.filter((row) => !isSpreadElement(row)).map((row) => leaveOut('entry', row, '[]'))
  }
  if (!isObjectLiteralExpression(table) || !/\bRecord</.test(node.type?.getText() ?? '')) return []
  return table.properties
    .filter((row) => isPropertyAssignment(row) && decides(row.initializer))
    .map((row) => leaveOut('entry', row, '{}'))
}

/** A constant of the file, in capitals. */
function isTable(node: Node): boolean {
  return (
    isVariableDeclaration(node) &&
    /^[A-Z][A-Z0-9_]*$/.test(node.name.getText()) &&
    node.parent.parent.parent.kind === SyntaxKind.SourceFile &&
    node.type?.getText() !== 'Levels'
  )
}

function bare(node: Node): Node {
  if (isAsExpression(node) || isSatisfiesExpression(node)) return bare(node.expression)
  if (isNewExpression(node)) return node.arguments?.[0] ?? node
  return node
}

/** Words for people decide nothing; rows of rows have their own checks. */
function decides(value: Node): boolean {
  if (isStringLiteral(value)) return !/ |^[a-z]+$/.test(value.text)
  return !isObjectLiteralExpression(value)
}

function levelChecks(node: Node, checker: Checker): Found[] {
  if (isStringLiteral(node) && node.text === 'fail') return isSetLevel(node) ? [replace('level', node, "'note'")] : []
  if (!isPropertyAssignment(node) || !isIdentifier(node.initializer)) return []
  const type = checker.getTypeAtLocation(node.initializer)
  const isLevels = type !== undefined && checker.typeToString(type) === 'Levels'
  return isLevels ? [replace('level', node.initializer, "['note', 'note']")] : []
}

/** Compared, listed and named levels set none. */
function isSetLevel(node: Node): boolean {
  const { parent } = node
  if (isLiteralTypeNode(parent)) return false
  if (isBinaryExpression(parent)) return parent.operatorToken.kind === SyntaxKind.QuestionQuestionToken
  if (!isArrayLiteralExpression(parent)) return true
  return isVariableDeclaration(parent.parent) ? parent.parent.type?.getText() === 'Levels' : true
}
