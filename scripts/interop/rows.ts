import { mkdir, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { CASES, type CaseId, makeQuestions } from './cases.ts'
import { type Exception, exceptionFor } from './exceptions.ts'
import type { Judge, Question } from './judges.ts'
import type { Signer } from './signers.ts'
import { messageOf, type Station } from './stations.ts'
import type { Cell, Row } from './table.ts'
import { IDENTITY } from './workspace.ts'

/** A judge, or why its column is empty. */
export type Seat = { readonly judge: Judge } | { readonly name: string; readonly skipped: string }

/** Has one signer sign through one service, and every judge answer every question about it. */
export async function rowsOf(
  signer: Signer,
  station: Station,
  seats: readonly Seat[],
  folder: string,
): Promise<readonly Row[]> {
  const title = `${signer.title} → ${station.title}`
  const all = (cell: Cell) => Object.fromEntries(CASES.map(({ id }) => [id, cell])) as Record<CaseId, Cell>
  const every = (cell: Cell) => seats.map((seat) => rowOf(title, seat, all(cell)))
  const skipped = signer.skipped ?? ('skipped' in station ? station.skipped : undefined)
  if (skipped !== undefined) return every({ state: 'skipped', reason: skipped })
  if (!('service' in station)) {
    return every({ state: 'failed', word: 'NOT SIGNED', said: 'broken' in station ? station.broken : '' })
  }
  const { service } = station
  const name = title.replaceAll(/[^A-Za-z0-9]+/g, '-').toLowerCase()
  let questions: Readonly<Record<CaseId, Question>>
  try {
    const signed = await signer.sign(service, name)
    await requireEvidence(signed.bundle, station.rekor)
    const good = { ...signed, trust: service.trust, identity: IDENTITY }
    await mkdir(join(folder, name), { recursive: true })
    questions = await makeQuestions({ ...good, issuer: service.issuerName }, join(folder, name))
  } catch (error) {
    return every({ state: 'failed', word: 'NOT SIGNED', said: `${title}: ${messageOf(error)}` })
  }
  const rows: Row[] = []
  for (const seat of seats) {
    if ('judge' in seat) {
      const cells = await askAll(seat.judge, questions, exceptionFor(signer.title, seat.judge.name))
      rows.push(rowOf(title, seat, cells))
    } else rows.push(rowOf(title, seat, all({ state: 'skipped', reason: seat.skipped })))
  }
  return rows
}

const ENTRY_KINDS = { 1: 'dsse 0.0.1', 2: 'hashedrekord 0.0.2' } as const

/** A row that says Rekor v2 must not have been signed through v1; and either has a timestamp beside the log entry. */
async function requireEvidence(bundle: string, rekor: 1 | 2): Promise<void> {
  const { verificationMaterial } = JSON.parse(await readFile(bundle, 'utf8')) as {
    verificationMaterial?: {
      tlogEntries?: { kindVersion: { kind: string; version: string } }[]
      timestampVerificationData?: { rfc3161Timestamps?: unknown[] }
    }
  }
  const kinds = verificationMaterial?.tlogEntries?.map(
    ({ kindVersion }) => `${kindVersion.kind} ${kindVersion.version}`,
  )
  const timestamps = verificationMaterial?.timestampVerificationData?.rfc3161Timestamps?.length ?? 0
  if (kinds?.join() !== ENTRY_KINDS[rekor] || timestamps !== 1) {
    throw new Error(
      `expected one ${ENTRY_KINDS[rekor]} entry and one timestamp, got ${kinds?.join()} and ${timestamps}`,
    )
  }
}

function rowOf(signer: string, seat: Seat, cells: Record<CaseId, Cell>): Row {
  if (!('judge' in seat)) return { signer, verifier: seat.name, cells }
  const { name, version, footnote } = seat.judge
  return { signer, verifier: `${name} ${version}`, cells, ...(footnote === undefined ? {} : { footnote }) }
}

async function askAll(
  judge: Judge,
  questions: Readonly<Record<CaseId, Question>>,
  exception: Exception | undefined,
): Promise<Record<CaseId, Cell>> {
  const answers: [CaseId, Cell][] = []
  const waiting = CASES.map(({ id }) => id)
  const worker = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      answers.push([id, await askOne(judge, id, questions[id], exception)])
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  // Every case has been answered: the workers end when none is waiting.
  return Object.fromEntries(answers) as Record<CaseId, Cell>
}

async function askOne(judge: Judge, id: CaseId, question: Question, exception: Exception | undefined): Promise<Cell> {
  const verdict = await judge.ask(question)
  if (verdict.accepted) {
    if (id === 'good' && exception === undefined) return { state: 'passed', word: 'accepted' }
    const said = id === 'good' ? `known to be refused, now accepted: ${exception?.why}` : 'should have been refused'
    return { state: 'failed', word: 'ACCEPTED', said }
  }
  const { reason } = verdict
  // What is refused as signed is refused for the same reason however it is changed, or for the change.
  if (exception?.says.test(reason)) return { state: 'passed', word: 'refused', note: exception.why }
  if (id === 'good') return { state: 'failed', word: 'REFUSED', said: `should have been accepted: ${reason}` }
  if (judge.refusals[id].test(reason)) return { state: 'passed', word: 'refused', said: reason }
  return { state: 'failed', word: 'REFUSED?', said: `refused, but not for this reason: ${reason}` }
}
