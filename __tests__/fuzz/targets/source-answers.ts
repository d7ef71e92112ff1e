import { binaryTarget, documentTarget, type Target } from '../engine/target.ts'
import { type Recording, recordedWorld, replayed } from './recorded-world.ts'
import { QUESTIONS } from './source-questions.ts'

/** A question that needs more answers is covered by its first ones. */
const MAX_ANSWERS = 6

async function recordingOf(name: string): Promise<Recording> {
  const recording = (await recordedWorld()).recordings.get(name)
  if (recording === undefined) throw new Error(`nothing was recorded of ${name}`)
  return recording
}

/**
 * Each question, with one of its answers replaced by the input, at each place in turn. A source gives a value, whatever
 * a registry sends: nothing may be thrown.
 */
export const SOURCE_ANSWERS: readonly Target[] = QUESTIONS.map(({ name, ask, binary }) => {
  const make = binary === true ? binaryTarget : documentTarget
  return make(`source/${name.replace(' ', '-')}`, {
    covers: [],
    seeds: async () => {
      const bodies = [...(await recordingOf(name)).answers.values()].map(({ body }) => body)
      return [...new Map(bodies.map((body) => [Buffer.from(body).toString('latin1'), body])).values()]
    },
    throwsNothing: true,
    run: async (body: Uint8Array) => {
      const recording = await recordingOf(name)
      const results: unknown[] = []
      for (let at = 0; at < Math.min(recording.answers.size, MAX_ANSWERS); at++) {
        results.push(await ask(replayed(recording, at, body)))
      }
      return results
    },
    complain: (results) => (results.includes(undefined) && !name.endsWith('repository') ? 'gave no answer' : undefined),
  })
})
