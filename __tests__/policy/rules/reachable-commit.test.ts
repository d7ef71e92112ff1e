import { describe, expect, it } from 'vitest'
import type { ActionFact, DependencyFacts, Fact } from '../../../src/model/facts.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  accepted,
  askRule,
  attested,
  dependencyOf,
  factsOf,
  gist,
  known,
  lockOf,
  signedSubject,
  signerWith,
  sourceOf,
  subjectOf,
  unknown,
  usesOf,
  verified,
} from '../../support/subjects.ts'

const ask = (facts: DependencyFacts, more: Partial<Subject> = {}) =>
  gist(askRule('reachable-commit', signedSubject([attested()], { facts, ...more })))
const reach = (reachableFrom: string | null, tags: readonly { name: string; immutable: boolean }[] = []) =>
  sourceOf({ reachability: known({ reachableFrom, tags }) })
const today = (id: string, ownerId: string) => sourceOf({ repository: known({ id, ownerId, defaultBranch: 'main' }) })
const PIN = '0e58ed8671d6b60d0890c21b07f8835ace038e67'
const ACTION: ActionFact = { tags: [], reachableFrom: null, repositoryId: '1', ownerId: '2' }
const uses = (ref: string, action: Fact<ActionFact>) =>
  gist(askRule('reachable-commit', subjectOf({ dependency: usesOf(ref), facts: factsOf({ action }) })))

describe('reachable-commit (R4)', () => {
  it('is quiet for a commit on a branch that counts, and where there is nothing to look at', () => {
    expect(ask(reach('refs/heads/main'))).toStrictEqual([])
    expect(ask(sourceOf({}))).toStrictEqual([])
    expect(ask(factsOf())).toStrictEqual([])
    expect(gist(askRule('reachable-commit', subjectOf({ facts: reach(null) })))).toStrictEqual([])
  })

  it('T-AC-25: fires for a commit on no branch', () => {
    expect(ask(reach(null))).toStrictEqual(['COMMIT_UNREACHABLE context invalid'])
    expect(ask(reach(null), { lock: lockOf() })).toStrictEqual(['COMMIT_UNREACHABLE context changed'])
  })

  it('takes a bare tag for unusual, and an immutable one for a branch', () => {
    expect(ask(reach(null, [{ name: 'v1.2.3', immutable: false }]))).toStrictEqual(['TAG_MUTABLE unusual'])
    expect(ask(reach(null, [{ name: 'v1.2.3', immutable: true }]))).toStrictEqual([])
  })

  it('T-ID-08: fires when another repository has the name today', () => {
    expect(ask(today('42', '7'))).toStrictEqual([])
    expect(ask(today('43', '7'))).toStrictEqual(['REPOSITORY_ID_MISMATCH context invalid'])
    expect(ask(today('42', '8'))).toStrictEqual(['REPOSITORY_ID_MISMATCH context invalid'])
  })

  it('passes on why it does not know, and is silent only where nobody asked', () => {
    expect(ask(sourceOf({ reachability: unknown() }))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask(sourceOf({ repository: unknown('NOT_ASKED_BUDGET') }))).toStrictEqual(['NOT_ASKED_BUDGET unknown'])
  })

  it('T-AC-25: fires for a pinned commit that exists in the network of forks only', () => {
    expect(uses(PIN, known(ACTION))).toStrictEqual(['COMMIT_UNREACHABLE context invalid'])
    expect(uses(PIN, known({ ...ACTION, reachableFrom: 'refs/heads/main' }))).toStrictEqual([])
    expect(uses(PIN, known({ ...ACTION, tags: [{ name: 'v4', immutable: true }] }))).toStrictEqual([])
    expect(uses(PIN, known({ ...ACTION, tags: [{ name: 'v4', immutable: false }] }))).toStrictEqual([
      'TAG_MUTABLE unusual',
    ])
    expect(uses(PIN, unknown())).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
  })

  it('counts no bare tag for a reference that is one: moved tags are the attack', () => {
    const moved = known({ ...ACTION, tags: [{ name: 'v45', immutable: false }] })
    expect(uses('v45', moved)).toStrictEqual(['COMMIT_UNREACHABLE context invalid'])
  })

  it('looks at the commit of a git dependency too', () => {
    const dependency = dependencyOf('pkg:npm/%40antv/setup', { source: 'git', digests: { gitCommit: PIN } })
    const subject = subjectOf({ dependency, change: 'added', facts: factsOf({ action: known(ACTION) }) })
    expect(gist(askRule('reachable-commit', subject))).toStrictEqual(['COMMIT_UNREACHABLE context invalid'])
  })

  it('compares no id that the certificate does not have', () => {
    const { sourceRepositoryIdentifier: _, sourceRepositoryOwnerIdentifier: __, ...claims } = signerWith().claims
    const bare = accepted(verified({}, { ...signerWith(), claims }))
    expect(gist(askRule('reachable-commit', signedSubject([bare], { facts: today('43', '8') })))).toStrictEqual([])
  })
})
