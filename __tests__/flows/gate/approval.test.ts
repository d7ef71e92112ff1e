import { describe, expect, it } from 'vitest'
import { approvalsOf } from '../../../src/flows/gate/approval.ts'
import { type ScriptedAnswer, scripted } from '../../support/plain-client.ts'

const HEAD = 'a'.repeat(40)
const PULL = { api: 'https://api.github.com', repository: 'acme/app', number: 7, head: HEAD, author: 'carol' }
const REVIEWS = '/repos/acme/app/pulls/7/reviews?per_page=100&page=1'
const MEMBERSHIP = '/orgs/acme/teams/security/memberships/dave'
const review = (login: string) => ({
  user: { login },
  state: 'APPROVED',
  commit_id: HEAD,
  author_association: 'MEMBER',
})

const ask = (answers: Readonly<Record<string, ScriptedAnswer>>) =>
  approvalsOf(PULL, ['acme/security'], scripted({ [REVIEWS]: { status: 200, body: [review('dave')] }, ...answers }))

describe('an approval by a member of a team', () => {
  it.each<[string, ScriptedAnswer, readonly string[]]>([
    ['an active member', { status: 200, body: { state: 'active', role: 'member' } }, ['acme/security']],
    ['somebody who was invited', { status: 200, body: { state: 'pending' } }, []],
    ['somebody who is none, or whom the token may not see', { status: 404 }, []],
    ['a token of a job', { status: 403 }, []],
    ['an answer that is none', { status: 200, body: 'active' }, []],
    ['no answer', 'reset', []],
  ])('%s', async (_, answer, teams) => {
    expect(await ask({ [MEMBERSHIP]: answer })).toStrictEqual([{ login: 'dave', teams }])
  })

  it('is not known where the reviews are not', async () => {
    const member = { status: 200, body: { state: 'active' } }
    expect(await ask({ [MEMBERSHIP]: member, [REVIEWS]: { status: 502 } })).toBeUndefined()
    expect(await ask({ [MEMBERSHIP]: member, [REVIEWS]: { status: 200, body: {} } })).toBeUndefined()
  })

  it('asks about nobody when nobody approved', async () => {
    expect(await ask({ [REVIEWS]: { status: 200, body: [] } })).toStrictEqual([])
  })
})
