import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Limit } from '../../model/error.ts'
import type { JsonObject } from '../../model/json.ts'
import { createMasker } from '../masker.ts'
import { type RecordContext, type Recorder, settled } from '../recorder.ts'

/** A longer script is named by its digest. */
const MAX_SCRIPT_CHARACTERS = 64 * 1024

const MASKED: Limit = {
  code: 'COMMAND_MASKED',
  message: 'the command held values of secrets; the recording shows *** in their place',
}

/** What was run and what for, as the caller wrote it, known secrets masked. */
export const commandRecorder: Recorder = {
  id: 'command',
  async start(context) {
    const masker = createMasker(context.host.env)
    const written = commandOf(context)
    const command = masker.json(written)
    const masked = JSON.stringify(command) !== JSON.stringify(written)
    return settled({
      externalParameters: { kind: context.kind, command: shorten(command) },
      limits: masked ? [MASKED] : [],
    })
  },
}

function commandOf({ argv, shell }: RecordContext): JsonObject {
  // The script's file is a temporary one: its text is what the caller chose, and which program read it.
  if (shell !== undefined) return { script: shell, shell: basename(argv[0] ?? '') }
  return { argv }
}

function shorten(command: JsonObject): JsonObject {
  const { script, ...rest } = command
  if (typeof script !== 'string' || script.length <= MAX_SCRIPT_CHARACTERS) return command
  // Of the masked text: the digest of a script with a short secret would let anybody guess the secret.
  return { ...rest, scriptSha256: createHash('sha256').update(script).digest('hex') }
}
