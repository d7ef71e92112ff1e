import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorkerPool } from '../../src/io/worker-pool.ts'
import { parseAttestations } from '../../src/model/bundle.ts'
import type { Dependency } from '../../src/model/dependency.ts'
import { packTrust, unpackTrust } from '../../src/verify/packed-trust.ts'
import { parsePublicKey } from '../../src/verify/trust-material.ts'
import {
  type EvidenceTask,
  makeAnswerer,
  PARALLEL_THRESHOLD,
  verifyEvidenceOfMany,
} from '../../src/verify/verify-parallel.ts'
import {
  codeOf,
  envelope,
  keyPair,
  type RealSigner,
  sha256,
  startRealSigner,
  statementAbout,
  toBytes,
} from '../support/real-signer.ts'

const PROGRAM = pathToFileURL(join(import.meta.dirname, '../../src/entry/verify-worker.ts'))

let signer: RealSigner
let tasks: EvidenceTask[]
let scratch = ''
const registry = keyPair()

/** Good ones, changed ones, ones about something else, ones that cannot be read: each kind more than once. */
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'cleanbill-pool-'))
  signer = await startRealSigner()
  const good = await signer.sign(statementAbout('bytes'))
  const changed = structuredClone(good)
  changed.dsseEnvelope.payload = Buffer.from('{}').toString('base64')
  const unreadable = { ...good, mediaType: 'x' }
  const bare = envelope(statementAbout('bytes'), registry.privateKey)
  const documents = [
    good,
    changed,
    { attestations: [{ bundle: good }, { bundle: unreadable }] },
    await signer.sign(statementAbout('other')),
    bare,
  ]
  tasks = Array.from({ length: 150 }, (_, index) => ({
    target: { dependency: entry(`tool-${index}`), digests: { sha256: sha256('bytes') } },
    source: 'github',
    documents: [parseAttestations(toBytes(documents[index % documents.length]), `doc ${index}`)],
  }))
})
afterAll(async () => {
  await signer.close()
  rmSync(scratch, { recursive: true, force: true })
})

const entry = (name: string): Dependency => ({
  id: `file:${name}`,
  kind: 'file',
  ecosystem: 'generic',
  name,
  digests: {},
  file: 'policy',
  line: 1,
  scope: 'runtime',
  source: 'url',
})

const trustWithKey = () => ({ ...signer.trust, keys: [parsePublicKey(Buffer.from(registry.pem), 'key.pem')] })

describe('verifyEvidenceOfMany', () => {
  it('gives over threads what it gives without, in the same order', async () => {
    const alone = await verifyEvidenceOfMany(tasks, trustWithKey())
    const together = await verifyEvidenceOfMany(tasks, trustWithKey(), { program: PROGRAM, size: 2 })
    expect(tasks.length).toBeGreaterThan(PARALLEL_THRESHOLD)
    expect(together).toEqual(alone)
    const count = (pick: (one: (typeof alone)[number]) => readonly unknown[]) =>
      alone.reduce((sum, one) => sum + pick(one).length, 0)
    expect(count(({ accepted }) => accepted)).toBe(90)
    expect(count(({ refused }) => refused)).toBe(90)
  })

  it('starts no thread for a few', async () => {
    const nowhere = pathToFileURL(join(scratch, 'missing.mjs'))
    const few = tasks.slice(0, 10)
    expect(await verifyEvidenceOfMany(few, trustWithKey(), { program: nowhere, size: 2 })).toHaveLength(10)
  })

  it('stops when a thread cannot run, and takes nothing for verified', async () => {
    const nowhere = pathToFileURL(join(scratch, 'missing.mjs'))
    expect(await codeOf(() => verifyEvidenceOfMany(tasks, trustWithKey(), { program: nowhere, size: 2 }))).toBe(
      'INTERNAL_ERROR',
    )
  })

  it('stops when a thread dies on the way', async () => {
    const dying = join(scratch, 'dying.mjs')
    writeFileSync(
      dying,
      "import { parentPort } from 'node:worker_threads'\nlet n = 0\nparentPort.on('message', () => { if (++n > 0) process.exit(0) })\n",
    )
    expect(
      await codeOf(() => verifyEvidenceOfMany(tasks, trustWithKey(), { program: pathToFileURL(dying), size: 1 })),
    ).toBe('INTERNAL_ERROR')
  })

  it('stops when a thread answers for fewer targets than it was given', async () => {
    const lazy = join(scratch, 'lazy.mjs')
    writeFileSync(
      lazy,
      "import { parentPort } from 'node:worker_threads'\nparentPort.on('message', () => parentPort.postMessage({ kind: 'results', results: [] }))\n",
    )
    expect(
      await codeOf(() => verifyEvidenceOfMany(tasks, trustWithKey(), { program: pathToFileURL(lazy), size: 1 })),
    ).toBe('INTERNAL_ERROR')
  })

  it('stops with what a thread could not do without', async () => {
    const failing = join(scratch, 'failing.mjs')
    writeFileSync(
      failing,
      "import { parentPort } from 'node:worker_threads'\nparentPort.on('message', () => parentPort.postMessage({ kind: 'fault', code: 'TRUST_ROOT_UNAVAILABLE', message: 'x' }))\n",
    )
    expect(
      await codeOf(() => verifyEvidenceOfMany(tasks, trustWithKey(), { program: pathToFileURL(failing), size: 1 })),
    ).toBe('TRUST_ROOT_UNAVAILABLE')
  })

  it('tells a thread what to trust once, however much it is given', async () => {
    const counting = join(scratch, 'counting.mjs')
    writeFileSync(
      counting,
      "import { parentPort } from 'node:worker_threads'\nlet told = 0\nparentPort.on('message', (m) => { if (m.kind === 'trust') told++; else parentPort.postMessage({ kind: 'fault', code: 'INTERNAL_ERROR', message: 'told ' + told + ' times' }) })\n",
    )
    await expect(
      verifyEvidenceOfMany(tasks, trustWithKey(), { program: pathToFileURL(counting), size: 1 }),
    ).rejects.toThrow('told 1 times')
  })

  it('hands the same trust to a thread', () => {
    const trust = trustWithKey()
    const copy = unpackTrust(structuredClone(packTrust(trust)))
    expect(copy.roots.map(({ name, text, domain }) => ({ name, text, domain }))).toEqual(
      trust.roots.map(({ name, text, domain }) => ({ name, text, domain })),
    )
    expect(copy.keys.map(({ hint, source }) => ({ hint, source }))).toEqual([{ hint: '', source: 'key' }])
  })
})

describe('makeAnswerer', () => {
  it('answers with the code of what a target could not be judged without', () => {
    const untold = { ...tasks[0], trust: 7 }
    expect(makeAnswerer()({ kind: 'tasks', number: 3, tasks: [untold] })).toMatchObject({
      kind: 'fault',
      code: 'INTERNAL_ERROR',
    })
  })

  it('lets an error of the program through, which ends the thread and the run', () => {
    expect(() => makeAnswerer()({ kind: 'tasks', number: 1, tasks: [null] })).toThrow(TypeError)
  })
})

describe('startWorkerPool', () => {
  it('gives a thread neither the environment nor the arguments of the process', async () => {
    const program = join(scratch, 'spy.mjs')
    writeFileSync(
      program,
      "import { parentPort, workerData } from 'node:worker_threads'\nparentPort.on('message', (m) => parentPort.postMessage([m, workerData, Object.keys(process.env), process.argv.slice(2)]))\n",
    )
    const pool = startWorkerPool(pathToFileURL(program), 1)
    try {
      expect(await pool.ask('hello')).toEqual(['hello', undefined, [], []])
    } finally {
      await pool.close()
    }
  })
})
