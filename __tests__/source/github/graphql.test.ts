import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildSchema,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
  validate,
} from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { costOf, MAX_NODES } from '../../../src/embedded/world/services/github/graphql-cost.ts'
import { GRAPHQL_SCHEMA } from '../../../src/embedded/world/services/github/graphql-schema.ts'
import {
  actionPiece,
  jobsPiece,
  readablePiece,
  refsPiece,
  sourcePiece,
} from '../../../src/source/github/fact-queries.ts'
import { buildQuery, type Piece } from '../../../src/source/github/graphql.ts'
import { commit, question } from './github-world.ts'

/** What has fields: objects, interfaces, inputs. */
function fieldsOf(schema: GraphQLSchema, name: string) {
  const type = schema.getType(name)
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? type.getFields() : {}
}

let official: GraphQLSchema
beforeAll(() => {
  const path = join(import.meta.dirname, '../../../node_modules/@octokit/graphql-schema/schema.graphql')
  official = buildSchema(readFileSync(path, 'utf8'), { assumeValid: true })
})

const asked = question('acme/app', { run: { id: '1', attempt: '1' }, review: true })
const PIECES: readonly (readonly [string, Piece])[] = [
  ['a source', sourcePiece(asked)],
  ['a source without run and review', sourcePiece(question('acme/app'))],
  ['other refs', refsPiece(asked, ['refs/heads/a', 'refs/tags/b'], ['refs/heads/x/'])],
  ['readability', readablePiece({ owner: 'a', name: 'b' })],
  ['tags only', refsPiece(asked, [], [])],
  ['jobs', jobsPiece('CS_x')],
  ['an action', actionPiece({ owner: 'a', repository: 'b', commit: commit('c') }, 'v1')],
  ['an action without a comment', actionPiece({ owner: 'a', repository: 'b', commit: commit('c') }, undefined)],
]
const batch = (piece: Piece) => buildQuery(Array.from({ length: 50 }, () => piece))
const CONNECTIONS = new Set([
  'refs',
  'checkSuites',
  'checkRuns',
  'steps',
  'associatedPullRequests',
  'latestOpinionatedReviews',
])

describe('every query that is sent', () => {
  it.each(PIECES)('about %s is valid by the official schema, in a batch of fifty', (_, piece) => {
    const { query, variables } = batch(piece)
    expect(validate(official, parse(query)).map(({ message }) => message)).toStrictEqual([])
    expect(Object.keys(variables).length).toBe(Object.keys(piece.variables).length * 50)
  })

  it.each(PIECES)(
    'about %s costs what was set aside for it, and touches fewer nodes than GitHub allows',
    (_, piece) => {
      const { points, nodes, unbounded } = costOf(parse(batch(piece).query), (field) => CONNECTIONS.has(field))
      expect(unbounded).toBe(undefined)
      expect(nodes).toBeLessThan(MAX_NODES)
      expect(points).toBeLessThanOrEqual(Math.max(1, Math.ceil((piece.connections * 50) / 100)))
    },
  )

  it('carries names as variables: none can change the query', () => {
    const evil = sourcePiece(question('acme/app', { commit: '") { id } evil: viewer { login' }))
    expect(buildQuery([evil]).query).toBe(buildQuery([sourcePiece(question('acme/app'))]).query)
  })
})

describe("the simulated world's schema", () => {
  it('is a part of the official one, arguments and types included', () => {
    const ours = buildSchema(GRAPHQL_SCHEMA)
    const differences: string[] = []
    for (const [name, type] of Object.entries(ours.getTypeMap())) {
      if (name.startsWith('__')) continue
      const theirs = official.getType(name)
      if (theirs === undefined || theirs.constructor.name !== type.constructor.name) differences.push(name)
      const official_ = fieldsOf(official, name)
      for (const [key, field] of Object.entries(fieldsOf(ours, name))) {
        const other = official_[key]
        if (String(other?.type) !== String(field.type)) differences.push(`${name}.${key}: ${other?.type}`)
        const given = other !== undefined && 'args' in other ? other.args : []
        for (const argument of 'args' in field ? field.args : []) {
          const match = given.find((one) => one.name === argument.name)
          if (String(match?.type) !== String(argument.type)) differences.push(`${name}.${key}(${argument.name})`)
        }
      }
      if (isObjectType(type) && isObjectType(theirs)) {
        const implemented = new Set(theirs.getInterfaces().map((one) => one.name))
        for (const one of type.getInterfaces())
          if (!implemented.has(one.name)) differences.push(`${name} implements ${one.name}`)
      }
    }
    expect(differences).toStrictEqual([])
  })
})
