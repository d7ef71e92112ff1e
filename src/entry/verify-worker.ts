import { parentPort } from 'node:worker_threads'
import { makeAnswerer } from '../verify/verify-parallel.ts'

// The ASN.1 reader of the library throws to find out whether a string holds more of the kind, some dozen times a
// certificate. A stack trace for each costs as much as a signature.
Error.stackTraceLimit = 0

/** One thread of the verifier: trust once, then a message a batch of evidence. */
const answer = makeAnswerer()
parentPort?.on('message', (message: unknown) => {
  const said = answer(message)
  if (said !== undefined) parentPort?.postMessage(said)
})
