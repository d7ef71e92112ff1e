import type { Switch } from '../switch-off/check.ts'
import type { Log } from '../switch-off/log.ts'
import type { Case } from './compare-rows.ts'
import { isTitle } from './read-results.ts'
import { UNREMOVABLE } from './unremovable.ts'

/** A case, and a check of the program without which it goes red. */
export interface NeededCheck {
  readonly what: Case
  readonly check: Switch
}

export interface CasesResult {
  /** What fails the script, a line each. */
  readonly complaints: readonly string[]
  readonly needed: readonly NeededCheck[]
  readonly closing: string
}

/** Every case needs a check, or it would pass without the program doing anything about its row. */
export function judgeCases(
  cases: readonly Case[],
  checks: readonly Switch[],
  { needs, red }: Pick<Log, 'needs' | 'red'>,
  unremovable: Readonly<Record<string, string>> = UNREMOVABLE,
): CasesResult {
  const byId = new Map(checks.map((check) => [check.id, check]))
  const needed: NeededCheck[] = []
  const complaints = red
    .filter((test) => cases.some((what) => isOf(test, what)))
    .map((test) => `fails with every check on, so it says nothing: ${test}`)
  let explained = 0
  for (const what of cases) {
    const [, id = 0] = [...needs].find(([test]) => isOf(test, what)) ?? []
    const check = byId.get(id)
    const why = unremovable[what.title]
    if (check !== undefined) {
      needed.push({ what, check })
      if (why !== undefined) complaints.push(`explained, and yet it needs ${check.key}: ${what.title}`)
    } else if (why === undefined) complaints.push(`needs no check: ${what.file}:${what.line}: ${what.title}`)
    else explained += 1
  }
  return {
    complaints,
    needed,
    closing: `${cases.length} cases, ${needed.length} need a check, ${explained} explained`,
  }
}

/** `FILE > describe > title` */
function isOf(test: string, { file, title }: Case): boolean {
  const [where, ...titles] = test.split(' > ')
  return where === file && titles.some((one) => isTitle(title, one))
}

/** The page `docs/threat-cases.md`. */
export function toPage(rows: Readonly<Record<string, string>>, needed: readonly NeededCheck[]): string {
  const lines = Object.entries(rows).flatMap(([id, about]) => {
    const own = needed.filter(({ what }) => what.ids.includes(id))
    if (own.length === 0) return []
    return [
      `### ${id}`,
      '',
      `${about[0]?.toUpperCase()}${about.slice(1)}.`,
      '',
      ...own.map(
        ({ what, check }) =>
          `- \`${what.title.slice(what.title.indexOf(': ') + 2).replaceAll('`', "'")}\`: ${place(check)}`,
      ),
      '',
    ]
  })
  return `${[
    '# Threats, and the checks that hold them',
    '',
    'Written by `npm run threat-checks -- --write`: for every case of the list of threats, which asks the built program, one check',
    'was removed after the other until the case went red. Named is the first one that did it, beginning with those of verify/ and',
    'policy/ that the fewest cases come by; a row may be held by others too.',
    '',
    ...lines,
  ]
    .join('\n')
    .trimEnd()}\n`
}

/** `src/verify/x.ts`, with the text of the check. Lines move. */
function place({ key, file }: Switch): string {
  return `\`${file}\`, \`${key.slice(file.length + 1).replaceAll('`', "'")}\``
}
