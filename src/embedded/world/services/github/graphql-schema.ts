/**
 * The part of GitHub's GraphQL schema that this world answers. A test holds every line of it against the official schema
 * (`@octokit/graphql-schema`), so that a query which passes here is one that GitHub understands.
 */
export const GRAPHQL_SCHEMA = `
scalar URI
scalar DateTime
scalar GitObjectID

interface Node { id: ID! }
interface Actor { login: String! }
interface RepositoryOwner { login: String! id: ID! }
interface GitObject { oid: GitObjectID! id: ID! }

type Query {
  rateLimit(dryRun: Boolean = false): RateLimit
  repository(followRenames: Boolean = true, name: String!, owner: String!): Repository
  node(id: ID!): Node
}
type RateLimit { cost: Int! limit: Int! nodeCount: Int! remaining: Int! resetAt: DateTime! used: Int! }
type PageInfo { endCursor: String hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String }

type Organization implements Actor & Node & RepositoryOwner { databaseId: Int id: ID! login: String! }
type User implements Actor & Node & RepositoryOwner { databaseId: Int id: ID! login: String! }
type Bot implements Actor & Node { databaseId: Int id: ID! login: String! }

type Repository implements Node {
  id: ID!
  databaseId: Int
  nameWithOwner: String!
  owner: RepositoryOwner!
  defaultBranchRef: Ref
  ref(qualifiedName: String!): Ref
  refs(after: String, before: String, direction: OrderDirection, first: Int, last: Int, orderBy: RefOrder, query: String, refPrefix: String!): RefConnection
  object(expression: String, oid: GitObjectID): GitObject
}
enum OrderDirection { ASC DESC }
enum RefOrderField { ALPHABETICAL TAG_COMMIT_DATE }
input RefOrder { direction: OrderDirection! field: RefOrderField! }
type RefConnection { nodes: [Ref] pageInfo: PageInfo! totalCount: Int! }
type Ref implements Node {
  id: ID!
  name: String!
  prefix: String!
  target: GitObject
  compare(headRef: String!): Comparison
}
enum ComparisonStatus { AHEAD BEHIND DIVERGED IDENTICAL }
type Comparison implements Node { id: ID! status: ComparisonStatus! aheadBy: Int! behindBy: Int! baseTarget: GitObject! headTarget: GitObject! }

type Tag implements GitObject & Node { id: ID! oid: GitObjectID! name: String! target: GitObject! }
type Commit implements GitObject & Node {
  id: ID!
  oid: GitObjectID!
  checkSuites(after: String, before: String, first: Int, last: Int): CheckSuiteConnection
  associatedPullRequests(after: String, before: String, first: Int, last: Int): PullRequestConnection
}

enum CheckStatusState { COMPLETED IN_PROGRESS PENDING QUEUED REQUESTED WAITING }
enum CheckConclusionState { ACTION_REQUIRED CANCELLED FAILURE NEUTRAL SKIPPED STALE STARTUP_FAILURE SUCCESS TIMED_OUT }
enum CheckRunType { ALL LATEST }
input CheckRunFilter { checkType: CheckRunType }
type CheckSuiteConnection { nodes: [CheckSuite] pageInfo: PageInfo! totalCount: Int! }
type CheckSuite implements Node {
  id: ID!
  status: CheckStatusState!
  conclusion: CheckConclusionState
  createdAt: DateTime!
  updatedAt: DateTime!
  workflowRun: WorkflowRun
  checkRuns(after: String, before: String, filterBy: CheckRunFilter, first: Int, last: Int): CheckRunConnection
}
type WorkflowRun implements Node { id: ID! databaseId: Int resourcePath: URI! event: String! createdAt: DateTime! updatedAt: DateTime! file: WorkflowRunFile }
type WorkflowRunFile implements Node { id: ID! path: String! }
type CheckRunConnection { nodes: [CheckRun] pageInfo: PageInfo! totalCount: Int! }
type CheckRun implements Node {
  id: ID!
  name: String!
  status: CheckStatusState!
  conclusion: CheckConclusionState
  startedAt: DateTime
  completedAt: DateTime
  steps(after: String, before: String, first: Int, last: Int, number: Int): CheckStepConnection
}
type CheckStepConnection { nodes: [CheckStep] pageInfo: PageInfo! totalCount: Int! }
type CheckStep {
  name: String!
  number: Int!
  status: CheckStatusState!
  conclusion: CheckConclusionState
  startedAt: DateTime
  completedAt: DateTime
}

type PullRequestConnection { nodes: [PullRequest] pageInfo: PageInfo! totalCount: Int! }
type PullRequest implements Node {
  id: ID!
  number: Int!
  merged: Boolean!
  author: Actor
  headRefOid: GitObjectID!
  latestOpinionatedReviews(after: String, before: String, first: Int, last: Int, writersOnly: Boolean = false): PullRequestReviewConnection
}
enum PullRequestReviewState { APPROVED CHANGES_REQUESTED COMMENTED DISMISSED PENDING }
type PullRequestReviewConnection { nodes: [PullRequestReview] pageInfo: PageInfo! totalCount: Int! }
type PullRequestReview implements Node { id: ID! author: Actor commit: Commit state: PullRequestReviewState! }
`
