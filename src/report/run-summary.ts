import type { ResourceDescriptor } from '../model/statement.ts'
import { escapeMarkdown, markdownCode } from './escape.ts'
import type { RunReport } from './run-document.ts'
import { shortDigest, size, textOf } from './run-report.ts'

/** GitHub refuses a summary over 1 MiB; long tables are cut and say so. */
const MAX_ROWS = 100

/** The job summary: what came out and is signed, what flowed in, what is not proven, how to verify it. */
export function formatRunSummary(report: RunReport, repository: string | undefined): string {
  const { recording } = report
  return [
    `## ${headline(report)}`,
    '',
    facts(report),
    '',
    ...section('What came out', outputs(report)),
    ...section('What flowed in', inputs(recording.resolvedDependencies)),
    ...refusals(report),
    ...pending(report),
    ...howToVerify(report, repository),
    ...limits(report),
  ].join('\n')
}

function headline({ recording, attested }: RunReport): string {
  if (recording.exit.code !== 0) return '❌ The command failed: nothing was signed'
  if (attested.length === 0) return '📝 Recorded, not signed'
  if (attested.some(({ refused }) => refused !== undefined)) return '⚠️ Signed, and refused by a store'
  if (attested.some(({ pending: waiting }) => waiting !== undefined))
    return '⏳ Not finished: Sigstore or the store was down'
  return '✅ Clean bill: recorded and signed'
}

function facts({ recording, exitCode }: RunReport): string {
  const seconds = Math.max(0, (Date.parse(recording.finishedOn) - Date.parse(recording.startedOn)) / 1000)
  const parts = [`kind **${recording.kind}**`, `command ran **${duration(seconds)}**`, `exit code **${exitCode}**`]
  return parts.join(' · ')
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

function outputs({ recording, attested }: RunReport): string[] {
  if (recording.outputs.length === 0) return []
  const links = attested.flatMap(({ published }) =>
    published.flatMap(({ url }) => (url?.startsWith('https://') ? [url] : [])),
  )
  const rows = recording.outputs.slice(0, MAX_ROWS).map(({ role, path, digest, bytes }) => {
    return `| ${escapeMarkdown(role)} | ${markdownCode(path)} | ${markdownCode(shortDigest(digest))} | ${size(bytes)} |`
  })
  const attestation = links.length === 0 ? [] : ['', ...links.map((url) => `[Attestation](${encodeURI(url)})`)]
  return [
    '| role | name | digest | size |',
    '|---|---|---|---|',
    ...rows,
    ...cut(recording.outputs.length),
    ...attestation,
  ]
}

function inputs(dependencies: readonly ResourceDescriptor[]): string[] {
  if (dependencies.length === 0) return []
  const rows = dependencies.slice(0, MAX_ROWS).map(({ name, uri, digest, annotations }) => {
    const role = escapeMarkdown(textOf(annotations?.role) ?? 'input')
    const state = escapeMarkdown(textOf(annotations?.state) ?? '')
    return `| ${role} | ${markdownCode(name ?? uri ?? '?')} | ${markdownCode(shortDigest(digest ?? {}))} | ${state} |`
  })
  return ['| role | name | digest | state |', '|---|---|---|---|', ...rows, ...cut(dependencies.length)]
}

function cut(length: number): string[] {
  return length > MAX_ROWS ? ['', `… and ${length - MAX_ROWS} more in the bundle.`] : []
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`### ${title}`, '', ...lines, '']
}

function refusals({ attested }: RunReport): string[] {
  const refused = attested.flatMap(({ refused: one }) => (one === undefined ? [] : [one]))
  const lines = refused.map(({ code, message, hint }) => {
    return `- ${markdownCode(code)} ${escapeMarkdown(message)} ${escapeMarkdown(hint ?? '', 1000)}`
  })
  return section('Not stored', lines)
}

function pending({ attested }: RunReport): string[] {
  const waiting = attested.flatMap(({ pending: one }) => (one === undefined ? [] : [one]))
  const lines = waiting.map(({ what, sha256, code }) => {
    return `- ${what} of ${markdownCode(`sha256:${sha256}`)} waits (${escapeMarkdown(code)}). Keep the outbox folder and run \`cleanbill sign --outbox\`.`
  })
  return section('Waiting in the outbox', lines)
}

function howToVerify({ recording, attested }: RunReport, repository: string | undefined): string[] {
  const output = recording.outputs[0]
  if (
    output === undefined ||
    repository === undefined ||
    !attested.some(({ bundlePath }) => bundlePath !== undefined)
  ) {
    return []
  }
  const type = output.kind === 'directory' ? ' --predicate-type https://slsa.dev/provenance/v1' : ''
  const command = `cleanbill verify '${output.path.replace(/[^\w./@:+-]/g, '?')}' --bundle attestation.json --repo ${repository}${type}`
  return section('Verify it', ['```sh', command, '```'])
}

function limits({ recording }: RunReport): string[] {
  if (recording.limits.length === 0) return []
  const rows = recording.limits.map(({ code, message }) => `- ${markdownCode(code)} ${escapeMarkdown(message)}`)
  const title = `What this does not prove (${recording.limits.length})`
  return [`<details><summary>${title}</summary>`, '', ...rows, '', '</details>', '']
}
