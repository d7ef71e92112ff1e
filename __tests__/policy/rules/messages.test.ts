import { describe, expect, it } from 'vitest'
import type { RuleId } from '../../../src/model/rules.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  askRule,
  attested,
  evidenceOf,
  factsOf,
  known,
  lockOf,
  messageOf,
  recordOf,
  signedSubject,
  sourceError,
  sourceOf,
  subjectOf,
  unknown,
  usesOf,
  vouched,
} from '../../support/subjects.ts'

describe('the other rules name what they saw', () => {
  const requests = (...all: readonly [number, string][]) =>
    signedSubject([attested()], {
      facts: sourceOf({
        review: known({
          pullRequests: all.map(([number, author]) => ({ number, author, merged: true, approvers: [] })),
        }),
      }),
    })
  const reach = (tags: readonly string[]) =>
    signedSubject([attested()], {
      facts: sourceOf({
        reachability: known({ reachableFrom: null, tags: tags.map((name) => ({ name, immutable: false })) }),
      }),
    })
  const COMMIT = 'b'.repeat(40)
  const registry = (more: Partial<Subject['evidence']>, rest: Partial<Subject> = {}) =>
    subjectOf({ evidence: evidenceOf(more), ...rest })

  it.for<[RuleId, Subject, RegExp]>([
    ['reviewed-source', requests(), /made from \(pushed without a pull request\)$/],
    ['reviewed-source', requests([5, 'alice'], [6, 'bob']), /made from \(merged with #5 by "alice", #6 by "bob"\)$/],
    ['reachable-commit', reach([]), new RegExp(`commit "${COMMIT}" is not on the default branch`)],
    ['reachable-commit', reach(['v1', 'v1.2.3']), /only under "v1", "v1\.2\.3", which can be moved$/],
    [
      'reachable-commit',
      signedSubject([attested()], { facts: sourceOf({ reachability: unknown() }) }),
      new RegExp(
        `^whether commit "${COMMIT}" of "https://github.com/acme/app" is on a branch that counts is not known`,
      ),
    ],
    [
      'reachable-commit',
      subjectOf({
        dependency: usesOf('v4', { digests: { gitCommit: COMMIT } }),
        facts: factsOf({ action: unknown() }),
      }),
      new RegExp(`^whether "${COMMIT}" is on a branch of "acme/action" is not known`),
    ],
    [
      'reachable-commit',
      subjectOf({ dependency: usesOf('v4'), facts: factsOf({ action: unknown() }) }),
      /^whether "v4" is on a branch/,
    ],
    [
      'cooldown',
      registry(
        { registry: { kind: 'unavailable', error: sourceError({ message: 'it said 502' }) } },
        { change: 'added' },
      ),
      /is is not known: "it said 502"$/,
    ],
    [
      'cooldown',
      registry({ registry: vouched() }, { change: 'added' }),
      /is is not known: no log and no registry gives a time$/,
    ],
    [
      'lock-matches-registry',
      registry({ registry: { kind: 'not-vouched', message: 'gone' } }),
      /^no registry vouches for "@acme\/app@1\.2\.3": "gone"$/,
    ],
    [
      'lock-matches-registry',
      registry({ registry: { kind: 'not-vouched', message: 'gone' } }, { lock: lockOf() }),
      /^no registry vouches for "@acme\/app@1\.2\.3", and one did before: "gone"$/,
    ],
  ])('%s', ([id, subject, text]) => {
    expect(messageOf(id, subject)).toMatch(text)
  })

  it('and pass a source’s own hint on', () => {
    const hints = (hint?: string) =>
      askRule(
        'lock-matches-registry',
        registry({ registry: { kind: 'unavailable', error: sourceError(hint === undefined ? {} : { hint }) } }),
      ).map((objection) => objection.hint)
    expect(hints('Log in.')).toStrictEqual(['Log in.'])
    expect(hints()[0]).toContain('"evidence"')
  })

  it('and the registry whose bytes are others', () => {
    const mismatch = {
      kind: 'mismatch',
      code: 'REGISTRY_DIGEST_MISMATCH',
      message: 'other',
      record: recordOf(),
    } as const
    expect(messageOf('lock-matches-registry', registry({ registry: mismatch }))).toContain(
      'than the registry "registry.npmjs.org" vouches for: "other"',
    )
  })
})
