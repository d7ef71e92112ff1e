import { open, readFile, writeFile } from 'node:fs/promises'

/**
 * Changes one byte of a file, in place, while `action` runs.
 *
 * @param position from the start; default: the middle of the file
 */
export async function withChangedByte<T>(path: string, action: () => Promise<T>, position?: number): Promise<T> {
  const at = position ?? Math.floor((await readFile(path)).length / 2)
  await flip(path, at)
  try {
    return await action()
  } finally {
    await flip(path, at)
  }
}

/** Changes one byte of what the envelope signs, at the end of `marker`, while `action` runs. Signature and log entry stay. */
export async function withChangedPayload<T>(bundle: string, marker: string, action: () => Promise<T>): Promise<T> {
  const original = await readFile(bundle)
  const parsed = JSON.parse(original.toString('utf8')) as { dsseEnvelope: { payload: string } }
  const payload = Buffer.from(parsed.dsseEnvelope.payload, 'base64')
  const at = payload.indexOf(marker)
  if (at < 0) throw new Error(`the payload does not hold ${marker}`)
  // The last byte of the marker, a digit, becomes another one: the JSON stays well-formed.
  const last = at + marker.length - 1
  payload[last] = payload[last] === 0x30 ? 0x31 : 0x30
  parsed.dsseEnvelope.payload = payload.toString('base64')
  await writeFile(bundle, JSON.stringify(parsed))
  try {
    return await action()
  } finally {
    await writeFile(bundle, original)
  }
}

async function flip(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, position)
    byte[0] = (byte[0] ?? 0) ^ 1
    await file.write(byte, 0, 1, position)
  } finally {
    await file.close()
  }
}
