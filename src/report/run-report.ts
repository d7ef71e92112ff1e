import type { JsonValue } from '../model/json.ts'
import type { ResourceDescriptor } from '../model/statement.ts'
import { escapeTerminal } from './escape.ts'
import type { ReportedAttestation, RunReport } from './run-document.ts'

export interface TextStyle {
  readonly color: boolean
  /** Paths below it are shown relative. */
  readonly cwd: string
}

/** What a person reads on stderr after their command: what was seen, what was signed, what is not proven. */
export function formatRun(report: RunReport, style: TextStyle): string {
  const paint = painter(style)
  const { recording, attested } = report
  const lines = [headline(report, paint), '']
  lines.push(...recording.resolvedDependencies.map((one) => `  in   ${formatDependency(one)}`))
  for (const { role, path, kind, digest, bytes } of recording.outputs) {
    lines.push(
      `  out  ${escapeTerminal(role)}: ${escapeTerminal(path)}  ${shortDigest(digest)}  ${kind}, ${size(bytes)}`,
    )
  }
  lines.push('', `  recording  ${shorten(report.recordingPath, style)}`)
  for (const one of attested) lines.push(...formatAttestation(one, style, paint))
  if (recording.limits.length > 0) {
    lines.push('', paint.dim('What this does not prove:'))
    for (const { code, message } of recording.limits) lines.push(paint.dim(`  ${code}: ${escapeTerminal(message)}`))
  }
  return lines.join('\n')
}

function headline({ recording, attested, exitCode }: RunReport, paint: Painter): string {
  if (recording.exit.code !== 0) {
    const how =
      recording.exit.signal === null ? `exited ${recording.exit.code}` : `was ended by ${recording.exit.signal}`
    return paint.red(`The command ${how}: nothing was signed. (exit ${exitCode})`)
  }
  if (attested.length === 0) return paint.bold('Recorded, not signed.')
  if (attested.some(({ pending }) => pending?.what === 'signature')) {
    return paint.yellow('NOT SIGNED YET: Sigstore could not be reached; the statement waits in the outbox.')
  }
  if (attested.some(({ refused }) => refused !== undefined)) return paint.red('Signed, and refused by a store.')
  if (attested.some(({ pending }) => pending !== undefined))
    return paint.yellow('Signed; the upload waits in the outbox.')
  return paint.green(
    attested.length === 1 ? 'Recorded and signed.' : `Recorded and signed: ${attested.length} statements.`,
  )
}

function formatAttestation(one: ReportedAttestation, style: TextStyle, paint: Painter): string[] {
  const lines: string[] = []
  if (one.bundlePath !== undefined) lines.push(`  bundle     ${shorten(one.bundlePath, style)}`)
  for (const { publisher, url, id } of one.published) {
    lines.push(`  ${publisher.padEnd(10)} ${escapeTerminal(url ?? id ?? 'stored')}`)
  }
  if (one.refused !== undefined) {
    lines.push(paint.red(`  refused    ${one.refused.code}: ${escapeTerminal(one.refused.message)}`))
    if (one.refused.hint !== undefined) lines.push(`  hint       ${escapeTerminal(one.refused.hint)}`)
  }
  if (one.pending !== undefined) {
    lines.push(paint.yellow(`  waiting    ${shorten(one.pending.path, style)} (${one.pending.code})`))
  }
  return lines
}

/** Role, name and digest of one input. */
export function formatDependency({ name, uri, digest, annotations }: ResourceDescriptor): string {
  const role = textOf(annotations?.role) ?? 'input'
  return `${escapeTerminal(role)}: ${escapeTerminal(name ?? uri ?? '?', 100)}  ${shortDigest(digest ?? {})}`
}

/** The first strong digest, cut for the eye: `sha256:ba891046e650…`. */
export function shortDigest(digest: Readonly<Record<string, string>>): string {
  const name = ['sha256', 'sha512', 'gitCommit', 'sha384'].find((algorithm) => digest[algorithm] !== undefined)
  return name === undefined ? 'no digest' : `${name}:${(digest[name] ?? '').slice(0, 16)}…`
}

export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 'B'
  for (const next of units) {
    if (value < 1000) break
    value /= 1000
    unit = next
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`
}

export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function shorten(path: string, { cwd }: TextStyle): string {
  return escapeTerminal(path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path)
}

export type Painter = Readonly<Record<'red' | 'green' | 'yellow' | 'bold' | 'dim', (text: string) => string>>

/** Colours, or none. */
export function painter({ color }: { readonly color: boolean }): Painter {
  const wrap = (code: number) => (text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text)
  return { red: wrap(31), green: wrap(32), yellow: wrap(33), bold: wrap(1), dim: wrap(2) }
}
