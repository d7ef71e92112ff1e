import { createHash } from 'node:crypto'
import type { JsonObject } from '../model/json.ts'
import { RULES, type RuleId } from '../model/rules.ts'
import { PROJECT_URI } from '../model/uris.ts'
import type { Finding, JudgedDependency, Verdict } from '../model/verdict.ts'
import { escapeSarif } from './escape.ts'
import { encodePath, joinPath } from './gate-markdown.ts'
import { nameOf, urgencyOf, waiverWords } from './group-findings.ts'
import { FINDINGS_PAGE, grouped, headline, ruleDocs, STATE_WORDS } from './words.ts'

/** GitHub refuses a file with more results in one run. */
const MAX_RESULTS = 25_000

export interface SarifOptions {
  /** Of cleanbill. */
  readonly version: string
  /** Path of the judged folder from the root of the repository; `` for the root itself. */
  readonly folder: string
  /** Tells several gates of one repository apart (`cleanbill/frontend`). */
  readonly category?: string | undefined
}

/**
 * SARIF 2.1.0 for GitHub code scanning and other viewers: one result for each finding, worst first, on the line that
 * brought the dependency in.
 */
export function toSarif(verdict: Verdict, { version, folder, category }: SarifOptions): JsonObject {
  const names = new Map(verdict.dependencies.map((one) => [one.id, nameOf(one)]))
  const fingerprint = fingerprints()
  const results = [
    ...verdict.findings.map((finding) => () => toResult(finding, names, folder, fingerprint(finding))),
    ...verdict.dependencies.filter(isSilentlyWaived).map((one) => () => toWaivedResult(one, folder, fingerprint)),
  ]
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Cleanbill',
            semanticVersion: version,
            informationUri: PROJECT_URI,
            rules: RULES.map(({ id, about }) => toRule(id, about)),
          },
        },
        ...(category === undefined ? {} : { automationDetails: { id: `${category}/` } }),
        originalUriBaseIds: { '%SRCROOT%': { description: { text: 'The root of the repository' } } },
        columnKind: 'utf16CodeUnits',
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: cutNotice(results.length) }],
        results: results.slice(0, MAX_RESULTS).map((make) => make()),
      },
    ],
  }
}

function toRule(id: RuleId, about: string): JsonObject {
  const help = `${sentence(about)} ${ruleDocs(id)}`
  return {
    id,
    shortDescription: { text: sentence(about) },
    fullDescription: { text: sentence(about) },
    help: { text: help, markdown: `${sentence(about)} [The rule](${ruleDocs(id)}), [what to do](${FINDINGS_PAGE})` },
    helpUri: ruleDocs(id),
    defaultConfiguration: { level: 'error' },
    properties: { tags: ['security', 'supply-chain'] },
  }
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

const LEVELS = { fail: 'error', warn: 'warning', unusual: 'note', unknown: 'note', note: 'note' } as const

function toResult(
  finding: Finding,
  names: ReadonlyMap<string, string>,
  folder: string,
  fingerprint: string,
): JsonObject {
  const { rule, level, outcome, code, message, hint, dependency, file, line, waiver } = finding
  const who = dependency === undefined ? '' : `${names.get(dependency) ?? dependency}: `
  const text = [`${headline(finding)} (${code}).`, `${who}${message}`, ...(hint === undefined ? [] : [hint])]
  return {
    ruleId: rule,
    ruleIndex: indexOf(rule),
    level: LEVELS[urgencyOf(finding)],
    message: { text: escapeSarif(text.join('\n')) },
    locations: [toLocation(folder, file, line)],
    partialFingerprints: { primaryLocationLineHash: fingerprint },
    ...(waiver === undefined ? {} : { suppressions: [toSuppression(waiverWords(waiver))] }),
    properties: {
      code,
      cleanbillLevel: level,
      outcome,
      ...(dependency === undefined ? {} : { dependency: escapeSarif(dependency) }),
    },
  }
}

const indexOf = (rule: RuleId) => RULES.findIndex(({ id }) => id === rule)

const toSuppression = (why: string): JsonObject => ({
  kind: 'external',
  status: 'accepted',
  justification: escapeSarif(why),
})

function toLocation(folder: string, file: string, line: number): JsonObject {
  const uri = encodePath(relative(joinPath(folder, file)))
  return { physicalLocation: { artifactLocation: { uri, uriBaseId: '%SRCROOT%' }, region: { startLine: line } } }
}

/** `./a` and `/a` would be other files to a viewer. */
const relative = (path: string) => path.replace(/^(?:\.?\/)+/, '')

type Fingerprint = (
  finding: Pick<Finding, 'rule' | 'file' | 'dependency' | 'message'> & { readonly code: string },
) => string

/**
 * What a finding is, without its line: code scanning keeps an alert, and what people said about it, when a lockfile grows
 * above it. Equal ones are told apart by their order, as the format's own `hash:n` does.
 */
function fingerprints(): Fingerprint {
  const seen = new Map<string, number>()
  return ({ rule, code, dependency, file, message }) => {
    // Without a dependency the message is all that tells two steps of one workflow apart.
    const what = JSON.stringify([rule, code, file, dependency ?? message])
    const hash = createHash('sha256').update(what.toWellFormed()).digest('hex').slice(0, 16)
    const n = (seen.get(hash) ?? 0) + 1
    seen.set(hash, n)
    return `${hash}:${n}`
  }
}

/** A waived dependency is listed as suppressed also where the evaluation kept no finding of it. */
function toWaivedResult(one: JudgedDependency, folder: string, fingerprint: Fingerprint): JsonObject {
  const { id, reason, file, line } = one
  return {
    ruleId: 'waiver' satisfies RuleId,
    ruleIndex: indexOf('waiver'),
    level: 'note',
    message: { text: escapeSarif(`${nameOf(one)}: ${STATE_WORDS.waived}.`) },
    locations: [toLocation(folder, file, line)],
    partialFingerprints: {
      primaryLocationLineHash: fingerprint({ rule: 'waiver', code: 'waived', file, dependency: id, message: reason }),
    },
    suppressions: [toSuppression(reason)],
    properties: { outcome: 'fire', dependency: escapeSarif(id) },
  }
}

const isSilentlyWaived = ({ state, findings }: JudgedDependency) =>
  state === 'waived' && !findings.some(({ waiver }) => waiver !== undefined)

function cutNotice(length: number): JsonObject[] {
  if (length <= MAX_RESULTS) return []
  const text = `${grouped(length - MAX_RESULTS)} of ${grouped(length)} findings are not in this file: code scanning takes ${grouped(MAX_RESULTS)}. The JSON document has all.`
  return [{ level: 'warning', message: { text } }]
}
