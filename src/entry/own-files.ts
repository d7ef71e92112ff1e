import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readFileBytes } from '../io/files.ts'
import { CleanbillError } from '../model/error.ts'

const LIST = 'SHA256SUMS'
/** The verifier of the gate's threads: a file of its own, so the one that is worth swapping. */
const WORKER = 'verify-worker.mjs'

/**
 * Are the files of this program those of one build? A half-replaced installation, a file that an earlier step of the job or
 * a restored cache has put there, would judge otherwise than the release does, in the release's name (T-AC-09).
 *
 * It says nothing of whoever can replace all of them: what is changed here can leave out this very check, or bring its
 * own list. Against a moved tag stands the pin in the workflow, against another release who signed it.
 *
 * @param program URL of the file that is running
 * @throws {CleanbillError} `PROGRAM_CHANGED`, also where there is no list
 */
export async function checkOwnFiles(program: string): Promise<void> {
  const listed = new Map(parseList(await readOwn(program, LIST)))
  for (const name of new Set([...listed.keys(), WORKER, basename(fileURLToPath(program))])) {
    const sha256 = createHash('sha256')
      .update(await readOwn(program, name))
      .digest('hex')
    if (sha256 !== listed.get(name)) throw changed(`${name} is not the file that ${LIST} names`)
  }
}

/** As `sha256sum` writes it: digest, two spaces, name. Whatever else stands there names nothing. */
function parseList(bytes: Uint8Array): [string, string][] {
  const lines = Buffer.from(bytes).toString('utf8').split('\n')
  return lines.flatMap((line): [string, string][] => {
    const [, sha256, name] = /^([0-9a-f]{64}) {2}([\w.-]+)$/.exec(line) ?? []
    return sha256 === undefined || name === undefined ? [] : [[name, sha256]]
  })
}

async function readOwn(program: string, name: string): Promise<Uint8Array> {
  try {
    return await readFileBytes(fileURLToPath(new URL(name, program)))
  } catch (cause) {
    throw changed(`${name} is not there or cannot be read`, cause)
  }
}

function changed(why: string, cause?: unknown): CleanbillError {
  return new CleanbillError('PROGRAM_CHANGED', `the files of this program do not belong together: ${why}`, {
    cause,
    hint: 'Nothing was verified. Install it anew, and look at who can write to that folder.',
  })
}
