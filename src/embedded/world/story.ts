import { z } from 'zod'
import type { WorldDescription } from './description.ts'
import { parseStrictYaml } from './load-description.ts'
import { sceneSchema } from './schema.ts'

/** A world at one moment. */
export type WorldScene = WorldDescription & { readonly now: string }

/** What happened, in two scenes: as the consumer knew the world, and as it is when the change is judged. */
export interface WorldStory {
  /** One line for a table. */
  readonly title: string
  /** Ids of the dependencies that the attack is about. */
  readonly attacked: readonly string[]
  /**
   * `change`: the second project as a pull request against the first. `all`: as on the default branch, every day. `push`: the
   * first came by a reviewed pull request, the second was pushed to the default branch, where the gate runs after it.
   */
  readonly judged: 'change' | 'all' | 'push'
  /** What no rule sees here, or what nothing at a consumer's gate can see. */
  readonly notCaught?: string | undefined
  readonly before: WorldScene
  /** Everything of {@link before} that the second scene does not replace goes on as it was. */
  readonly attack: WorldScene
}

const storySchema = z.strictObject({
  title: z.string().min(1).max(100),
  attacked: z.array(z.string().min(1)),
  judged: z.enum(['change', 'all', 'push']).default('change'),
  notCaught: z.string().min(1).exactOptional(),
  before: sceneSchema,
  attack: sceneSchema,
})

/**
 * Reads the `world.yaml` of an exhibit.
 *
 * @throws {CleanbillError} `CONFIG_MALFORMED` with line and column, `LIMIT_EXCEEDED`
 */
export function parseStory(yaml: string, file: string): WorldStory {
  const { before, attack, ...rest } = parseStrictYaml(yaml, file, storySchema)
  return { ...rest, before, attack: mergeScenes(before, attack) }
}

/** By name: what the second names takes the place of what the first named. */
function mergeScenes(before: WorldScene, attack: WorldScene): WorldScene {
  const by = <T>(first: readonly T[] = [], second: readonly T[] = [], key: (one: T) => string): readonly T[] => {
    const replaced = new Set(second.map(key))
    return [...first.filter((one) => !replaced.has(key(one))), ...second]
  }
  return {
    ...before,
    ...attack,
    packages: by(before.packages, attack.packages, (one) => `${one.ecosystem} ${one.name} ${one.version}`),
    repositories: by(before.repositories, attack.repositories, ({ name }) => name.toLowerCase()),
    images: by(before.images, attack.images, ({ name, tag = '', digest = '' }) => `${name} ${tag} ${digest}`),
    models: by(before.models, attack.models, ({ name }) => name),
    advisories: by(before.advisories, attack.advisories, ({ id }) => id),
    rebuilds: by(before.rebuilds, attack.rebuilds, (one) => `${one.ecosystem} ${one.name} ${one.version}`),
  }
}
