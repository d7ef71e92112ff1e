import type { JsonObject } from '../model/json.ts'
import { schemaUri } from '../model/uris.ts'
import { escapeTerminal } from './escape.ts'
import { type ReportedAttestation, toAttestationEntry } from './run-document.ts'
import { painter, shortDigest, type TextStyle } from './run-report.ts'

/** The `--json` document of `attest`. */
export function toAttestDocument(attested: readonly ReportedAttestation[], exitCode: number): JsonObject {
  return {
    schema: schemaUri('attest-v1'),
    exitCode,
    signed: attested.every(({ bundlePath }) => bundlePath !== undefined),
    pending: attested.some(({ pending }) => pending !== undefined),
    attestations: attested.map(toAttestationEntry),
  }
}

/** What `attest` prints for people. */
export function formatAttested(attested: readonly ReportedAttestation[], style: TextStyle): string {
  const paint = painter(style)
  return attested
    .flatMap(({ statement, bundlePath, published, pending, refused }) => [
      bundlePath === undefined ? paint.yellow('NOT SIGNED YET') : paint.green('Signed'),
      ...statement.subject.map(({ name, digest }) => `  ${escapeTerminal(name ?? '?')}  ${shortDigest(digest)}`),
      ...(bundlePath === undefined ? [] : [`  bundle  ${escapeTerminal(bundlePath)}`]),
      ...published.map(({ publisher, url, id }) => `  ${publisher}  ${escapeTerminal(url ?? id ?? 'stored')}`),
      ...(refused === undefined
        ? []
        : [
            paint.red(`  refused ${refused.code}: ${escapeTerminal(refused.message)}`),
            `  hint    ${escapeTerminal(refused.hint ?? '')}`,
          ]),
      ...(pending === undefined ? [] : [paint.yellow(`  waiting ${escapeTerminal(pending.path)} (${pending.code})`)]),
    ])
    .join('\n')
}
