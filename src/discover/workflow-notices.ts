import type { Notice } from '../model/dependency.ts'
import { type ScriptCommand, scriptCommands, shown, startsWith, startsWithAny } from './script-commands.ts'
import type { YamlNode } from './yaml-lines.ts'

/**
 * What the steps of one job say together, each fine by itself: a job that releases and restores a cache which any other
 * job may have filled (the way in of TanStack's, Ultralytics' and Cline's attackers), and a gate that runs when what it
 * judges has already been installed.
 *
 * @param permissions of the workflow, where the job has none of its own
 */
export function jobNotices(job: YamlNode, permissions: YamlNode | undefined, file: string): Notice[] {
  const steps = (job.get('steps')?.items() ?? []).map(readStep)
  const releases = mayIssueTokens(job.get('permissions') ?? permissions) || steps.some(publishes)
  return [...(releases ? steps.flatMap((step) => cacheNotice(step, file)) : []), ...lateGateNotices(steps, file)]
}

export interface Step {
  readonly line: number
  /** `owner/repository[/path]`, lower case, without the ref. */
  readonly uses: string
  readonly usesLine: number
  readonly with: (input: string) => string | undefined
  readonly commands: readonly ScriptCommand[]
}

export function readStep(node: YamlNode): Step {
  const uses = node.get('uses')
  const run = node.get('run')
  const inputs = node.get('with')
  return {
    line: node.line,
    uses: (uses?.text ?? '').trim().replace(/@.*$/, '').toLowerCase(),
    usesLine: uses?.line ?? node.line,
    with: (input) => inputs?.get(input)?.text?.trim(),
    commands: run?.text === undefined ? [] : scriptCommands(run.text, run.line + (run.isBlock ? 1 : 0)),
  }
}

/** Whoever can mint an identity token can publish with trusted publishing, and sign. */
function mayIssueTokens(permissions: YamlNode | undefined): boolean {
  return permissions?.text === 'write-all' || permissions?.get('id-token')?.text === 'write'
}

const PUBLISHING_ACTIONS: ReadonlySet<string> = new Set([
  ...['pypa/gh-action-pypi-publish', 'js-devtools/npm-publish', 'changesets/action', 'rubygems/release-gem'],
  ...[
    'softprops/action-gh-release',
    'ncipollo/release-action',
    'actions/create-release',
    'goreleaser/goreleaser-action',
  ],
  ...[
    'cycjimmy/semantic-release-action',
    'katyo/publish-crates',
    'pypa/gh-action-pypi-publish',
    'actions/deploy-pages',
  ],
])

const PUBLISHING_COMMANDS: readonly string[] = [
  ...[
    'npm',
    'pnpm',
    'bun',
    'vsce',
    'ovsx',
    'lerna',
    'deno',
    'jsr',
    'cargo',
    'uv',
    'poetry',
    'flit',
    'hatch',
    'pdm',
  ].map((program) => `${program} publish`),
  ...['yarn npm publish', 'changeset publish', 'npx changeset publish', 'semantic-release', 'npx semantic-release'],
  ...['release-it', 'twine upload', 'python -m twine upload', 'python3 -m twine upload', 'gem push', 'docker push'],
  ...['docker image push', 'podman push', 'crane push', 'oras push', 'helm push', 'cosign sign', 'cosign attest'],
  ...['gh release create', 'gh release upload', 'goreleaser release', 'mvn deploy', 'mvnw deploy', 'gradle publish'],
  ...['gradlew publish', 'dotnet nuget push', 'huggingface-cli upload', 'hf upload'],
]

function publishes(step: Step): boolean {
  if (PUBLISHING_ACTIONS.has(step.uses)) return true
  if (step.uses === 'docker/build-push-action' && isOn(step.with('push'))) return true
  return step.commands.some(
    (command) =>
      !command.words.includes('--dry-run') &&
      (startsWithAny(command, PUBLISHING_COMMANDS) ||
        (startsWith(command, 'docker buildx build') && command.words.includes('--push'))),
  )
}

const isOn = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== 'false'

/** A row an action that restores a cache: always, by an input, or unless an input says otherwise. */
const CACHES: readonly { readonly uses: RegExp; readonly restores: (step: Step) => boolean }[] = [
  { uses: /^actions\/cache(?:\/restore)?$/, restores: () => true },
  {
    uses: /^(?:swatinem\/rust-cache|buildjet\/cache|coursier\/cache-action|julia-actions\/cache|mozilla-actions\/sccache-action|hendrikmuhs\/ccache-action|gradle\/gradle-build-action|useblacksmith\/cache)$/,
    restores: () => true,
  },
  { uses: /^actions\/setup-(?:node|python|java|dotnet)$/, restores: (step) => isOn(step.with('cache')) },
  { uses: /^pnpm\/action-setup$/, restores: (step) => isOn(step.with('cache')) },
  { uses: /^ruby\/setup-ruby$/, restores: (step) => isOn(step.with('bundler-cache')) },
  // These restore one unless told not to.
  { uses: /^actions\/setup-go$/, restores: (step) => step.with('cache') !== 'false' },
  { uses: /^astral-sh\/setup-uv$/, restores: (step) => step.with('enable-cache') !== 'false' },
  { uses: /^jdx\/mise-action$/, restores: (step) => step.with('cache') !== 'false' },
  { uses: /^gradle\/actions\/setup-gradle$/, restores: (step) => step.with('cache-disabled') !== 'true' },
  { uses: /^docker\/build-push-action$/, restores: (step) => /type=gha/.test(step.with('cache-from') ?? '') },
]

function cacheNotice(step: Step, file: string): Notice[] {
  if (!CACHES.some(({ uses, restores }) => uses.test(step.uses) && restores(step))) return []
  return [
    {
      code: 'CACHE_RESTORED',
      message: `a job that releases restores a cache: ${step.uses}`,
      hint: 'Build what is released without a cache: a job of a pull request may have filled it.',
      file,
      line: step.usesLine,
    },
  ]
}

export const isGate = ({ uses, commands }: Step): boolean =>
  /^[^/]+\/cleanbill(?:\/|$)/.test(uses) ||
  commands.some((command) => startsWithAny(command, ['cleanbill gate', 'npx cleanbill gate']))

/** Installs from a lock count too: what is in the lock is what the gate was to judge. */
const INSTALLS: readonly string[] = [
  ...['npm ci', 'npm install', 'npm i', 'npm clean-install', 'pnpm install', 'pnpm i', 'yarn install', 'bun install'],
  ...['pip install', 'pip3 install', 'python -m pip install', 'python3 -m pip install', 'uv sync', 'uv run', 'uv pip'],
  ...['poetry install', 'poetry sync', 'pdm install', 'pdm sync', 'pipenv install', 'pipenv sync', 'pixi install'],
  ...['pixi run', 'conda env create', 'bundle install', 'cargo build', 'cargo test', 'cargo run', 'cargo fetch'],
  ...['cargo check', 'cargo clippy', 'go build', 'go test', 'go run', 'go generate', 'go mod download', 'mvn', 'mvnw'],
  ...['gradle', 'gradlew', 'composer install', 'dotnet restore', 'dotnet build', 'dotnet test'],
]

/** `yarn` and `bundle` by themselves install too. */
const installs = (command: ScriptCommand): boolean =>
  startsWithAny(command, INSTALLS) ||
  (['yarn', 'bundle'].includes(command.words[0] ?? '') && command.words.slice(1).every((word) => word.startsWith('-')))

const INSTALLING_ACTIONS: readonly { readonly uses: string; readonly installs: (step: Step) => boolean }[] = [
  { uses: 'bahmutov/npm-install', installs: () => true },
  { uses: 'ruby/setup-ruby', installs: (step) => isOn(step.with('bundler-cache')) },
  { uses: 'pnpm/action-setup', installs: (step) => isOn(step.with('run_install')) },
  { uses: 'actions-rs/cargo', installs: () => true },
]

function lateGateNotices(steps: readonly Step[], file: string): Notice[] {
  const gate = steps.findIndex(isGate)
  if (gate < 0) return []
  return steps.slice(0, gate).flatMap((step) => {
    const command = step.commands.find(installs)
    const byAction = INSTALLING_ACTIONS.some((one) => one.uses === step.uses && one.installs(step))
    if (command === undefined && !byAction) return []
    const what = command === undefined ? step.uses : shown(command)
    return [
      {
        code: 'GATE_TOO_LATE' as const,
        message: `installs before the gate has run: ${what}`,
        hint: 'Put the gate first: it reads the lock files and needs nothing installed.',
        file,
        line: command?.line ?? step.usesLine,
      },
    ]
  })
}
