import { describe, expect, it } from 'vitest'
import type { UnreadDocument } from '../../src/model/attestation.ts'
import type { Dependency } from '../../src/model/dependency.ts'
import { attestationsOf, verifyTask } from '../../src/verify/evidence-task.ts'
import type { Trust } from '../../src/verify/trust-material.ts'

const dependency: Dependency = {
  ...{ id: 'pkg:npm/app@1.0.0', kind: 'package', ecosystem: 'npm', name: 'app', version: '1.0.0' },
  ...{ digests: {}, file: 'lock', line: 1, scope: 'runtime', source: 'registry' },
}
const trust: Trust = { roots: [], keys: [], rootCertificates: [], now: new Date(0) }
const task = (unread: UnreadDocument) => ({
  target: { dependency, digests: {} },
  source: 'npm',
  documents: [],
  unread,
})

describe('verifyTask', () => {
  it('takes a document that cannot be read for one that is not known, and not for none', () => {
    const web = { form: 'npm' as const, where: 'the attestations', bytes: Buffer.from('<html>') }
    const { accepted, refused, unsupported } = verifyTask(task(web), trust)
    expect([accepted, refused]).toStrictEqual([[], []])
    expect(unsupported).toMatchObject([{ source: 'npm', fault: 'malformed', code: 'JSON_MALFORMED' }])
  })

  it('lets an error of the program through', () => {
    const unread = { form: 'npm', where: 'x', bytes: undefined } as never
    expect(() => verifyTask(task(unread), trust)).toThrow(TypeError)
  })
})

describe('attestationsOf', () => {
  it('counts a document that was not read yet as what is usual for its form', () => {
    const bytes = new Uint8Array()
    expect(attestationsOf(task({ form: 'npm', where: 'x', bytes }))).toBe(2)
    expect(attestationsOf({ ...task({ form: 'npm', where: 'x', bytes }), unread: undefined })).toBe(0)
  })
})
