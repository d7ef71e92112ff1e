import type { Dependency } from '../../model/dependency.ts'
import { deriveCommit, deriveShare } from './derive.ts'
import type { WorldRepository, WorldTag } from './description.ts'
import { lower } from './repositories.ts'

export interface ActionOptions {
  readonly seed: string
  /** How many of the repositories publish immutable releases. */
  readonly share: number
}

const ACTION = 'name: action\ndescription: simulated\nruns:\n  using: node24\n  main: index.js\n'
const WORKFLOW = 'on: workflow_call\njobs:\n  run:\n    runs-on: ubuntu-latest\n    steps:\n      - run: "true"\n'

/** The repositories behind `uses:`: every pinned commit is on the main branch and has the tag that its comment claims. */
export function populateActions(dependencies: readonly Dependency[], options: ActionOptions): WorldRepository[] {
  const used = dependencies.filter(
    ({ kind, source, ecosystem }) =>
      (kind === 'action' || kind === 'reusable-workflow') && source === 'git' && ecosystem === 'github',
  )
  return [...Map.groupBy(used, ({ name }) => lower(name)).values()].flatMap((entries) => toRepository(entries, options))
}

function toRepository(entries: readonly Dependency[], { seed, share }: ActionOptions): WorldRepository[] {
  const [first] = entries
  if (first === undefined) return []
  const { name } = first
  const pins = entries.map((entry) => toPin(entry, seed))
  const commits = [...new Set(pins.map(({ commit }) => commit))]
  const tags = tagsOf(pins)
  const branches: Record<string, string[]> = { main: [deriveCommit(seed, name), ...commits] }
  for (const { branch, commit } of pins) if (branch !== undefined && branch !== 'main') branches[branch] = [commit]
  const immutable = deriveShare(seed, 'immutable', lower(name)) < share
  return [
    {
      name,
      branches,
      tags,
      trees: Object.fromEntries(
        commits.map((commit) => [
          commit,
          Object.fromEntries(pins.filter((pin) => pin.commit === commit).map(({ path, text }) => [path, text])),
        ]),
      ),
      // A moving tag such as `v4` is no release.
      releases: tags.flatMap(({ name: tag }) => (/^v?\d+\.\d+/.test(tag) ? [{ tag, immutable }] : [])),
    },
  ]
}

interface Pin {
  readonly commit: string
  readonly tag?: string
  readonly branch?: string
  readonly path: string
  readonly text: string
}

function toPin({ name, version = 'main', comment, kind, location }: Dependency, seed: string): Pin {
  const inside = (location ?? '').split('@')[0]?.slice(name.length + 1) ?? ''
  const file =
    kind === 'reusable-workflow'
      ? { path: inside, text: WORKFLOW }
      : { path: inside === '' ? 'action.yml' : `${inside}/action.yml`, text: ACTION }
  if (/^[0-9a-f]{40}$/.test(version)) {
    const claimed = /^v?\d[\w.+-]*/.exec(comment ?? '')?.[0]
    return { commit: version, ...(claimed === undefined ? {} : { tag: claimed }), ...file }
  }
  const commit = deriveCommit(seed, name, version)
  return /^v?\d/.test(version) ? { commit, tag: version, ...file } : { commit, branch: version, ...file }
}

/** Where two files disagree about a tag, the first one is right: the other shows up as a finding, as it would. */
function tagsOf(pins: readonly Pin[]): WorldTag[] {
  const tags = new Map<string, WorldTag>()
  for (const { tag, commit } of pins) {
    if (tag !== undefined && !tags.has(tag)) tags.set(tag, { name: tag, commit })
  }
  return [...tags.values()]
}
