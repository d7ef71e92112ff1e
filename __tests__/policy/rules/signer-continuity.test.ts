import { describe, expect, it } from 'vitest'
import type { AcceptedAttestation } from '../../../src/model/evidence.ts'
import type { ModelFact } from '../../../src/model/facts.ts'
import type { KeylessIdentity } from '../../../src/model/identity.ts'
import type { LockEntry, LockedSigner } from '../../../src/model/trust-lock.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  accepted,
  askRule,
  attested,
  dependencyOf,
  evidenceOf,
  factsOf,
  gist,
  known,
  lockedFrom,
  lockOf,
  messageOf,
  signedSubject,
  subjectOf,
  unknown,
  verified,
} from '../../support/subjects.ts'

const ask = (all: readonly AcceptedAttestation[], lock: LockEntry | undefined = lockOf()) =>
  gist(askRule('signer-continuity', signedSubject(all, { lock })))
const EVIL = 'https://github.com/evil/app'
const STRANGER: Partial<KeylessIdentity['claims']> = {
  sourceRepositoryUri: EVIL,
  sourceRepositoryIdentifier: '666',
  sourceRepositoryOwnerIdentifier: '66',
  buildSignerUri: `${EVIL}/.github/workflows/release.yml@refs/tags/v1.2.3`,
  buildConfigUri: `${EVIL}/.github/workflows/release.yml@refs/tags/v1.2.3`,
}

describe('signer-continuity (R2)', () => {
  it('is quiet for the signer that the lock has, for any one of several, and where there is no lock', () => {
    expect(ask([attested()])).toStrictEqual([])
    const reusable = attested({ buildSignerUri: 'https://github.com/x/y/.github/workflows/z.yml@refs/heads/main' })
    expect(ask([attested()], lockOf({ signers: [lockedFrom(reusable), lockedFrom()] }))).toStrictEqual([])
    expect(gist(askRule('signer-continuity', signedSubject([attested(STRANGER)])))).toStrictEqual([])
  })

  it('fires for valid evidence out of another repository', () => {
    expect(ask([attested(STRANGER)])).toStrictEqual(['SIGNER_CHANGED changed'])
  })

  it.each([
    ['T-ID-08: the repository id under the same name', { sourceRepositoryIdentifier: '43' }, 'REPOSITORY_ID_MISMATCH'],
    ['T-ID-08: the owner id under the same name', { sourceRepositoryOwnerIdentifier: '8' }, 'REPOSITORY_ID_MISMATCH'],
    [
      'the calling workflow',
      { buildConfigUri: 'https://github.com/acme/app/.github/workflows/x.yml' },
      'SIGNER_WORKFLOW',
    ],
    ['the signing workflow', { buildSignerUri: 'https://github.com/b/b/.github/workflows/x.yml' }, 'SIGNER_WORKFLOW'],
    ['T-ID-07: the runner', { runnerEnvironment: 'self-hosted' }, 'RUNNER_DENIED'],
    ['T-ID-05: the trigger', { buildTrigger: 'pull_request_target' }, 'TRIGGER_DENIED'],
    ['T-ID-06: the ref', { sourceRepositoryRef: 'refs/heads/snapshot-a1b2c3d4' }, 'REF_DENIED'],
    ['two of them', { runnerEnvironment: 'self-hosted', buildTrigger: 'schedule' }, 'SIGNER_CHANGED'],
  ] as const)('names what alone differs: %s', (_, claims, code) => {
    expect(ask([attested(claims)])).toStrictEqual([`${code} changed`])
  })

  it('T-ID-08: sees a re-created repository also when its name came back in another case', () => {
    const uri = 'https://github.com/Acme/app/.github/workflows/release.yml@refs/tags/v1.2.3'
    const renamed = {
      sourceRepositoryUri: 'https://github.com/Acme/app',
      sourceRepositoryIdentifier: '43',
      sourceRepositoryOwnerIdentifier: '8',
      buildSignerUri: uri,
      buildConfigUri: uri,
    }
    expect(ask([attested(renamed)])).toStrictEqual(['REPOSITORY_ID_MISMATCH changed'])
  })

  it('fires when an environment is gone, and not when one is new', () => {
    const guarded = attested({ deploymentEnvironment: 'release' })
    expect(ask([attested()], lockOf({ signers: [lockedFrom(guarded)] }))).toStrictEqual(['SIGNER_CHANGED changed'])
    expect(ask([guarded])).toStrictEqual([])
  })

  it('names a stranger that signed beside the accepted signer, and does not fail for it', () => {
    expect(ask([attested(), attested(STRANGER)])).toStrictEqual(['SIGNER_CHANGED note'])
    expect(ask([attested(STRANGER), attested()])).toStrictEqual(['SIGNER_CHANGED note'])
  })

  it('wants an accepted signer for each file', () => {
    const wheel = attested({}, { file: 'a.whl' })
    const other = attested(STRANGER, { file: 'a.tar.gz' })
    expect(ask([wheel, other])).toStrictEqual(['SIGNER_CHANGED changed'])
  })

  it('does not let a verifier or the key of the registry stand for the producer', () => {
    const summary = attested({}, { predicateType: 'https://slsa.dev/verification_summary/v1' })
    expect(ask([attested(STRANGER), summary])).toStrictEqual(['SIGNER_CHANGED changed'])
    const publish = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1'
    const key = { kind: 'key', fingerprint: 'ab', source: 'npm-keys' } as const
    expect(ask([attested(), accepted(verified({ predicateType: publish }, key))])).toStrictEqual([])
  })

  it('holds a ref itself against a pattern that somebody made narrower', () => {
    const narrow = (pattern: string) => lockOf({ signers: [{ ...lockedFrom(), refs: [pattern] }] })
    expect(ask([attested()], narrow('refs/tags/v1.*'))).toStrictEqual([])
    expect(ask([attested()], narrow('refs/tags/v2.*'))).toStrictEqual(['REF_DENIED changed'])
  })

  it('ends a signer where the lock says so', () => {
    const until = (version: string) => lockOf({ signers: [{ ...lockedFrom(), until: version }] })
    expect(ask([attested()], until('1.2.4'))).toStrictEqual([])
    expect(ask([attested()], until('1.2.3'))).toStrictEqual(['SIGNER_CHANGED changed'])
    expect(ask([attested()], until('1.0.0'))).toStrictEqual(['SIGNER_CHANGED changed'])
  })

  it('accepts a key by its fingerprint only', () => {
    const key = (fingerprint: string) =>
      accepted(verified({}, { kind: 'key', fingerprint, source: 'key', hint: 'same' }))
    const lock = lockOf({ signers: [lockedFrom(key('ab'))] })
    expect(ask([key('ab')], lock)).toStrictEqual([])
    expect(ask([key('cd')], lock)).toStrictEqual(['SIGNER_CHANGED changed'])
  })

  it('T-PP-11: has nobody to compare with on first sight, and finds a new line signed by a stranger unusual', () => {
    const first = signedSubject([attested(STRANGER)], { change: 'added' })
    expect(gist(askRule('signer-continuity', first))).toStrictEqual([])
    expect(gist(askRule('signer-continuity', { ...first, otherLines: [lockOf({ line: '0.9' })] }))).toStrictEqual([
      'SIGNER_CHANGED unusual',
    ])
    const known = signedSubject([attested()], { change: 'added', otherLines: [lockOf({ line: '0.9' })] })
    expect(gist(askRule('signer-continuity', known))).toStrictEqual([])
  })

  it('T-MF-13: fires for a model or action whose owner is another one of the same name', () => {
    const model = { revision: 'a'.repeat(40), ownerId: '2002', files: [], signed: false }
    const dependency = dependencyOf('pkg:huggingface/Author/Model@main', { kind: 'model' })
    const lock = lockOf({ ecosystem: 'huggingface', best: 'none', signers: [], ownerId: '1001' })
    const at = (facts: object) =>
      gist(askRule('signer-continuity', subjectOf({ dependency, lock, facts: factsOf(facts) })))
    expect(at({ model: known(model) })).toStrictEqual(['OWNER_CHANGED changed'])
    expect(at({ model: known({ ...model, ownerId: '1001' }) })).toStrictEqual([])
    const action = { tags: [], reachableFrom: 'refs/heads/main', repositoryId: '1', ownerId: '2002' }
    expect(at({ action: known(action) })).toStrictEqual(['OWNER_CHANGED changed'])
    expect(at({ model: unknown() })).toStrictEqual([])
  })

  it('quotes and cuts what a certificate says', () => {
    const evil = `https://github.com/evil\u001b[2J\n::error::${'x'.repeat(5000)}`
    const [objection] = askRule(
      'signer-continuity',
      signedSubject([attested({ buildSignerUri: evil })], { lock: lockOf() }),
    )
    expect(objection?.message).not.toMatch(/[\u001b\n]/)
    expect(objection?.message.length).toBeLessThan(1200)
  })

  it('finds nobody changed where the lock has seen no signer yet', () => {
    expect(ask([attested()], lockOf({ best: 'registered', signers: [] }))).toStrictEqual([])
  })

  it('T-MF-13: looks at the owner also where signers are locked', () => {
    const action = { tags: [], reachableFrom: 'refs/heads/main', repositoryId: '1', ownerId: '2002' }
    const subject = signedSubject([attested()], {
      lock: lockOf({ ownerId: '1001' }),
      facts: factsOf({ action: known(action) }),
    })
    expect(gist(askRule('signer-continuity', subject))).toStrictEqual(['OWNER_CHANGED changed'])
  })

  it('calls nothing a re-created repository but another number under the same name, and nothing else', () => {
    // Another case of the same path, and the same numbers.
    const uri = 'https://github.com/Acme/app/.github/workflows/release.yml@refs/tags/v1.2.3'
    expect(ask([attested({ buildSignerUri: uri, buildConfigUri: uri })])).toStrictEqual(['SIGNER_WORKFLOW changed'])
    const moved = { sourceRepositoryIdentifier: '43', runnerEnvironment: 'self-hosted' }
    expect(ask([attested(moved)])).toStrictEqual(['SIGNER_CHANGED changed'])
  })

  it.each([
    [{ sourceRepositoryIdentifier: '43' }, 'repository-id "43", not "42"'],
    [{ sourceRepositoryOwnerIdentifier: '8' }, 'owner-id "8", not "7"'],
    [
      { buildConfigUri: 'https://github.com/acme/app/.github/workflows/x.yml@refs/tags/v1.2.3' },
      'build-config "https://github.com/acme/app/.github/workflows/x.yml", not nothing',
    ],
    [{ runnerEnvironment: 'self-hosted' }, 'runner "self-hosted", not "github-hosted"'],
    [{ buildTrigger: 'schedule' }, 'triggers "schedule", not "push"'],
  ] as const)('says what it is and what it was: %o', (claims, words) => {
    const [objection] = askRule('signer-continuity', signedSubject([attested(claims)], { lock: lockOf() }))
    expect(objection?.message).toContain(words)
  })

  it('names a key that signed too by its fingerprint', () => {
    const key = accepted(verified({}, { kind: 'key', fingerprint: 'ab', source: 'key' }))
    const [objection] = askRule('signer-continuity', signedSubject([attested(), key], { lock: lockOf() }))
    expect(objection?.message).toContain('is signed by the key "ab" too')
  })
})

describe('signer-continuity, at its edges', () => {
  const ask = (subject: Subject) => gist(askRule('signer-continuity', subject))
  const config = (name: string) => `https://github.com/${name}/.github/workflows/ci.yml@refs/heads/main`
  const signer = 'https://github.com/x/y/.github/workflows/z.yml@refs/heads/main'

  it('sees the other number also where only the calling workflow came back in another case', () => {
    const before = attested({ buildSignerUri: signer, buildConfigUri: config('acme/app') })
    const now = attested({
      buildSignerUri: signer,
      buildConfigUri: config('Acme/app'),
      sourceRepositoryUri: 'https://github.com/Acme/app',
      sourceRepositoryIdentifier: '43',
    })
    expect(ask(signedSubject([now], { lock: lockOf({ signers: [lockedFrom(before)] }) }))).toStrictEqual([
      'REPOSITORY_ID_MISMATCH changed',
    ])
  })

  it('is quiet about a new release line that one of the old signers signed too', () => {
    const stranger = attested({ runnerEnvironment: 'self-hosted' })
    const known = { otherLines: [lockOf({ line: '2' })] }
    expect(ask(signedSubject([attested(), stranger], known))).toStrictEqual([])
    expect(ask(signedSubject([stranger], known))).toStrictEqual(['SIGNER_CHANGED unusual'])
  })

  it.for<[string | undefined, string | undefined, readonly string[]]>([
    ['1', '2', ['OWNER_CHANGED changed']],
    ['1', '1', []],
    [undefined, '2', []],
    ['1', undefined, []],
  ])('holds the owner %s of the lock against the owner %s of the hub, where both are known', ([locked, now, said]) => {
    const model: ModelFact = { revision: 'a'.repeat(40), ownerId: now, files: [], signed: false }
    const lock = lockOf({ signers: [], ownerId: locked })
    expect(ask(subjectOf({ lock, facts: factsOf({ model: known(model) }) }))).toStrictEqual(said)
    const action = { tags: [], reachableFrom: null, repositoryId: '1', ownerId: now ?? '1' }
    expect(ask(subjectOf({ lock, facts: factsOf({ action: known(action) }) }))).toStrictEqual(said)
  })
})

describe('signer-continuity names who signed and what differs', () => {
  const said = (subject: Subject) => messageOf('signer-continuity', subject)
  const against = (signer: Partial<LockedSigner>, claims = {}) =>
    said(signedSubject([attested(claims)], { lock: lockOf({ signers: [{ ...lockedFrom(), ...signer }] }) }))

  it.for<[Partial<LockedSigner>, string]>([
    [{ issuer: 'https://other' }, 'issuer "https://token.actions.githubusercontent.com", not "https://other"'],
    [{ repositoryId: '43' }, 'repository-id "42", not "43"'],
    [{ ownerId: '8' }, 'owner-id "7", not "8"'],
    [{ workflow: 'x.yml' }, `workflow "https://github.com/acme/app/.github/workflows/release.yml", not "x.yml"`],
    [{ buildConfig: 'x.yml' }, 'build-config nothing, not "x.yml"'],
    [{ identity: 'a@b' }, 'identity nothing, not "a@b"'],
    [{ key: 'cd' }, 'key nothing, not "cd"'],
    [{ runner: 'self-hosted' }, 'runner "github-hosted", not "self-hosted"'],
    [
      { refs: ['refs/heads/main', 'refs/heads/v*'] },
      'refs "refs/tags/v1.2.3", not "refs/heads/main" or "refs/heads/v*"',
    ],
    [{ triggers: ['release'] }, 'triggers "push", not "release"'],
    [{ triggers: [] }, 'triggers "push", not nothing'],
    [{ environments: ['npm'] }, 'environments nothing, not "npm"'],
    [
      { repositoryId: undefined, repository: 'https://github.com/x/y' },
      'repository-id "42", not nothing; repository "https://github.com/acme/app", not "https://github.com/x/y"',
    ],
  ])('%j', ([signer, difference]) => {
    expect(against(signer)).toBe(`"@acme/app@1.2.3" is signed by another than release line "1" was: ${difference}`)
  })

  it('four fields at most, and how many more there are', () => {
    const four = { issuer: 'i', ownerId: '8', workflow: 'w', runner: 'r' }
    expect(against(four)).toMatch(/: issuer [^;]+; owner-id [^;]+; workflow [^;]+; runner "github-hosted", not "r"$/)
    expect(against({ ...four, triggers: ['x'] })).toMatch(/; runner "github-hosted", not "r" and 1 fields more$/)
  })

  it('the locked signer that is nearest, wherever it stands', () => {
    const far = { ...lockedFrom(), issuer: 'i', ownerId: '8', runner: 'r' }
    const near = { ...lockedFrom(), runner: 'r' }
    for (const signers of [
      [far, near],
      [near, far],
    ]) {
      const [objection] = askRule('signer-continuity', signedSubject([attested()], { lock: lockOf({ signers }) }))
      expect(objection?.code).toBe('RUNNER_DENIED')
    }
  })

  it.for<[string, Parameters<typeof verified>[1], string]>([
    ['a key', { kind: 'key', fingerprint: 'ab', source: 'policy' } as never, 'the key "ab"'],
    ['a private CA', { kind: 'private-ca', subject: 'CN=build', commonName: 'build' } as never, '"build" of no issuer'],
    [
      'a workflow',
      undefined,
      `"https://github.com/acme/app/.github/workflows/release.yml" of "https://token.actions.githubusercontent.com"`,
    ],
  ])('a stranger: %s', ([, signer, name]) => {
    const lock = lockOf({ signers: [{ ...lockedFrom(), until: '1.0.0' }] })
    const evidence = evidenceOf({ accepted: [accepted(verified({}, signer))] })
    expect(said(subjectOf({ lock, evidence }))).toContain(`is signed by ${name}, and every signer`)
  })

  it('an identity before the repository it comes from', () => {
    const person = verified({}, {
      kind: 'certificate',
      subjectAlternativeName: { type: 'email', value: 'a@example.org' },
      issuer: 'https://accounts.example',
      claims: { sourceRepositoryUri: 'https://github.com/acme/app' },
      legacy: {},
    } as never)
    const lock = lockOf({ signers: [{ ...lockedFrom(), until: '1.0.0' }] })
    expect(said(signedSubject([accepted(person)], { lock }))).toContain(
      'is signed by "a@example.org" of "https://accounts.example", and',
    )
  })
})
