import { describe, expect, it } from 'vitest'
import type { FetchedAttestation } from '../../src/model/attestation.ts'
import type { AcceptedAttestation } from '../../src/model/evidence.ts'
import { CONTROLS, type Control, controlTrust, GOOD_CONTROL, judgeControl } from '../../src/verify/negative-control.ts'
import type { verifyEvidence } from '../../src/verify/verify-evidence.ts'
import type { LooseJson } from '../support/real-signer.ts'

const trust = controlTrust()
const WHEEL = 'cleanbill_control-1.0.0-py3-none-any.whl'
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** What a verifier is asked for one control. */
function asked(control: Control) {
  let given: Parameters<typeof verifyEvidence> | undefined
  judgeControl(control, trust, (...all) => {
    given = all
    return { accepted: [], refused: [], unsupported: [] }
  })
  if (given === undefined) throw new Error(`control ${control.id} was refused while it was read`)
  const [target, source, documents, by] = given
  return { target, source, documents, trust: by }
}
function attestationOf(control: Control): FetchedAttestation {
  const [attestation] = asked(control).documents[0]?.attestations ?? []
  if (attestation === undefined) throw new Error(`control ${control.id} holds no attestation`)
  return attestation
}
const controlOf = (id: number): Control => {
  const control = CONTROLS.find((one) => one.id === id)
  if (control === undefined) throw new Error(`there is no control ${id}`)
  return control
}
const payloadOf = ({ content }: FetchedAttestation) => (content.kind === 'dsse' ? content.payload : new Uint8Array())

describe('the controls', () => {
  it('are the ones of the table, each with its code, and no two by one name', () => {
    expect(CONTROLS.map(({ id, expected }) => [id, expected])).toStrictEqual([
      [1, 'SUBJECT_MISMATCH'],
      [2, 'SUBJECT_NAME_MISMATCH'],
      [3, 'SUBJECT_EMPTY'],
      [4, 'SIGNATURE_INVALID'],
      [5, 'SIGNATURE_COUNT'],
      [6, 'PAYLOAD_TYPE'],
      [7, 'LOG_ENTRY_MISMATCH'],
      [8, 'CERTIFICATE_EXPIRED'],
      [13, 'CLAIM_CONFLICT'],
      [15, 'PREDICATE_TYPE'],
      [16, 'VSA_REJECTED'],
      [17, 'BUNDLE_MALFORMED'],
    ])
    const names = CONTROLS.map(({ name }) => name)
    expect(new Set(names).size).toBe(CONTROLS.length)
    for (const name of names) expect(name).not.toBe('')
  })

  it.for(CONTROLS.map((control) => [control.id, control] as const))('%i is refused with its code', ([, control]) => {
    expect(judgeControl(control, trust)).toBe(control.expected)
  })

  it('have a good one beside them, which is about the very file', () => {
    expect(GOOD_CONTROL).toMatchObject({ id: 0, name: 'a good bundle', expected: 'accepted' })
    const accepted = judgeControl(GOOD_CONTROL, trust) as AcceptedAttestation
    expect(accepted).toMatchObject({ source: 'pypi', file: WHEEL })
    expect(accepted.attestation.origin).toMatchObject({ where: 'control 0', domain: 'sigstore' })
    expect(accepted.attestation.statement.subject).toMatchObject([{ name: WHEEL, digest: { sha256: EMPTY } }])
  })

  it('are all asked about one file of a package of PyPI, the summary about a file by URL', () => {
    const digests = { sha256: EMPTY }
    const dependency = {
      id: 'pkg:pypi/cleanbill-control@1.0.0',
      kind: 'package',
      ecosystem: 'pypi',
      name: 'cleanbill-control',
      version: '1.0.0',
      digests: {},
      file: 'built-in',
      scope: 'runtime',
      source: 'registry',
    }
    for (const control of [GOOD_CONTROL, ...CONTROLS.filter(({ id }) => ![5, 16, 17].includes(id))]) {
      const { target, source } = asked(control)
      expect(target).toMatchObject({ dependency, file: { name: WHEEL, digests }, digests })
      expect(source).toBe('pypi')
    }
    const { target, source } = asked(controlOf(16))
    expect(target).toMatchObject({ dependency: { kind: 'file', ecosystem: 'generic', source: 'url' }, digests })
    expect(target).not.toHaveProperty('file')
    expect(source).toBe('github')
  })

  it('differ from the good one in the one thing that each is about', () => {
    const good = attestationOf(GOOD_CONTROL)
    const changed = attestationOf(controlOf(4))
    const [before, after] = [payloadOf(good), payloadOf(changed)]
    expect(after.length).toBe(before.length)
    const differs = [...after].flatMap((byte, at) => (byte === before[at] ? [] : [at]))
    const at = Buffer.from(before).indexOf('1.0.0')
    expect(differs).toStrictEqual([at])
    expect(after[at]).toBe((before[at] ?? 0) ^ 1)
    expect(changed.logEntries).toStrictEqual(good.logEntries)

    const spliced = attestationOf(controlOf(7))
    expect(spliced.content).toStrictEqual(good.content)
    expect(spliced.timestamps).toStrictEqual(good.timestamps)
    expect(spliced.logEntries).toStrictEqual(attestationOf(controlOf(1)).logEntries)
    expect(spliced.logEntries).not.toStrictEqual(good.logEntries)

    const { dsseEnvelope: once } = GOOD_CONTROL.document() as LooseJson
    const { dsseEnvelope: twice } = controlOf(5).document() as LooseJson
    expect(twice).toStrictEqual({ ...once, signatures: [...once.signatures, ...once.signatures] })
    expect(twice.signatures).toHaveLength(2)
    expect(controlOf(17).document()).toStrictEqual({ attestations: [] })
  })
})

describe('judgeControl', () => {
  it('says `nothing` of a verifier that says nothing, and gives what one accepts', () => {
    const accepted = judgeControl(GOOD_CONTROL, trust) as AcceptedAttestation
    const silent = () => ({ accepted: [], refused: [], unsupported: [] })
    expect(judgeControl(controlOf(1), trust, silent)).toBe('nothing')
    // Accepted beside refused is accepted: one way in is enough.
    const refused = [{ where: 'x', source: 'pypi', code: 'SUBJECT_MISMATCH' as const, message: 'x' }]
    expect(judgeControl(controlOf(1), trust, () => ({ accepted: [accepted], refused, unsupported: [] }))).toBe(accepted)
  })

  it('takes no error of the program for a refusal', () => {
    const broken = () => {
      throw new TypeError('x is not a function')
    }
    expect(() => judgeControl(controlOf(1), trust, broken)).toThrow(TypeError)
  })

  it('is given a root of its own, which has one instance and no keys', () => {
    expect(controlTrust()).toMatchObject({ roots: [{ domain: 'sigstore' }], keys: [], rootCertificates: [] })
    expect(controlTrust().roots[0]?.name).toBe('the controls')
    expect(asked(GOOD_CONTROL).trust).toBe(trust)
  })
})
