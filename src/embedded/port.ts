import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { readFileBytes, writeFileAtomic } from '../io/files.ts'
import { http } from '../io/http.ts'
import { CleanbillError, isCleanbillError } from '../model/error.ts'
import type { State } from './state.ts'

const PORT_FILE = 'port'

/** The port of the last start, if there was one. */
export async function readPort(stateDir: string): Promise<number | undefined> {
  try {
    const text = Buffer.from(await readFileBytes(join(stateDir, PORT_FILE), 16)).toString('latin1')
    const port = Number(text)
    return Number.isInteger(port) && port > 0 && port < 65536 ? port : undefined
  } catch (error) {
    if (isCleanbillError(error) && error.code === 'FILE_NOT_FOUND') return undefined
    throw error
  }
}

/** Remembered, so that signing configs given out stay right after a restart. */
export async function writePort(stateDir: string, port: number): Promise<void> {
  await writeFileAtomic(join(stateDir, PORT_FILE), `${port}\n`, 0o600)
}

/** Two servers on one state would give two entries one index. */
export async function requireUnserved(port: number, state: State): Promise<void> {
  // Nobody there, or another program: either way not this state.
  const answer = await http({ url: `http://127.0.0.1:${port}/instance`, timeoutMs: 2_000, maxBytes: 64 })
    .then((response) => (response.status === 200 ? Buffer.from(response.body).toString('latin1') : undefined))
    .catch(() => undefined)
  if (answer === state.instance) {
    throw new CleanbillError('ARGUMENT_INVALID', `this state is being served already, on port ${port}`, {
      hint: 'Use the running one, stop it, or name another state folder.',
    })
  }
}

/**
 * Binds to 127.0.0.1.
 *
 * @param wanted 0: the remembered port if it is free, else any
 * @throws {CleanbillError} `ARGUMENT_INVALID`
 */
export async function listen(
  server: Server,
  wanted: number,
  remembered: number | undefined,
  log: (line: string) => void,
): Promise<number> {
  if (wanted === 0 && remembered !== undefined) {
    try {
      return await listenOn(server, remembered)
    } catch {
      log(`port ${remembered} of the last start is taken; the signing configs are written anew`)
    }
  }
  try {
    return await listenOn(server, wanted)
  } catch (cause) {
    throw new CleanbillError('ARGUMENT_INVALID', `cannot listen on port ${wanted}: ${(cause as Error).message}`, {
      cause,
      hint: 'Name another port, or 0 for any.',
    })
  }
}

function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(error)
    server.once('error', failed)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.off('error', failed)
      // A TCP server's address is never a string (that is for pipes).
      resolve((server.address() as AddressInfo).port)
    })
  })
}
