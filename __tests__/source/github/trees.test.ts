import { beforeAll, describe, expect, it } from 'vitest'
import type { WorldDescription } from '../../../src/embedded/world/description.ts'
import { askGithubTrees, releaseTags, type TreeQuestion, treeKey } from '../../../src/source/source-trees.ts'
import { commit, type GithubWorld, githubWorld, repository, type SessionOptions } from './github-world.ts'

let world: GithubWorld
beforeAll(async () => {
  world = await githubWorld({})
})
function story(repositories: WorldDescription['repositories'], more: Partial<WorldDescription> = {}) {
  world.setFaults([])
  world.clearRequests()
  world.setDescription({ packages: [], repositories, ...more })
}

const HEAD = commit('head')
const FILES = { 'index.js': '1', 'lib/a.js': '22' }
const PATHS = [
  { path: 'index.js', bytes: 1 },
  { path: 'lib/a.js', bytes: 2 },
]
const question = (more: Partial<TreeQuestion> = {}): TreeQuestion => ({
  ...{ server: 'https://github.com', name: { owner: 'acme', name: 'tool' } },
  ...{ tags: releaseTags('tool', '1.2.0'), claimed: false },
  ...more,
})
const ask = async (questions: readonly TreeQuestion[], options?: SessionOptions) => {
  const facts = await askGithubTrees(questions, world.session(options))
  return questions.map((one) => {
    const fact = facts.get(treeKey(one))
    return fact?.kind === 'known' ? fact.value : fact?.code
  })
}
const MISSING = { missing: true, paths: [], truncated: false }

describe('the source of a version', () => {
  it.each(['v1.2.0', '1.2.0', 'tool@1.2.0', 'tool-v1.2.0', 'tool-1.2.0'])('is the tree of its tag %s', async (name) => {
    story([repository('acme/tool', { tags: [{ name, commit: HEAD, annotated: true }], trees: { [HEAD]: FILES } })])
    expect(await ask([question()])).toStrictEqual([{ paths: PATHS, truncated: false }])
  })

  it('is that of the scoped name too, and no name leads out of the tags', () => {
    expect(releaseTags('@acme/ui', '2.0.0')).toStrictEqual([
      ...[
        'v2.0.0',
        '2.0.0',
        '@acme/ui@2.0.0',
        '@acme/ui-v2.0.0',
        '@acme/ui-2.0.0',
        'ui@2.0.0',
        'ui-v2.0.0',
        'ui-2.0.0',
      ],
    ])
    expect(releaseTags('a/../b', '1 0')).toStrictEqual([])
  })

  it('is asked for once, with all tags in one question and a tree for each commit', async () => {
    story([repository('acme/tool', { tags: [{ name: 'v1.2.0', commit: HEAD }], trees: { [HEAD]: FILES } })])
    const both = [question(), question(), question({ commit: HEAD, tags: [] }), question({ claimed: true })]
    expect(await ask(both)).toMatchObject([{}, {}, {}, { claimedBy: 'acme/tool' }])
    expect(world.asked().map(({ path }) => path.replace(/\?.*/, ''))).toStrictEqual([
      ...['/rate_limit', '/graphql', `/repos/acme/tool/git/trees/${HEAD}`],
    ])
  })

  it('is missing where a repository that can be read has neither tag nor commit', async () => {
    story([repository('acme/tool')])
    const gone = question({ commit: 'd'.repeat(40), tags: [] })
    expect(await ask([question(), gone])).toStrictEqual([MISSING, MISSING])
  })

  it.each([404, 451])('is not known, and not missing, where the repository answers %d', async (status) => {
    story([repository('acme/tool', { status, tags: [{ name: 'v1.2.0', commit: HEAD }] })])
    expect(await ask([question(), question({ commit: HEAD, tags: [] })])).toStrictEqual([
      ...['CONTEXT_UNKNOWN', 'CONTEXT_UNKNOWN'],
    ])
  })

  it('is nothing where only the registry names a repository that nobody can read', async () => {
    story([])
    expect(await ask([question({ claimed: true })])).toStrictEqual(['NOT_ASKED'])
    const elsewhere = { server: 'https://acme.ghe.com' }
    expect(await ask([question(elsewhere), question({ ...elsewhere, claimed: true })])).toStrictEqual([
      ...['CONTEXT_UNKNOWN', 'NOT_ASKED'],
    ])
  })

  it('without a token is asked for by commit only', async () => {
    story([repository('acme/tool', { tags: [{ name: 'v1.2.0', commit: HEAD }], trees: { [HEAD]: FILES } })])
    const all = [question(), question({ claimed: true }), question({ commit: HEAD, tags: [] })]
    expect(await ask(all, { token: null })).toStrictEqual([
      ...['CONTEXT_UNKNOWN', 'NOT_ASKED', { paths: PATHS, truncated: false }],
    ])
  })

  it('stays within the budget', async () => {
    story([repository('acme/tool', { tags: [{ name: 'v1.2.0', commit: HEAD }] })], {
      github: { quota: { core: 1, graphql: 1 } },
    })
    expect(await ask([question(), question({ commit: HEAD, tags: [] })])).toStrictEqual([
      ...['NOT_ASKED_BUDGET', 'NOT_ASKED_BUDGET'],
    ])
  })
})
