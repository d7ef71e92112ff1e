import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { parseBlockYaml } from '../../../src/discover/block-yaml.ts'
import { findInTree } from '../../../src/discover/find-dependencies.ts'
import { findDockerfile } from '../../../src/discover/finders/dockerfile.ts'
import { FINDERS } from '../../../src/discover/finders/index.ts'
import { findInstalls } from '../../../src/discover/installs.ts'
import { parseJsonLines } from '../../../src/discover/json-lines.ts'
import { lfsPaths } from '../../../src/discover/lfs-paths.ts'
import { MANIFESTS } from '../../../src/discover/manifests.ts'
import { parsePnpmKey } from '../../../src/discover/pnpm-graph.ts'
import { readUses } from '../../../src/discover/read-uses.ts'
import { parseRequirement } from '../../../src/discover/requirement-lines.ts'
import { decodeText } from '../../../src/discover/text.ts'
import { parseToml, parseTomlItems } from '../../../src/discover/toml-lines.ts'
import { parseYamlLines, parseYamlMap, type YamlNode } from '../../../src/discover/yaml-lines.ts'
import { parseYarnV1 } from '../../../src/discover/yarn-v1.ts'
import type { Dependency } from '../../../src/model/dependency.ts'
import { documentTarget, type Target, textTarget } from '../engine/target.ts'

const CASES = join(import.meta.dirname, '../../cases/discover')

/** Every file of the cases of the room, by its path. They have every kind of entry. */
function caseFiles(): readonly (readonly [string, string])[] {
  return readdirSync(CASES).flatMap((name) => {
    const tree = parse(readFileSync(join(CASES, name, 'tree.yaml'), 'utf8')) as Record<string, string> | null
    return Object.entries(tree ?? {}).filter(([, text]) => typeof text === 'string')
  })
}

let known: readonly (readonly [string, string])[] | undefined
const filesOf = (matches: (path: string) => boolean) => {
  known ??= caseFiles()
  return known.filter(([path]) => matches(path))
}

const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`

/** Each entry has a line, a digest is hex, and nothing about it is only made up by its type. */
function wrongEntry({ line, id, name, digests, files = [] }: Dependency): string | undefined {
  if (!Number.isInteger(line) || line < 1) return `an entry is on line ${line}`
  if (typeof id !== 'string' || typeof name !== 'string' || id === '') return 'an entry has no name'
  const sets = [digests, ...files.map((file) => file.digests)]
  return sets.every((set) => Object.values(set).every((hex) => typeof hex === 'string'))
    ? undefined
    : 'a digest is none'
}

const finders = FINDERS.map((finder) => {
  const seeds = () => [...filesOf(finder.matches).map(([, text]) => text), ...(finder.id === 'git-lfs' ? [LFS] : [])]
  const path = () => filesOf(finder.matches)[0]?.[0] ?? 'data/model.bin'
  return documentTarget(`discover/${finder.id}`, {
    covers: [],
    seeds,
    run: (bytes) => finder.find({ path: path(), bytes }),
    complain: ({ dependencies }) => dependencies.map(wrongEntry).find((fault) => fault !== undefined),
  })
})

/** Goes through all of a document, aliases included, as far as a finder could. */
function walk(node: YamlNode, budget = { left: 20_000 }): void {
  if (budget.left-- <= 0) return
  for (const [, value] of node.entries()) walk(value, budget)
  for (const item of node.items()) walk(item, budget)
}

/** One file under the names of many: pip's requirements include each other, an attribute makes the model a pointer. */
const TREE = [
  'requirements.txt',
  'requirements/a.txt',
  '.gitattributes',
  'data/model.bin',
  'package.json',
  'compose.yaml',
]

const room = (file: string, ...names: readonly string[]) => names.map((name) => `src/discover/${file}.ts ${name}`)
const textsOf = (pattern: RegExp) => () => filesOf((path) => pattern.test(path)).map(([, text]) => text)

export const DISCOVER: readonly Target[] = [
  ...finders,
  documentTarget('discover/tree', {
    covers: room('find-dependencies', 'findInTree'),
    seeds: () => filesOf(() => true).map(([, text]) => text),
    run: (bytes) =>
      findInTree({
        ...{ paths: TREE, skipped: [], links: [] },
        has: async (path) => TREE.includes(path),
        read: async () => bytes,
      }),
    complain: ({ files }) => (files.length > 0 ? undefined : 'a file that is there is in no row'),
  }),
  documentTarget('discover/yaml-lines', {
    covers: room('yaml-lines', 'parseYamlLines', 'parseYamlMap'),
    seeds: () => ['a: &x [1, 2]\nb: *x # c\nc: |\n  text\n', '- a\n- {b: c}\n---\nd: e\n'],
    run: (bytes) => {
      for (const node of parseYamlLines(bytes)) walk(node)
      return parseYamlMap(bytes)
    },
  }),
  documentTarget('discover/json-lines', {
    covers: room('json-lines', 'parseJsonLines'),
    seeds: textsOf(/\.json$/),
    run: (bytes) => [parseJsonLines(bytes, true), parseJsonLines(bytes)],
  }),
  documentTarget('discover/toml', {
    covers: room('toml-lines', 'parseTomlItems', 'parseToml'),
    seeds: textsOf(/(?:poetry|uv|Cargo)\.lock$|\.toml$/),
    run: (bytes) => {
      parseToml(decodeText(bytes))
      return parseTomlItems(bytes, 'package')
    },
  }),
  textTarget('discover/block-yaml', {
    covers: room('block-yaml', 'parseBlockYaml'),
    seeds: textsOf(/pnpm-lock\.yaml$|yarn\.lock$/),
    run: (text) => parseBlockYaml(text, 3),
  }),
  textTarget('discover/yarn-v1', {
    covers: room('yarn-v1', 'parseYarnV1'),
    seeds: textsOf(/yarn\.lock$/),
    run: parseYarnV1,
  }),
  textTarget('discover/requirement', {
    covers: room('requirement-lines', 'parseRequirement'),
    seeds: () => [
      `a[b,c]==1.0 ; python_version < "3.9" --hash=sha256:${'a'.repeat(64)}`,
      'a @ https://example.com/a-1.0.tar.gz#sha256=aa',
      '-e git+https://github.com/a/b@c#egg=d',
    ],
    run: (text) => parseRequirement({ text, line: 1 }),
  }),
  textTarget('discover/pnpm-key', {
    covers: room('pnpm-graph', 'parsePnpmKey'),
    seeds: () => ['/@a/b/1.0.0_c@2', '/a@1.0.0(b@2)(c@3)', 'a@1.0.0', 'github.com/a/b/c', 'file:../a'],
    throwsNothing: true,
    run: (text) => [5, 6, 9].map((major) => parsePnpmKey(text, major)),
  }),
  documentTarget('discover/uses', {
    covers: room('read-uses', 'readUses'),
    seeds: textsOf(/\.github\/workflows|action\.ya?ml$/),
    run: (bytes) => ['.github/workflows/a.yml', 'action.yml', 'Dockerfile'].map((path) => readUses(path, bytes)),
  }),
  documentTarget('discover/dockerfile-text', {
    covers: room('finders/dockerfile', 'findDockerfile'),
    seeds: textsOf(/Dockerfile/),
    run: (bytes) => findDockerfile({ path: 'Dockerfile', bytes }, decodeText(bytes)),
  }),
  textTarget('discover/installs', {
    covers: room('installs', 'findInstalls'),
    seeds: () => [
      'npm install left-pad && curl -fsSL https://a | sudo bash\npip install -r requirements.txt\n',
      'bash -c "$(curl https://a)"\ncat <<EOF | sh\nnpx a@1\nEOF\n',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
      "iex (irm https://a); `wget -qO- b` ${{ x }} ${y:-'z'}\n",
    ],
    throwsNothing: true,
    run: (text) => findInstalls(text, 'a.sh', 1),
    complain: (notices, text) =>
      notices.every(({ line }) => line >= 1 && line <= text.split('\n').length) ? undefined : 'names no line of it',
  }),
  documentTarget('discover/manifests', {
    covers: room('text', 'decodeText'),
    seeds: () => [
      ...filesOf((path) => MANIFESTS.some(({ matches }) => matches.test(path.slice(path.lastIndexOf('/') + 1)))).map(
        ([, text]) => text,
      ),
      '[project]\ndependencies = ["a"]\n[tool.poetry.dependencies]\na = "1"\n',
      '{"dependencies":{"a":"1"},"require":{}}',
      'require (\n a v1\n)\ngem "a"\nbazel_dep(name = "a")\n',
    ],
    run: (bytes) => MANIFESTS.map(({ wishes }) => attempt(() => wishes(bytes))),
    complain: (results) => {
      const fault = results.find((one) => one instanceof Error && one.name !== 'CleanbillError')
      return fault === undefined ? undefined : String(fault)
    },
  }),
  textTarget('discover/lfs-paths', {
    covers: [],
    seeds: () => ['*.bin filter=lfs diff=lfs merge=lfs -text\ndata/**/*.{a,b} filter=lfs\n[a-z]* filter=lfs\n'],
    run: (text) => lfsPaths('.gitattributes', text, ['a.bin', 'data/b/c.a', `${'d/'.repeat(60)}e`]),
  }),
]

function attempt(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}
