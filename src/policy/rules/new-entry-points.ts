import type { ArchiveFact } from '../../model/facts.ts'
import { nameOf, show, showSome, unknownOf } from '../objections.ts'
import type { Objection, Rule, Subject } from '../rule.ts'

/** Scripts that npm runs when it installs an archive; `prepare` only when it installs from git. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall']
const GIT_SCRIPTS = [...INSTALL_SCRIPTS, 'preprepare', 'prepare', 'postprepare', 'prepublish', 'prepack', 'build']

/** Files whose presence alone makes an installer or an interpreter run code, with what does it. */
const HOOK_FILES: readonly { readonly path: RegExp; readonly runs: string }[] = [
  { path: /^binding\.gyp$/, runs: 'npm runs node-gyp for it without any script' },
  // A .pth deeper inside a package is a file of weights; in site-packages Python executes it at every start.
  { path: /^(?:[^/]+\.data\/(?:purelib|platlib)\/)?[^/]+\.pth$/, runs: 'Python runs it at every start' },
  {
    path: /^(?:[^/]+\.data\/(?:purelib|platlib)\/)?(?:site|user)customize\.py$/,
    runs: 'Python runs it at every start',
  },
  { path: /^build\.rs$/, runs: 'cargo runs it when it builds' },
  { path: /^(?:.+\/)?extconf\.rb$/, runs: 'gem runs it when it installs' },
]

/**
 * R13. Code that runs because the package is installed is new. Nearly every worm of 2025 and 2026 came with one: a script,
 * a `binding.gyp` of 157 bytes, a `.pth`. Code in a file that is imported anyway is R12's.
 */
export const newEntryPoints: Rule = {
  id: 'new-entry-points',
  docs: 'docs/rules.md#new-entry-points',
  check: (subject) => {
    const { archive, previousArchive } = subject.facts
    if (archive.kind === 'unknown') return [...unknownOf(archive, WHAT(subject)), ...fromRegistry(subject)]
    const now = hooksOf(subject, archive.value)
    if (previousArchive.kind === 'unknown') {
      const unknown = now.length === 0 ? [] : unknownOf(previousArchive, `${WHAT(subject)} before`)
      return unknown.length > 0 ? unknown : firstSeen(subject, now)
    }
    const objections = compare(subject, now, previousArchive.value)
    if (objections.length > 0 || !archive.value.truncated) return objections
    return [notKnown(subject, 'the listing was cut at its limit')]
  },
}

const WHAT = (subject: Subject): string => `what ${nameOf(subject)} runs when it is installed`

interface Hook {
  readonly name: string
  readonly runs: string
  /** Of a script. */
  readonly command?: string | undefined
  /** A program by name: it runs when somebody calls it, or a framework looks for plug-ins. */
  readonly entry?: boolean
}

function hooksOf({ dependency }: Subject, archive: ArchiveFact): readonly Hook[] {
  const names = dependency.source === 'git' ? GIT_SCRIPTS : INSTALL_SCRIPTS
  return [
    ...Object.entries(archive.scripts ?? {})
      .filter(([name]) => names.includes(name))
      .map(([name, command]) => ({ name, command, runs: `npm runs ${show(command, 120)}` })),
    ...(archive.gypfile === true ? [{ name: 'gypfile', runs: 'npm runs node-gyp for it without any script' }] : []),
    ...archive.files.flatMap(({ path }) => {
      const file = HOOK_FILES.find((one) => one.path.test(path))
      return file === undefined ? [] : [{ name: path, runs: file.runs }]
    }),
    ...archive.entryPoints.map((name) => ({ name, entry: true, runs: 'it is a program or plug-in of its own' })),
  ]
}

function compare(subject: Subject, now: readonly Hook[], previous: ArchiveFact): readonly Objection[] {
  const before = hooksOf(subject, previous)
  const same = (hook: Hook): Hook | undefined =>
    before.find((one) => one.name === hook.name && one.entry === hook.entry)
  const fresh = now.filter((hook) => same(hook) === undefined)
  const inFiles = fresh.filter(({ command, name }) => command === undefined && name !== 'gypfile')
  // What a cut list of the version before lacks may have been there; scripts come from the manifest and are whole.
  const unsure = previous.truncated ? inFiles : []
  const rewritten = now.filter((hook) => {
    const was = same(hook)
    return was !== undefined && was.command !== hook.command
  })
  return [
    ...fresh.filter((hook) => !unsure.includes(hook)).map((hook) => objection(subject, hook, 'context')),
    ...rewritten.map((hook) => ({ ...objection(subject, hook, 'unusual'), message: rewrittenMessage(subject, hook) })),
    ...(unsure.length > 0
      ? [
          notKnown(
            subject,
            `${showSome(unsure.map(({ name }) => name))} may be new, and the listing of the version before was cut`,
          ),
        ]
      : []),
  ]
}

function objection(subject: Subject, { name, runs, entry }: Hook, weight: 'context' | 'unusual'): Objection {
  return {
    outcome: 'fire',
    code: entry === true ? 'NEW_ENTRY_POINT' : 'NEW_INSTALL_SCRIPT',
    message: `${nameOf(subject)} has ${show(name)}, which the version before did not have: ${runs}`,
    hint: 'Look at what it runs; install with scripts switched off until then.',
    weight,
    ...(weight === 'context' ? { state: 'changed' as const } : {}),
  }
}

function rewrittenMessage(subject: Subject, { name, command }: Hook): string {
  return `${nameOf(subject)} runs another command in ${show(name)} than the version before: ${show(command, 120)}`
}

/** A dependency that is new has nothing to be compared with: what it runs is shown, once. */
function firstSeen(subject: Subject, hooks: readonly Hook[]): readonly Objection[] {
  return hooks
    .filter(({ entry }) => entry !== true)
    .map((hook) => ({
      ...objection(subject, hook, 'unusual'),
      message: `${nameOf(subject)} is new here and has ${show(hook.name)}: ${hook.runs}`,
    }))
}

/** Without the archive the registry's own list still says what a new dependency would run. */
function fromRegistry(subject: Subject): readonly Objection[] {
  const { registry } = subject.evidence
  const record = 'record' in registry ? registry.record : undefined
  if (subject.change !== 'added') return []
  return firstSeen(
    subject,
    (record?.installScripts ?? []).map((name) => ({ name, runs: 'npm runs it, says the registry' })),
  )
}

function notKnown(subject: Subject, why: string): Objection {
  return { outcome: 'unknown', code: 'CONTEXT_UNKNOWN', message: `${WHAT(subject)} is not known: ${why}` }
}
