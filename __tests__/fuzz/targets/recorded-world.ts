import { readFileSync } from 'node:fs'
import type { WorldDescription } from '../../../src/embedded/world/description.ts'
import { type Http, type HttpRequest, type HttpResponse, http, makeHeaders } from '../../../src/io/http.ts'
import { CleanbillError } from '../../../src/model/error.ts'
import { makeEvidenceClient } from '../../../src/source/http-client.ts'
import type { SourceSession } from '../../../src/source/source.ts'
import { piecesOf } from '../../support/plain-client.ts'
import { testHost } from '../../support/test-host.ts'
import { startTestWorld, type TestWorld, worldClock } from '../../support/world.ts'
import { QUESTIONS, WORLD } from './source-questions.ts'

/** What one question was answered with, by what was sent, in the order it was asked. */
export interface Recording {
  readonly answers: ReadonlyMap<string, HttpResponse>
  readonly world: Pick<TestWorld, 'origins' | 'token'>
}

export interface RecordedWorld {
  readonly recordings: ReadonlyMap<string, Recording>
  /** The text of each trusted root. */
  readonly roots: readonly string[]
}

let recorded: Promise<RecordedWorld> | undefined

/** Every question is asked once of the simulated world, which enforces the real protocols; after that no port is open. */
export function recordedWorld(): Promise<RecordedWorld> {
  recorded ??= record(WORLD)
  return recorded
}

async function record(description: WorldDescription): Promise<RecordedWorld> {
  const world = await startTestWorld(description)
  try {
    const recordings = new Map<string, Recording>()
    for (const { name, ask } of QUESTIONS) {
      const answers = new Map<string, HttpResponse>()
      await ask(sessionOf(recording(answers), world))
      if (![...answers.values()].some(({ status }) => status < 300)) throw new Error(`nothing answered ${name}`)
      recordings.set(name, { answers, world: { origins: world.origins, token: world.token } })
    }
    const roots = [world.trustedRootPath, world.githubTrustedRootPath].map((path) => readFileSync(path, 'utf8'))
    return { recordings, roots }
  } finally {
    await world.close()
  }
}

/** A run's session with the real client, over another transport. */
function sessionOf(transport: Http, { origins, token }: Recording['world']): SourceSession {
  return {
    client: makeEvidenceClient({
      http: transport,
      stream: async (request) => {
        const { body, ...answer } = await transport(request)
        return { ...answer, body: piecesOf(body, 4_096), discard: async () => undefined }
      },
      host: testHost('/', worldClock),
      origins,
      credentials: ['github', 'github-blobs'].map((name) => ({
        origin: origins[name] ?? '',
        header: `Bearer ${token}`,
      })),
      offline: false,
      random: () => 0.5,
      attempts: 1,
    }),
    origin: (name) => origins[name] ?? `https://${name.replace(/^oci:/, '')}`,
    now: worldClock,
    repositoriesOf: () => ['acme/app'],
  }
}

const keyOf = ({ method = 'GET', url, headers = {}, body = '' }: HttpRequest): string =>
  [method, url, headers.authorization ?? '', headers.range ?? '', Buffer.from(body).toString('utf8')].join(' ')

const recording =
  (answers: Map<string, HttpResponse>): Http =>
  async (request) => {
    const answer = await http(request)
    answers.set(keyOf(request), answer)
    return answer
  }

/**
 * A session in which everything is answered as it was recorded, but for one answer, whose body is another.
 *
 * @param at number of the answer
 */
export function replayed({ answers, world }: Recording, at: number, body: Uint8Array): SourceSession {
  const changed = [...answers.keys()][at]
  return sessionOf(async (request) => {
    const key = keyOf(request)
    const answer = answers.get(key)
    if (answer === undefined) return { status: 404, headers: makeHeaders(), body: new Uint8Array() }
    if (key !== changed) return answer
    if (body.length > (request.maxBytes ?? Number.POSITIVE_INFINITY)) {
      throw new CleanbillError('LIMIT_EXCEEDED', 'the answer is too large')
    }
    return { ...answer, body }
  }, world)
}
