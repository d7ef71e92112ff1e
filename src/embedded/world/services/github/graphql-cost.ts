import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode } from 'graphql'

/** GitHub refuses a query that could touch more. */
export const MAX_NODES = 500_000
/** And one that asks for a page without saying how long, or a longer one. */
const MAX_PAGE = 100

export interface QueryCost {
  readonly points: number
  readonly nodes: number
  /** A connection without `first` or `last`, or with too large a one. */
  readonly unbounded: string | undefined
}

/**
 * What a query costs, from its text alone. Source: GitHub's documentation, "Rate limits and node limits for the GraphQL
 * API": requests to fulfil each connection, summed, divided by 100, at least one point.
 */
export function costOf(document: DocumentNode, isConnection: (field: string) => boolean): QueryCost {
  const total = { requests: 0, nodes: 0, unbounded: undefined as string | undefined }
  const walk = (set: SelectionSetNode | undefined, parents: number): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, parents)
      if (selection.kind !== Kind.FIELD) continue
      if (!isConnection(selection.name.value)) {
        walk(selection.selectionSet, parents)
        continue
      }
      const size = sizeOf(selection)
      if (size === undefined) total.unbounded ??= selection.name.value
      total.requests += parents
      total.nodes += parents * (size ?? MAX_PAGE)
      walk(selection.selectionSet, parents * (size ?? MAX_PAGE))
    }
  }
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) walk(definition.selectionSet, 1)
  }
  return { points: Math.max(1, Math.round(total.requests / 100)), nodes: total.nodes, unbounded: total.unbounded }
}

function sizeOf({ arguments: given }: FieldNode): number | undefined {
  const size = given?.find(({ name }) => name.value === 'first' || name.value === 'last')?.value
  const number = size?.kind === Kind.INT ? Number(size.value) : undefined
  return number !== undefined && number >= 1 && number <= MAX_PAGE ? number : undefined
}
