import type { SourceQuestion } from '../../model/facts.ts'
import type { Piece } from './graphql.ts'

/** Job runs of one workflow run that a query reads; a run with more is asked by REST, which has pages. */
export const MAX_JOBS = 25
export const MAX_STEPS = 60
/** Branches of one pattern, and tags, newest first. */
export const MAX_BRANCHES = 30
export const MAX_TAGS = 100

const OWNER = 'owner { ... on Organization { databaseId } ... on User { databaseId } }'
const COMPARE = 'compare(headRef: $c#) { status headTarget { oid } }'
/** One level below an annotated tag; a tag of a tag is no release. */
const TAG = 'name target { __typename oid ... on Tag { target { oid } } }'
const TAGS = `tags: refs(refPrefix: "refs/tags/", first: ${MAX_TAGS}, orderBy: { field: TAG_COMMIT_DATE, direction: DESC }) { nodes { ${TAG} } }`
const REPOSITORY = `databaseId ${OWNER} defaultBranchRef { name ${COMPARE} }`
/** Only reviews of people who may write count, each person's last: an approval that was withdrawn is none. */
const REVIEWS = `associatedPullRequests(first: 5) { nodes {
      number merged author { login } headRefOid
      latestOpinionatedReviews(first: 30, writersOnly: true) { nodes { state author { __typename login } commit { oid } } }
    } }`
/** A run is known by its path: `databaseId` is an Int of 32 bits, which ids of runs have outgrown. */
const SUITES = `checkSuites(first: 100) { pageInfo { hasNextPage } nodes {
      id status conclusion updatedAt workflowRun { resourcePath event createdAt updatedAt file { path } }
    } }`

type Named = Pick<SourceQuestion, 'owner' | 'repository' | 'commit'>

const base = ({ owner, repository, commit }: Named): Piece['variables'] => ({
  'o#': { type: 'String!', value: owner },
  'n#': { type: 'String!', value: repository },
  'c#': { type: 'String!', value: commit },
  'g#': { type: 'GitObjectID!', value: commit },
})

const repository = (body: string): string => `r#: repository(owner: $o#, name: $n#) { ${body} }`

/** Ids, reachability from the default branch, the check suites that ran on the commit, its pull requests. */
export function sourcePiece(question: SourceQuestion): Piece {
  const suites = question.run === undefined ? '' : SUITES
  const reviews = question.review ? REVIEWS : ''
  return {
    field: repository(`${REPOSITORY} object(oid: $g#) { __typename ... on Commit { oid ${suites} ${reviews} } }`),
    variables: base(question),
    connections: (suites === '' ? 0 : 1) + (reviews === '' ? 0 : 6),
  }
}

/** For a commit that is not on the default branch: the refs that count beside it, and tags at the commit. */
export function refsPiece(question: SourceQuestion, exact: readonly string[], prefixes: readonly string[]): Piece {
  const variables: Record<string, { type: string; value: string }> = { ...base(question) }
  delete variables['g#']
  const fields = [TAGS]
  exact.forEach((ref, index) => {
    variables[`e#x${index}`] = { type: 'String!', value: ref }
    fields.push(`exact${index}: ref(qualifiedName: $e#x${index}) { prefix ${TAG} ${COMPARE} }`)
  })
  prefixes.forEach((prefix, index) => {
    variables[`p#x${index}`] = { type: 'String!', value: prefix }
    fields.push(
      `under${index}: refs(refPrefix: $p#x${index}, first: ${MAX_BRANCHES}) { pageInfo { hasNextPage } nodes { prefix name ${COMPARE} } }`,
    )
  })
  if (exact.length === 0 && prefixes.length === 0) delete variables['c#']
  return { field: repository(fields.join(' ')), variables, connections: 1 + prefixes.length }
}

/** The jobs of one check suite with their steps. `ALL`: also those of earlier attempts, so that a re-run is noticed. */
export function jobsPiece(suite: string): Piece {
  return {
    field: `r#: node(id: $s#) { ... on CheckSuite { checkRuns(first: ${MAX_JOBS}, filterBy: { checkType: ALL }) {
      pageInfo { hasNextPage }
      nodes { name status conclusion startedAt completedAt steps(first: ${MAX_STEPS}) {
        pageInfo { hasNextPage } nodes { name status conclusion startedAt completedAt }
      } }
    } } }`,
    variables: { 's#': { type: 'ID!', value: suite } },
    connections: 1 + MAX_JOBS,
  }
}

/** A pinned action: ids, reachability, newest tags, and the tag that its version comment names. */
export function actionPiece(action: Named, tag: string | undefined): Piece {
  const named = tag === undefined ? '' : `named: ref(qualifiedName: $t#) { ${TAG} }`
  return {
    field: repository(`${REPOSITORY} object(oid: $g#) { __typename } ${TAGS} ${named}`),
    variables: {
      ...base(action),
      ...(tag === undefined ? {} : { 't#': { type: 'String!', value: `refs/tags/${tag}` } }),
    },
    connections: 1,
  }
}

/** What a name means that is a tag or a branch: which of the two it is, and the commit. */
export function refPiece({ owner, repository: name }: Omit<Named, 'commit'>, ref: string): Piece {
  return {
    field: repository(
      `databaseId ${OWNER} tagged: ref(qualifiedName: $t#) { ${TAG} } branch: ref(qualifiedName: $b#) { ${TAG} }`,
    ),
    variables: {
      'o#': { type: 'String!', value: owner },
      'n#': { type: 'String!', value: name },
      't#': { type: 'String!', value: `refs/tags/${ref}` },
      'b#': { type: 'String!', value: `refs/heads/${ref}` },
    },
    connections: 0,
  }
}

/** The tags by which a version may be called; `tag0` is what the first of them points at. */
export function tagsPiece({ owner, repository: name }: Omit<Named, 'commit'>, tags: readonly string[]): Piece {
  const asked = tags.map((tag, index) => [`q#x${index}`, { type: 'String!', value: `refs/tags/${tag}` }] as const)
  const fields = tags.map((_, index) => `tag${index}: ref(qualifiedName: $q#x${index}) { ${TAG} }`)
  return {
    field: repository(`databaseId ${fields.join(' ')}`),
    variables: {
      'o#': { type: 'String!', value: owner },
      'n#': { type: 'String!', value: name },
      ...Object.fromEntries(asked),
    },
    connections: 0,
  }
}

/** Whether this token can read a repository. */
export function readablePiece({ owner, name }: { readonly owner: string; readonly name: string }): Piece {
  return {
    field: repository('databaseId'),
    variables: { 'o#': { type: 'String!', value: owner }, 'n#': { type: 'String!', value: name } },
    connections: 0,
  }
}
