import { describe, expect, it } from 'vitest'
import type { KeylessIdentity } from '../../../src/model/identity.ts'
import type { RuleSetting } from '../../../src/model/policy.ts'
import { RUN_BUILD_TYPE } from '../../../src/model/uris.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  accepted,
  askRule,
  attested,
  dependencyOf,
  evidenceOf,
  GOOD_SOURCE,
  gist,
  known,
  lockedFrom,
  lockOf,
  messageOf,
  signedSubject,
  signerWith,
  sourceOf,
  subjectOf,
  unknown,
  verified,
} from '../../support/subjects.ts'

type Claims = Partial<KeylessIdentity['claims']>
const ask = (claims: Claims, more: Partial<Subject> = {}, setting: RuleSetting = {}) =>
  gist(askRule('ref-allow-list', signedSubject([attested(claims)], more), setting))
const MAIN = sourceOf({ repository: known({ id: '42', ownerId: '7', defaultBranch: 'main' }) })
const SNAPSHOT = { sourceRepositoryRef: 'refs/heads/snapshot-a1b2c3d4' }

/** The same signer without this claim. */
function silentAbout(claim: keyof KeylessIdentity['claims']) {
  const signer = signerWith()
  const claims = Object.fromEntries(Object.entries(signer.claims).filter(([name]) => name !== claim))
  return signedSubject([accepted(verified({}, { ...signer, claims }))])
}

describe('ref-allow-list (R3)', () => {
  it('is quiet for the tag of the version, the default branch, and people who sign without a run', () => {
    expect(ask({})).toStrictEqual([])
    expect(ask({ sourceRepositoryRef: 'refs/heads/main' }, { facts: MAIN })).toStrictEqual([])
    const subjectAlternativeName = { type: 'email', value: 'a@example.org' } as const
    const person = {
      kind: 'certificate',
      subjectAlternativeName,
      issuer: 'https://x.example',
      claims: {},
      legacy: {},
    } as const
    expect(gist(askRule('ref-allow-list', signedSubject([accepted(verified({}, person))])))).toStrictEqual([])
  })

  it.each(['pull_request', 'pull_request_target', 'issue_comment', 'workflow_run'])(
    'T-ID-05: denies the trigger %s, which is a change where the lock has another one',
    (buildTrigger) => {
      expect(ask({ buildTrigger })).toStrictEqual(['TRIGGER_DENIED context invalid'])
      expect(ask({ buildTrigger }, { lock: lockOf() })).toStrictEqual(['TRIGGER_DENIED context changed'])
    },
  )

  it('T-ID-05: lets pass what the policy or the reviewed lock of this package allows', () => {
    const buildTrigger = 'pull_request_target'
    expect(ask({ buildTrigger }, {}, { triggers: [buildTrigger] })).toStrictEqual([])
    expect(ask({ buildTrigger }, {}, { triggers: ['push'] })).toStrictEqual(['TRIGGER_DENIED context invalid'])
    expect(
      ask({ buildTrigger }, { lock: lockOf({ signers: [lockedFrom(attested({ buildTrigger }))] }) }),
    ).toStrictEqual([])
    for (const trigger of ['push', 'release', 'workflow_dispatch', 'schedule']) {
      expect(ask({ buildTrigger: trigger })).toStrictEqual([])
    }
  })

  it('T-ID-06: denies a throw-away branch', () => {
    expect(ask(SNAPSHOT, { facts: MAIN })).toStrictEqual(['REF_DENIED context invalid'])
    expect(ask(SNAPSHOT, { facts: MAIN, lock: lockOf() })).toStrictEqual(['REF_DENIED context changed'])
    // With a lock the default branch need not be known: this ref is none of the lock's.
    expect(ask(SNAPSHOT, { lock: lockOf() })).toStrictEqual(['REF_DENIED context changed'])
    expect(ask({ sourceRepositoryRef: 'refs/heads/main-evil' }, { facts: MAIN })).toStrictEqual([
      'REF_DENIED context invalid',
    ])
  })

  it('T-ID-06: denies the tag of another version, also where a pattern of the lock matches it', () => {
    const dependency = dependencyOf('pkg:npm/%40acme/app@1.2.4')
    expect(ask({}, { dependency })).toStrictEqual(['REF_DENIED context invalid'])
    expect(ask({}, { dependency, lock: lockOf() })).toStrictEqual(['REF_DENIED context changed'])
    expect(ask({}, { dependency }, { refs: ['refs/tags/v*'] })).toStrictEqual([])
    // A tag that the lock has in full was reviewed: some projects tag by date.
    const byDate = { sourceRepositoryRef: 'refs/tags/release-2026-09' }
    expect(ask(byDate)).toStrictEqual(['REF_DENIED context invalid'])
    expect(ask(byDate, { lock: lockOf({ signers: [lockedFrom(attested(byDate))] }) })).toStrictEqual([])
    // An image or an action has no version that its tag could carry.
    expect(ask({}, { dependency: { ...dependency, kind: 'image' } })).toStrictEqual([])
  })

  it('lets a branch pass that the policy or the lock names', () => {
    const branch = { sourceRepositoryRef: 'refs/heads/release/1.x' }
    expect(ask(branch, { facts: MAIN })).toStrictEqual(['REF_DENIED context invalid'])
    expect(ask(branch, { facts: MAIN }, { refs: ['refs/heads/release/*'] })).toStrictEqual([])
    expect(ask(branch, { facts: MAIN, lock: lockOf({ signers: [lockedFrom(attested(branch))] }) })).toStrictEqual([])
  })

  it('says that it does not know where the default branch could not be learned', () => {
    expect(ask(SNAPSHOT, { facts: sourceOf({ repository: unknown() }) })).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask(SNAPSHOT, { facts: sourceOf({ repository: unknown('NOT_ASKED_BUDGET') }) })).toStrictEqual([
      'NOT_ASKED_BUDGET unknown',
    ])
    expect(ask(SNAPSHOT, { facts: sourceOf({}) })).toStrictEqual([])
    expect(ask(SNAPSHOT)).toStrictEqual([])
  })

  it('T-ID-07: denies a runner that is not a hosted one', () => {
    expect(ask({ runnerEnvironment: 'self-hosted' })).toStrictEqual(['RUNNER_DENIED context invalid'])
    expect(ask({ runnerEnvironment: 'self-hosted' }, { lock: lockOf() })).toStrictEqual([
      'RUNNER_DENIED context changed',
    ])
    const lock = lockOf({ signers: [lockedFrom(attested({ runnerEnvironment: 'self-hosted' }))] })
    expect(ask({ runnerEnvironment: 'self-hosted' }, { lock })).toStrictEqual([])
  })

  it('T-ID-07: denies a claim that is missing', () => {
    expect(gist(askRule('ref-allow-list', silentAbout('runnerEnvironment')))).toStrictEqual([
      'RUNNER_DENIED context invalid',
    ])
    expect(gist(askRule('ref-allow-list', silentAbout('buildTrigger')))).toStrictEqual([
      'TRIGGER_DENIED context invalid',
    ])
    expect(gist(askRule('ref-allow-list', silentAbout('sourceRepositoryRef')))).toStrictEqual([
      'REF_DENIED context invalid',
    ])
  })

  it('judges all of several runs, but only that of the accepted signer where there is one', () => {
    const both = [attested(), attested({ buildTrigger: 'pull_request_target' })]
    expect(gist(askRule('ref-allow-list', signedSubject(both)))).toStrictEqual(['TRIGGER_DENIED context invalid'])
    expect(gist(askRule('ref-allow-list', signedSubject(both, { lock: lockOf() })))).toStrictEqual([])
  })

  it('knows the hosted runners of GitLab', () => {
    expect(ask({ runnerEnvironment: 'gitlab-hosted' })).toStrictEqual([])
  })

  it('lets the ref of a locked signer pass for one that differs in something else', () => {
    const branch = { sourceRepositoryRef: 'refs/heads/release/1.x' }
    const lock = lockOf({ signers: [lockedFrom(attested(branch))] })
    const other = { ...branch, runnerEnvironment: 'self-hosted' }
    expect(ask(other, { facts: MAIN, lock })).toStrictEqual(['RUNNER_DENIED context changed'])
  })
})

describe('ref-allow-list, at its edges', () => {
  const ask = (claims: object, more: Partial<Subject> = {}, setting = {}) =>
    gist(askRule('ref-allow-list', signedSubject([attested(claims)], more), setting))
  const main = { facts: sourceOf({ repository: GOOD_SOURCE.repository }) }
  /** A signer of the lock that differs in its issuer too, so that it does not pass as a whole. */
  const almost = (more: object) => ({ ...main, lock: lockOf({ signers: [{ ...lockedFrom(), issuer: 'x', ...more }] }) })

  it.for<[string, object, object, readonly string[]]>([
    ['a trigger of the lock', { buildTrigger: 'workflow_run' }, { triggers: ['workflow_run'] }, []],
    ['another trigger', { buildTrigger: 'workflow_run' }, { triggers: ['push'] }, ['TRIGGER_DENIED context changed']],
    ['a runner of the lock', { runnerEnvironment: 'self-hosted' }, { runner: 'self-hosted' }, []],
    ['another runner', { runnerEnvironment: 'self-hosted' }, { runner: 'x' }, ['RUNNER_DENIED context changed']],
    [
      'no runner on either side',
      { runnerEnvironment: undefined },
      { runner: undefined },
      ['RUNNER_DENIED context changed'],
    ],
    ['a tag', {}, { refs: ['refs/heads/main'] }, []],
  ])('lets pass what the lock has for one that differs elsewhere: %s', ([, claims, signer, said]) => {
    expect(ask(claims, almost(signer))).toStrictEqual(said)
  })

  it('does not believe a hosted signer whose command ran elsewhere, whatever the lock has', () => {
    const predicate = {
      buildDefinition: {
        buildType: RUN_BUILD_TYPE,
        externalParameters: {},
        internalParameters: { recorded: { runner_environment: 'self-hosted' } },
      },
      runDetails: { builder: { id: 'b' } },
    }
    const subject = (more: Partial<Subject>) =>
      gist(
        askRule('ref-allow-list', {
          ...subjectOf(more),
          evidence: evidenceOf({ accepted: [accepted(verified({ predicate }))] }),
        }),
      )
    expect(subject(main)).toStrictEqual(['RUNNER_DENIED context invalid'])
    expect(subject(almost({ runner: 'self-hosted' }))).toStrictEqual(['RUNNER_DENIED context changed'])
  })

  it('lets a tag pass that is known to be no default branch', () => {
    expect(ask({}, main)).toStrictEqual([])
  })

  it('asks a tag for no version that is not there', () => {
    expect(
      ask({}, { ...main, dependency: { ...dependencyOf('pkg:npm/%40acme/app@1.2.3'), version: undefined } }),
    ).toStrictEqual([])
  })

  it('takes any one of the refs that the policy names', () => {
    const byDate = { sourceRepositoryRef: 'refs/tags/release-2026-09' }
    expect(ask(byDate, main, { refs: ['refs/heads/x', 'refs/tags/release-*'] })).toStrictEqual([])
    expect(ask(byDate, main, { refs: ['refs/heads/x'] })).toStrictEqual(['REF_DENIED context invalid'])
  })
})

describe('ref-allow-list names what was not allowed', () => {
  const about = (claims: object, more: Partial<Subject> = {}, setting = {}) =>
    messageOf('ref-allow-list', signedSubject([attested(claims)], more), setting)
  const main = sourceOf({ repository: GOOD_SOURCE.repository })

  it.for<[string, object, string]>([
    ['a trigger', { buildTrigger: 'pull_request' }, 'a run that "pull_request" triggered, not'],
    ['no trigger', { buildTrigger: undefined }, 'a run that names no trigger, not'],
    ['a runner', { runnerEnvironment: 'self-hosted' }, 'built on a runner that is "self-hosted", not'],
    ['no runner', { runnerEnvironment: undefined }, 'built on a runner of which the certificate says nothing, not'],
    ['a ref', { sourceRepositoryRef: 'refs/heads/x' }, 'from "refs/heads/x", which is no tag, not the default branch'],
    [
      'no ref',
      { sourceRepositoryRef: undefined },
      'from a ref that the certificate does not name, which is no tag, not the default branch',
    ],
    [
      'the tag of another version',
      { sourceRepositoryRef: 'refs/tags/v1.2.2' },
      'from "refs/tags/v1.2.2", which is not the tag of version "1.2.3"',
    ],
  ])('%s', ([, claims, text]) => {
    expect(about(claims, { facts: main })).toMatch(/^"@acme\/app@1\.2\.3" was /)
    expect(about(claims, { facts: main })).toContain(text)
    expect(about(claims, { facts: main })).not.toContain('none of')
  })

  it('no patterns, where there are none', () => {
    expect(about({ sourceRepositoryRef: 'refs/heads/x' }, { facts: main })).toMatch(/ no tag, not the default branch$/)
  })

  it('the patterns that it is none of', () => {
    const text = about(
      { sourceRepositoryRef: 'refs/heads/x' },
      { facts: main },
      { refs: ['refs/heads/a', 'refs/heads/b*'] },
    )
    expect(text).toMatch(/not the default branch and none of "refs\/heads\/a", "refs\/heads\/b\*"$/)
  })
})
