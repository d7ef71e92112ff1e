// First of all imports: it replaces this process by one without tokens, before anything else is loaded.

import { measureExposure } from '../../io/exposure.ts'
import { runTool } from '../../io/process.ts'
import { formatAnnotations } from '../../report/annotations.ts'
import { formatAttested } from '../../report/attest-report.ts'
import { escapeCommandData } from '../../report/escape.ts'
import type { SourceView } from '../../report/gate-markdown.ts'
import { formatGate } from '../../report/gate-report.ts'
import { formatGateSummary } from '../../report/gate-summary.ts'
import { formatRun } from '../../report/run-report.ts'
import { formatRunSummary } from '../../report/run-summary.ts'
import { appendRunnerFile } from '../append-runner-file.ts'
import { errorDocument, exitCodeOf, formatPlace } from '../exit-codes.ts'
import { makeLog } from '../log.ts'
import { makeHost } from '../make-host.ts'
import { makeWorld } from '../make-world.ts'
import { checkOwnFiles } from '../own-files.ts'
import { CARRIED } from './carried.ts'
import type { GatedStep } from './gate.ts'
import { readInputs } from './inputs.ts'
import { type ActionResult, runAction } from './main.ts'
import { OUTPUTS, setOutput } from './outputs.ts'

const { env } = CARRIED
/** Did the last of the command's output end its line? What we say next is a line of its own, or no workflow command. */
let lineOpen = false
const say = (text: string) => {
  process.stdout.write(`${lineOpen ? '\n' : ''}${text}\n`)
  lineOpen = false
}
const log = makeLog({
  stream: process.stdout,
  terminal: false,
  quiet: false,
  debug: env.RUNNER_DEBUG === '1',
  monotonic: () => performance.now(),
  warn: (message) => say(`::warning title=Cleanbill::${escapeCommandData(message)}`),
})
const write = (stream: NodeJS.WriteStream) => (chunk: Uint8Array) =>
  new Promise<void>((done) => {
    if (stream === process.stdout && chunk.length > 0) lineOpen = chunk[chunk.length - 1] !== 0x0a
    stream.write(chunk, () => done())
  })

// A reader that is gone must not end the command. Each write is told by its own callback.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.exitCode = await main()
// A keep-alive connection or a command's daemon must not hold the step: everything has been written by now.
process.stdout.write('', () => process.exit())

async function main(): Promise<number> {
  try {
    await checkOwnFiles(import.meta.url)
    const inputs = readInputs(env)
    const host = makeHost(CARRIED, log)
    // The identity token is not masked but never printed: after the command the runner may have stopped to listen
    // (`::stop-commands::` in the command's output), and the masking line itself would show it.
    const token = inputs.text('github-token')
    if (token !== '') say(`::add-mask::${escapeCommandData(token)}`)
    const world = await makeWorld(host)
    const exposure = [...CARRIED.limits, ...(await measureExposure({ ...host, uid: process.getuid?.(), runTool }))]
    const result = await runAction({
      world,
      inputs,
      log,
      exposure,
      setOutput: (name, value) => setOutput(env.GITHUB_OUTPUT, name, value),
      io: { stdin: 'ignore', onStdout: write(process.stdout), onStderr: write(process.stderr), onSignal },
    })
    report(result, world.github?.repository, inputs.flag('show-summary'))
    for (const { refused } of result.attested) if (refused !== undefined) annotate(refused)
    if (result.run !== undefined && result.run.recording.exit.code !== 0) {
      say(`::error title=Cleanbill::The command failed (exit ${result.exitCode}): nothing was signed`)
    }
    return result.exitCode
  } catch (error) {
    annotate(error)
    disown()
    return exitCodeOf(error)
  }
}

function annotate(error: unknown): void {
  const document = errorDocument(error)
  const { code, hint } = document
  const message = `${formatPlace(document)}${document.message}`
  say(`::error title=Cleanbill ${code}::${escapeCommandData(hint === null ? message : `${message}\n${hint}`)}`)
}

/** The command knows `GITHUB_OUTPUT` too: what it claimed in our name (`signed=true`) must not stand after a failure. */
function disown(): void {
  try {
    for (const { name } of OUTPUTS) {
      setOutput(env.GITHUB_OUTPUT, name, name === 'signed' || name === 'pending' ? 'false' : '')
    }
  } catch (error) {
    log.warn(`the outputs of the step cannot be written: ${(error as Error).message}`)
  }
}

function report(result: ActionResult, repository: string | undefined, summary: boolean): void {
  const { gate, run, attested, exitCode } = result
  const style = { color: false, cwd: process.cwd() }
  const pages: string[] = []
  if (gate !== undefined) {
    const { verdict, meta } = gate.result
    for (const line of formatGate(verdict, meta, { color: false, verbose: false }).split('\n')) say(line)
    for (const annotation of formatAnnotations(verdict, gate.folder)) say(annotation)
    pages.push(formatGateSummary(verdict, meta, sourceView(gate, repository)))
  }
  if (run !== undefined) {
    const parts = { ...run, exitCode }
    say(formatRun(parts, style))
    pages.push(formatRunSummary(parts, repository))
  } else if (gate === undefined || attested.length > 0) say(formatAttested(attested, style))
  const file = env.GITHUB_STEP_SUMMARY
  if (!summary || !file) return
  try {
    for (const page of pages) appendRunnerFile(file, `${page}\n`)
  } catch (error) {
    // The verdict does not depend on a summary that cannot be written (T-AC-19).
    log.warn(`the job summary cannot be written: ${(error as Error).message}`)
  }
}

/** Links of the summary lead to the judged commit. */
function sourceView({ folder, commit }: GatedStep, repository: string | undefined): SourceView | undefined {
  const server = env.GITHUB_SERVER_URL
  if (server === undefined || repository === undefined || commit === undefined) return undefined
  return { server, repository, commit, folder }
}

function onSignal(listener: (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => void): () => void {
  const handlers = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => ({
    signal,
    call: () => listener(signal),
  }))
  for (const { signal, call } of handlers) process.on(signal, call)
  return () => {
    for (const { signal, call } of handlers) process.off(signal, call)
  }
}
