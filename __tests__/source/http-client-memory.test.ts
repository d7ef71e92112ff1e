import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, describe, expect, it } from 'vitest'
import { realHost, serve, testClient } from '../support/evidence-server.ts'

setFlagsFromString('--expose-gc')
// Sound: that is what the flag adds to a new context.
const collect = runInNewContext('gc') as () => void

/** Bytes that bodies hold, when what nobody can reach is gone. */
const held = () => {
  collect()
  collect()
  return process.memoryUsage().arrayBuffers
}

const BODY = Buffer.alloc(50_000, '{"a":1}')
const server = await serve(() => ({ body: BODY }))
afterAll(() => server.close())

describe('3,000 answers of 50 kB', () => {
  it.each(['fetch', 'stream'] as const)('leave nothing behind once they were used: %s', async (way) => {
    const client = testClient(server.url, { host: realHost() })
    const before = held()
    let number = 0
    let bytes = 0
    const worker = async () => {
      while (number < 3_000) {
        // Each is asked twice at once: two questions that share an answer must not keep it either.
        const url = `${server.url}/${way}/${number++}`
        if (way === 'fetch') {
          const answers = await Promise.all([
            client.fetch({ source: 'npm', url }),
            client.fetch({ source: 'npm', url }),
          ])
          for (const answer of answers) if (answer.kind === 'answer') bytes += answer.body.length
        } else {
          await client.stream({ source: 'npm', url }, async (chunks) => {
            for await (const chunk of chunks) bytes += chunk.length
          })
        }
      }
    }
    await Promise.all(Array.from({ length: 32 }, worker))
    expect(bytes).toBe(3_000 * BODY.length * (way === 'fetch' ? 2 : 1))
    expect(held() - before).toBeLessThan(5_000_000)
  })
})
