import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { FetchedDocument } from '../../src/model/attestation.ts'
import { CleanbillError } from '../../src/model/error.ts'
import { packTrust } from '../../src/verify/packed-trust.ts'
import type { Trust } from '../../src/verify/trust-material.ts'
import {
  type EvidenceTask,
  makeAnswerer,
  openEvidenceVerifier,
  PARALLEL_THRESHOLD,
  verifyEvidenceOfMany,
} from '../../src/verify/verify-parallel.ts'
import { dependencyOf } from '../support/dependencies.ts'

const scratch = mkdtempSync(join(tmpdir(), 'cleanbill-threads-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

let count = 0
/** A thread that answers a message of tasks `m` as this expression says; `told` is what it was told before. */
function thread(answer: string, size = 1) {
  const path = join(scratch, `${++count}.mjs`)
  writeFileSync(
    path,
    `import { parentPort } from 'node:worker_threads'
const told = []
const echo = (m, more = {}) => ({ kind: 'results', number: m.number, results: m.tasks.map((task) => ({
  accepted: [], refused: [], unsupported: [],
  seen: { message: m.number, beside: m.tasks.length, name: task.target.dependency.name, task, told: told.length } })), ...more })
parentPort.on('message', (m) => { if (m.kind === 'trust') told.push(m); else parentPort.postMessage(${answer}) })
`,
  )
  return { program: pathToFileURL(path), size }
}
const echo = () => thread('echo(m)')

interface Seen {
  readonly message: number
  readonly beside: number
  readonly name: string
  readonly told: number
  readonly task: EvidenceTask & { readonly trust: number }
}
const seenOf = (result: unknown): Seen | undefined => (result as { seen?: Seen }).seen

const trust: Trust = { roots: [], keys: [], rootCertificates: [], now: new Date(0) }

/** Nothing in it can be read: judged here that is `malformed`, and it weighs as much as one attestation. */
function task(index: number, more: Partial<EvidenceTask> = {}): EvidenceTask {
  const files = [{ name: 'a.whl', digests: { sha256: 'a' } }]
  return {
    target: { dependency: dependencyOf({ name: `app-${index}`, ecosystem: 'pypi', files }), digests: {} },
    source: 'pypi',
    documents: [],
    unread: { form: 'pep740', where: `doc ${index}`, bytes: Buffer.from(`<${index}>`) },
    ...more,
  }
}
const tasks = (length: number) => Array.from({ length }, (_, index) => task(index))
const FIRST = tasks(PARALLEL_THRESHOLD)
/** Behind as many as are judged here. */
const behind = async (more: readonly EvidenceTask[], threads = echo()) =>
  (await verifyEvidenceOfMany([...FIRST, ...more], trust, threads)).slice(FIRST.length)

/** An attestation that no thread here looks at. */
const document = (attestations: number, unreadable: FetchedDocument['unreadable'] = []): FetchedDocument => ({
  form: 'dsse',
  attestations: Array.from({ length: attestations }, () => ({}) as never),
  unreadable,
})

// An answer that never comes is a fault here, and is not waited for any longer than this.
const SOON = { timeout: 5_000 }

describe('verifyEvidenceOfMany', SOON, () => {
  it('judges the first 64 here, and gives the next one to a thread', async () => {
    expect(PARALLEL_THRESHOLD).toBe(64)
    const results = await verifyEvidenceOfMany(tasks(65), trust, echo())
    expect(results.slice(0, 64).every((one) => one.unsupported[0]?.fault === 'malformed')).toBe(true)
    expect(seenOf(results[63])).toBeUndefined()
    expect(seenOf(results[64])?.name).toBe('app-64')
  })

  it('gives the results in the order of the tasks', async () => {
    const more = tasks(100).map((_, index) => task(1000 + index))
    const names = (await behind(more, thread('echo(m)', 2))).map((one) => seenOf(one)?.name)
    expect(names).toStrictEqual(more.map(({ target }) => target.dependency.name))
  })

  it('sends 16 attestations a message, and what is more than that alone', async () => {
    const light = tasks(20)
    const heavy = task(1, { documents: [document(17)], unread: undefined })
    const besides = (await behind([...light, heavy, task(2)])).map((one) => seenOf(one)?.beside)
    expect(besides).toStrictEqual([...Array(16).fill(16), ...Array(4).fill(4), 1, 1])
    const pair = task(3, { documents: [document(8)], unread: undefined })
    const messages = (await behind([pair, pair, pair])).map((one) => seenOf(one)?.message)
    expect(messages).toStrictEqual([0, 0, 1])
    expect((await behind(tasks(3))).map((one) => seenOf(one)?.beside)).toStrictEqual([3, 3, 3])
  })

  it('sends bytes as they are, and keeps its own', async () => {
    const more = [task(1), task(22), task(333)]
    const results = await behind(more)
    for (const [index, one] of results.entries()) {
      const bytes = seenOf(one)?.task.unread?.bytes ?? new Uint8Array()
      expect(Buffer.from(bytes).toString()).toBe(Buffer.from(more[index]?.unread?.bytes ?? []).toString())
    }
    expect(more.map(({ unread }) => Buffer.from(unread?.bytes ?? []).toString())).toStrictEqual([
      '<1>',
      '<22>',
      '<333>',
    ])
  })

  it('sends the target without the other files of its entry, and the rest as it is', async () => {
    const held = { bytes: Buffer.from('held') }
    const own = task(7, { documents: [document(1)], unread: undefined, held })
    const [result] = await behind([own])
    const sent = seenOf(result)?.task
    expect(sent?.target.dependency).not.toHaveProperty('files')
    expect(sent?.target.dependency).toMatchObject({ name: 'app-7', ecosystem: 'pypi' })
    expect(sent).toMatchObject({ source: 'pypi', documents: [document(1)], trust: 0 })
    expect(Buffer.from(sent?.held?.bytes ?? []).toString()).toBe('held')
  })

  it('refuses what could not be read without any thread', async () => {
    const unreadable = [{ where: 'a', error: new CleanbillError('BUNDLE_MALFORMED', 'broken') }]
    const own = task(7, { documents: [document(1, unreadable)], unread: undefined })
    const [result] = await behind([own])
    expect(result?.refused).toMatchObject([{ where: 'a', source: 'pypi', code: 'BUNDLE_MALFORMED', message: 'broken' }])
    expect(seenOf(result)?.task.documents[0]?.unreadable).toStrictEqual([])
  })

  it.for<[string, string]>([
    ['the answer to another message', 'echo(m, { number: m.number + 1 })'],
    ['a result too few', 'echo(m, { results: [] })'],
    ['a result too many', 'echo(m, { results: [...echo(m).results, ...echo(m).results] })'],
    ['a hole in the place of a result', 'echo(m, { results: m.tasks.map(() => undefined) })'],
  ])('takes nothing for verified from %s', async ([, answer]) => {
    await expect(behind([task(1)], thread(answer))).rejects.toMatchObject({ code: 'INTERNAL_ERROR' })
  })

  it('hands on what a thread could not do without', async () => {
    const fault = `{ kind: 'fault', code: 'TRUST_ROOT_UNAVAILABLE', message: 'no root', hint: 'fetch one' }`
    await expect(behind([task(1)], thread(fault))).rejects.toMatchObject({
      code: 'TRUST_ROOT_UNAVAILABLE',
      message: 'no root',
      hint: 'fetch one',
    })
  })
})

/** A thread that is connected to this process for as long as it runs, and whether it still is. */
async function connected(answer: string) {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const path = join(scratch, `${++count}.mjs`)
  writeFileSync(
    path,
    `import { once } from 'node:events'
import { connect } from 'node:net'
import { parentPort } from 'node:worker_threads'
const socket = connect(${(server.address() as AddressInfo).port}, '127.0.0.1')
const ready = once(socket, 'connect')
parentPort.on('message', async (m) => { await ready; if (m.kind !== 'trust') parentPort.postMessage(${answer}) })
`,
  )
  const arrived = once(server, 'connection').then(([socket]) => socket as Socket)
  return {
    threads: { program: pathToFileURL(path), size: 1 },
    ended: async () => {
      const socket = await arrived
      // What the thread left behind when it was ended: its side is closed, cleanly or not.
      socket.on('error', () => undefined).resume()
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
      return true
    },
    close: async () => {
      ;(await arrived).destroy()
      server.close()
    },
  }
}
const FAULT = `{ kind: 'fault', code: 'TRUST_ROOT_UNAVAILABLE', message: 'no root' }`

describe('the threads', SOON, () => {
  it('end when the verifier is closed', async () => {
    const { threads, ended, close } = await connected(FAULT)
    try {
      const verifier = openEvidenceVerifier(threads)
      await Promise.all(FIRST.map((one) => verifier.verify(one, trust)))
      await expect(verifier.verify(task(1), trust)).rejects.toMatchObject({ code: 'TRUST_ROOT_UNAVAILABLE' })
      await verifier.close()
      expect(await ended()).toBe(true)
    } finally {
      await close()
    }
  })

  it('end with the work that they were started for, be it done or not', async () => {
    const { threads, ended, close } = await connected(FAULT)
    try {
      await expect(behind([task(1)], threads)).rejects.toMatchObject({ code: 'TRUST_ROOT_UNAVAILABLE' })
      expect(await ended()).toBe(true)
    } finally {
      await close()
    }
  })
})

describe('openEvidenceVerifier', SOON, () => {
  it('tells every trust once, before what needs it, and numbers its messages', async () => {
    const verifier = openEvidenceVerifier(echo())
    const other = { ...trust, now: new Date(1) }
    try {
      await Promise.all(FIRST.map((one) => verifier.verify(one, trust)))
      const ask = async (by: Trust) => seenOf(await verifier.verify(task(1), by))
      const seen = [await ask(trust), await ask(other), await ask(trust)]
      expect(seen.map((one) => one?.task.trust)).toStrictEqual([0, 1, 0])
      expect(seen.map((one) => one?.told)).toStrictEqual([1, 2, 2])
      expect(seen.map((one) => one?.message)).toStrictEqual([0, 1, 2])
    } finally {
      await verifier.close()
    }
  })

  it('needs no thread where there is none, however much it is given', async () => {
    const verifier = openEvidenceVerifier()
    const results = await Promise.all(tasks(80).map((one) => verifier.verify(one, trust)))
    expect(results.every((one) => one.unsupported.length === 1)).toBe(true)
    await verifier.close()
  })
})

describe('makeAnswerer', SOON, () => {
  it('judges by the trust that it was told, in the order of the tasks', () => {
    const answer = makeAnswerer()
    expect(answer({ kind: 'trust', id: 4, packed: packTrust(trust) })).toBeUndefined()
    const given = [task(1), task(2)].map((one) => ({ ...one, trust: 4 }))
    expect(answer({ kind: 'tasks', number: 9, tasks: given })).toMatchObject({
      kind: 'results',
      number: 9,
      results: [
        { unsupported: [{ message: expect.stringMatching(/^doc 1: /) }] },
        { unsupported: [{ message: expect.stringMatching(/^doc 2: /) }] },
      ],
    })
  })

  it('says with which code, and with which hint, a target could not be judged', () => {
    const answer = makeAnswerer()
    expect(answer({ kind: 'tasks', number: 9, tasks: [{ ...task(1), trust: 4 }] })).toStrictEqual({
      kind: 'fault',
      code: 'INTERNAL_ERROR',
      message: 'a thread was given no trust',
      hint: undefined,
    })
  })
})
