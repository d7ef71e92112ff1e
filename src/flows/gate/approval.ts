import { isJsonObject, type JsonObject, type JsonValue, parseJson, parseJsonObject } from '../../model/json.ts'
import type { Approval } from '../../policy/waivers.ts'
import type { EvidenceClient } from '../../source/client.ts'

/** Who may approve, by GitHub's word on how they stand to the repository. */
const MAY_APPROVE = ['OWNER', 'MEMBER', 'COLLABORATOR']
const PAGE = 100

export interface PullRequestHead {
  /** Base URL of the API. */
  readonly api: string
  /** `owner/name` */
  readonly repository: string
  readonly number: number
  /** The very commit that is judged: an approval of an earlier one says nothing about what was pushed since. */
  readonly head: string
  readonly author: string
}

/**
 * Has somebody else who may approve said yes to this very head commit? Only then do a widened trust lock and a new waiver
 * count in the pull request that brings them; otherwise whoever opens one would accept a signer on their own (T-PP-08).
 *
 * @param teams `owner/team` whose members the policies ask for
 * @returns those who did; undefined when the API does not say
 */
export async function approvalsOf(
  pull: PullRequestHead,
  teams: readonly string[],
  client: EvidenceClient,
): Promise<readonly Approval[] | undefined> {
  const logins = await approversOf(pull, client)
  if (logins === undefined) return undefined
  return await Promise.all(
    logins.map(async (login) => {
      const member = await Promise.all(teams.map((team) => isMember(team, login, pull, client)))
      return { login, teams: teams.filter((_, index) => member[index] === true) }
    }),
  )
}

/**
 * The token of a job may not read an organisation's teams: GitHub answers 403 or 404 then, as for a stranger. A token
 * that may is told.
 */
async function isMember(team: string, login: string, pull: PullRequestHead, client: EvidenceClient): Promise<boolean> {
  const [owner = '', slug = ''] = team.split('/').map(encodeURIComponent)
  const url = `${pull.api}/orgs/${owner}/teams/${slug}/memberships/${encodeURIComponent(login)}`
  const answer = await client.fetch({ source: 'github', url, headers: { accept: 'application/vnd.github+json' } })
  if (answer.kind !== 'answer' || answer.status !== 200) return false
  try {
    return parseJsonObject(answer.body, 'the membership').state === 'active'
  } catch {
    return false
  }
}

async function approversOf(pull: PullRequestHead, client: EvidenceClient): Promise<readonly string[] | undefined> {
  const approvers = new Map<string, boolean>()
  for (let page = 1; page <= 50; page++) {
    const url = `${pull.api}/repos/${pull.repository}/pulls/${pull.number}/reviews?per_page=${PAGE}&page=${page}`
    const answer = await client.fetch({ source: 'github', url, headers: { accept: 'application/vnd.github+json' } })
    if (answer.kind !== 'answer' || answer.status !== 200) return undefined
    const reviews = readReviews(answer.body)
    if (reviews === undefined) return undefined
    for (const review of reviews) note(review, pull, approvers)
    if (reviews.length < PAGE) return [...approvers].filter(([, approves]) => approves).map(([name]) => name)
  }
  return undefined
}

function readReviews(body: Uint8Array): readonly JsonObject[] | undefined {
  try {
    const value = parseJson(body, 'the reviews')
    return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : undefined
  } catch {
    return undefined
  }
}

/** Reviews come oldest first: the last word of each reviewer counts, a comment is none. */
function note(review: JsonObject, { head, author }: PullRequestHead, approvers: Map<string, boolean>): void {
  const { state, commit_id: commit, author_association: association, user } = review
  const login = isJsonObject(user) && typeof user.login === 'string' ? user.login : undefined
  if (login === undefined || login.toLowerCase() === author.toLowerCase()) return
  if (state === 'CHANGES_REQUESTED' || state === 'DISMISSED') approvers.set(login, false)
  if (state !== 'APPROVED' || commit !== head) return
  if (typeof association === 'string' && MAY_APPROVE.includes(association)) approvers.set(login, true)
}
