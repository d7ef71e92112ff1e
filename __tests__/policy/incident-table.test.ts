import { describe, expect, it } from 'vitest'
import { NO_EVIDENCE } from '../../src/model/evidence.ts'
import { RULES } from '../../src/model/rules.ts'
import type { Objection } from '../../src/policy/rule.ts'
import { RULES_TABLE } from '../../src/policy/rules/index.ts'
import {
  baselineOf,
  by,
  byPypi,
  contents,
  type Exhibit,
  exhibit,
  newcomer,
  orphanDependency,
  release,
  sourceFacts,
  uses,
} from '../support/exhibits.ts'
import { INCIDENT_TABLE } from '../support/incidents.ts'
import {
  archiveOf,
  contextOf,
  dependencyOf,
  evidenceOf,
  factsOf,
  jobOf,
  known,
  noticed,
  recordOf,
  runOf,
  sourceOf,
  stepOf,
  subjectOf,
  treeOf,
  unknown,
  usesOf,
} from '../support/subjects.ts'

const PIN = '0e58ed8671d6b60d0890c21b07f8835ace038e67'
const orphan = (...tags: string[]) => ({
  action: known({
    tags: tags.map((name) => ({ name, immutable: false })),
    reachableFrom: null,
    repositoryId: '1',
    ownerId: '2',
  }),
})
const onMain = (...tags: string[]) => ({
  action: known({
    tags: tags.map((name) => ({ name, immutable: true })),
    reachableFrom: 'refs/heads/main',
    repositoryId: '1',
    ownerId: '2',
  }),
})

/** A version by a stolen token or account: no evidence, judged two hours after it was published. */
function stolen(
  id: string,
  before: string,
  more: Omit<Parameters<typeof release>[1], 'published' | 'before'>,
): Exhibit {
  return exhibit('2026-06-01T14:00:00Z', release(id, { published: '2026-06-01T12:00:00Z', before, ...more }))
}

const earlier = { at: '2026-01-01T00:00:00Z' }

function tanstack(run: Parameters<typeof sourceFacts>[1]): Exhibit {
  const at = '2026-05-11T19:20:39Z'
  const source = sourceFacts('TanStack/router', run)
  const facts = { ...contents({ added: ['router_init.js'], altered: ['package.json'], source }) }
  const setup = 'github:tanstack/router#79ac49eedf774dd4b0cfa308722bc463cfe5885c'
  return exhibit(
    '2026-05-11T20:00:00Z',
    release('pkg:npm/%40tanstack/history@1.161.9', {
      published: at,
      before: '1.161.6',
      accepted: [by('TanStack/router', { at })],
      baseline: by('TanStack/router', earlier),
      facts,
      dependencies: { '@tanstack/setup': setup },
    }),
  )
}

/** Run 25613093674: the tests ran while the package was published, and failed; the publishing step never ran. */
const TANSTACK_RUN = (tests: string) =>
  known(
    runOf({
      conclusion: tests,
      startedAt: '2026-05-11T19:15:44Z',
      updatedAt: '2026-05-11T19:20:47Z',
      jobs: [
        jobOf([
          stepOf('Install', 'success', '2026-05-11T19:15:50Z', '2026-05-11T19:16:20Z'),
          stepOf('Run Tests', tests, '2026-05-11T19:16:21Z', '2026-05-11T19:20:46Z'),
          { name: 'Publish Packages', conclusion: 'skipped' },
        ]),
      ],
    }),
  )

function miasma(ref: string): Exhibit {
  const at = '2026-06-01T10:00:00Z'
  const repository = 'RedHatInsights/javascript-clients'
  const source = sourceFacts(repository, {
    reachability: known({ reachableFrom: null, tags: [] }),
    review: known({ pullRequests: [] }),
  })
  return exhibit(
    '2026-06-01T12:00:00Z',
    release('pkg:npm/%40redhat-cloud-services/chrome@2.3.1', {
      published: at,
      before: '2.3.0',
      accepted: [by(repository, { at, ref })],
      baseline: by(repository, earlier),
      facts: sourceOf(source),
    }),
  )
}

function injected(message: string, more: { registry?: string } = {}): Exhibit {
  const id = 'pkg:npm/left-pad@1.3.0'
  const subject = release(id, { published: '2018-01-01T00:00:00Z', before: '1.3.0', baseline: 'registered' })
  const registry = { kind: 'mismatch', code: 'REGISTRY_DIGEST_MISMATCH', message, record: recordOf() } as const
  const { dependency } = subject
  return exhibit('2026-06-01T00:00:00Z', {
    ...subject,
    dependency: { ...dependency, ...more },
    evidence: evidenceOf({ registry }),
  })
}

const model = (name: string, version: string) =>
  dependencyOf(`pkg:huggingface/${name}@${version}`, { kind: 'model', digests: {} })

const EXHIBITS: Readonly<Record<string, () => Exhibit>> = {
  'torchtriton-2022-12': () => {
    const dependency = dependencyOf('pkg:pypi/torchtriton@3.0.0')
    const previous = { ...dependency, version: '2.0.0', registry: 'https://download.pytorch.org/whl/nightly' }
    return exhibit('2022-12-30T00:00:00Z', subjectOf({ dependency, previous, change: 'changed' }))
  },
  'xz-utils-2024-03': () => {
    const sources = ['configure.ac', 'm4/ax_pthread.m4']
    const archive = ['configure', 'm4/libtool.m4', ...sources]
    const facts = {
      ...sourceOf({ tree: known(treeOf(sources)) }),
      archive: known(archiveOf([...archive, 'm4/build-to-host.m4'])),
      previousArchive: known(archiveOf(archive)),
      previousTree: known(treeOf(sources)),
    }
    return stolen('pkg:generic/xz@5.6.0', '5.4.6', { facts, baseline: 'none' })
  },
  'ultralytics-2024-12/cache': () => {
    const at = '2024-12-04T20:51:00Z'
    const facts = contents({ altered: ['lib/main.py'], source: sourceFacts('ultralytics/ultralytics') })
    const accepted = [byPypi('ultralytics/ultralytics', { at })]
    const baseline = byPypi('ultralytics/ultralytics', earlier)
    const id = 'pkg:pypi/ultralytics@8.3.41'
    return exhibit('2024-12-05T00:00:00Z', release(id, { published: at, before: '8.3.40', accepted, baseline, facts }))
  },
  'ultralytics-2024-12/token': () =>
    stolen('pkg:pypi/ultralytics@8.3.45', '8.3.44', {
      baseline: byPypi('ultralytics/ultralytics', earlier),
      facts: contents({ missing: true }),
    }),
  'tj-actions-2025-03/moved-tags': () =>
    exhibit('2025-03-15T00:00:00Z', uses('v45', orphan('v45', 'v44', 'v1'), 'unchanged')),
  'tj-actions-2025-03/sha-pinned': () =>
    exhibit('2025-03-15T00:00:00Z', uses(PIN, { ...onMain('v45.0.6'), advisories: known([]) }, 'unchanged')),
  'tj-actions-2025-03/composite': () =>
    exhibit('2025-03-15T00:00:00Z', uses(PIN, onMain('v1.27.0'), 'unchanged'), uses('v1', onMain('v1'), 'unchanged')),
  'eslint-config-prettier-2025-07': () => {
    const malicious = { id: 'MAL-2025-6022', summary: 'malicious code', withdrawn: false }
    const facts = {
      ...contents({ added: ['install.js'], scripts: { install: 'node install.js' } }),
      advisories: known([malicious]),
    }
    return stolen('pkg:npm/eslint-config-prettier@10.1.6', '10.1.5', { facts })
  },
  'nx-s1ngularity-2025-08': () =>
    stolen('pkg:npm/nx@21.7.0', '21.6.0', {
      baseline: by('nrwl/nx', earlier),
      facts: contents({ added: ['telemetry.js'], scripts: { postinstall: 'node telemetry.js' }, missing: true }),
    }),
  'ghostaction-2025-09': () => {
    const location = './.github/workflows/security.yml'
    const dependency = usesOf('x', {
      id: `workspace:${location}`,
      kind: 'reusable-workflow',
      source: 'workspace',
      location,
    })
    const facts = sourceOf({ review: known({ pullRequests: [] }) })
    return exhibit('2025-09-05T00:00:00Z', subjectOf({ dependency, change: 'added', evidence: NO_EVIDENCE, facts }))
  },
  'hf-namespace-reuse-2025-09': () => {
    const dependency = model('Author/Model', 'main')
    const lock = { ...baselineOf(dependency, 'none'), ownerId: '1001' }
    const now = { revision: 'b'.repeat(40), ownerId: '2002', files: [], signed: false }
    const facts = factsOf({ model: known(now) })
    return exhibit('2025-09-03T00:00:00Z', subjectOf({ dependency, lock, evidence: NO_EVIDENCE, facts }))
  },
  'chalk-debug-2025-09': () =>
    stolen('pkg:npm/debug@4.4.2', '4.4.1', { baseline: 'registered', facts: contents({ altered: ['index.js'] }) }),
  'shai-hulud-2025-09': () =>
    stolen('pkg:npm/%40ctrl/tinycolor@4.1.1', '4.1.0', {
      facts: contents({ added: ['bundle.js'], scripts: { postinstall: 'node bundle.js' } }),
    }),
  'shai-hulud-2-2025-11': () =>
    stolen('pkg:npm/%40asyncapi/specs@6.8.2', '6.8.1', {
      facts: contents({ added: ['setup_bun.js'], scripts: { preinstall: 'node setup_bun.js' } }),
    }),
  'cline-2026-02': () =>
    stolen('pkg:npm/cline@2.3.0', '2.2.3', { facts: contents({ scripts: { postinstall: 'npm install -g x' } }) }),
  'trivy-2026-03/action': () => exhibit('2026-03-19T18:00:00Z', uses('0.28.0', orphan('0.28.0'), 'unchanged')),
  'trivy-2026-03/master': () => exhibit('2026-03-19T18:00:00Z', uses('master', onMain(), 'unchanged')),
  'litellm-2026-03/1.82.7': () =>
    stolen('pkg:pypi/litellm@1.82.7', '1.82.6', {
      baseline: 'registered',
      facts: contents({ altered: ['lib/main.py'], missing: true }),
    }),
  'litellm-2026-03/1.82.8': () =>
    stolen('pkg:pypi/litellm@1.82.8', '1.82.6', {
      baseline: 'registered',
      facts: contents({ added: ['litellm_init.pth'], missing: true }),
    }),
  'axios-2026-03/v1': () => {
    const { now, subjects } = stolen('pkg:npm/axios@1.14.1', '1.14.0', { baseline: by('axios/axios', earlier) })
    return {
      now,
      subjects: [...subjects, newcomer('pkg:npm/plain-crypto-js@4.2.1', '2026-05-31T20:00:00Z')],
      discovery: noticed(),
    }
  },
  'axios-2026-03/v0': () => {
    const v1 = baselineOf(dependencyOf('pkg:npm/axios@1.14.0'), by('axios/axios', earlier))
    const { now, subjects } = stolen('pkg:npm/axios@0.30.4', '0.30.3', {
      baseline: 'registered',
      subject: { otherLines: [v1] },
    })
    return {
      now,
      subjects: [...subjects, newcomer('pkg:npm/plain-crypto-js@4.2.1', '2026-05-31T20:00:00Z')],
      discovery: noticed(),
    }
  },
  'bitwarden-cli-2026-04': () =>
    stolen('pkg:npm/%40bitwarden/cli@2026.4.0', '2026.3.0', { facts: contents({ missing: true }) }),
  'lightning-2026-04': () =>
    stolen('pkg:pypi/lightning@2.6.2', '2.6.1', {
      facts: contents({ added: ['lightning/_runtime/start.py', 'lightning/_runtime/router_runtime.js'] }),
    }),
  'tanstack-2026-05/after-run': () => tanstack({ run: TANSTACK_RUN('failure') }),
  'tanstack-2026-05/during-run': () => tanstack({ run: unknown('RUN_IN_PROGRESS') }),
  'tanstack-2026-05/green-run': () => tanstack({ run: TANSTACK_RUN('success') }),
  'mistralai-2026-05': () =>
    stolen('pkg:pypi/mistralai@2.4.6', '2.4.5', { facts: contents({ altered: ['lib/main.py'], missing: true }) }),
  'guardrails-ai-2026-05': () => stolen('pkg:pypi/guardrails-ai@0.10.1', '0.10.0', {}),
  'nx-console-2026-05': () => {
    const { now, subjects } = stolen('pkg:generic/nx-console@18.95.0', '18.94.0', {
      facts: contents({ missing: true }),
    })
    const dropper = orphanDependency('pkg:npm/nx', 'github:nrwl/nx#558b09d7ad0d1660e2a0fb8a06da81a6f42e06d2')
    return { now, subjects: [...subjects, dropper], discovery: noticed() }
  },
  'issues-helper-2026-05/moved': () => exhibit('2026-05-18T20:00:00Z', uses('v3', orphan('v3', 'v2'))),
  'issues-helper-2026-05/blocked': () => exhibit('2026-05-20T00:00:00Z', uses('v3', { action: unknown() })),
  'issues-helper-2026-05/unblocked': () => exhibit('2026-09-17T00:00:00Z', uses('v3', orphan('v3', 'v2'), 'known')),
  'antv-2026-05/git-dep': () => {
    const { now, subjects } = stolen('pkg:npm/echarts-for-react@3.0.7', '3.0.2', { baseline: 'registered' })
    const setup = orphanDependency('pkg:npm/%40antv/setup', 'github:antvis/G2#7cb42f57561c321ecb09b4552802ae0ac55b3a7a')
    return { now, subjects: [...subjects, setup], discovery: noticed() }
  },
  'antv-2026-05/preinstall': () =>
    stolen('pkg:npm/%40antv/g2@5.5.8', '5.4.0', { facts: contents({ scripts: { preinstall: 'bun run index.js' } }) }),
  'antv-2026-05/odd-version': () => stolen('pkg:npm/%40antv/g-image-exporter@1.2.42', '1.0.42', {}),
  'antv-2026-05/attested (hypothetical)': () =>
    stolen('pkg:npm/%40antv/g2@5.5.8', '5.4.0', {
      baseline: by('antvis/G2', earlier),
      accepted: [by('somebody/else', { at: '2026-06-01T12:00:00Z' })],
      facts: contents({ scripts: { preinstall: 'bun run index.js' } }),
    }),
  'hf-privacy-filter-2026-05': () => {
    const pin = 'd'.repeat(40)
    const files = [{ path: 'model.safetensors' }, { path: 'loader.py' }]
    const now = { revision: pin, ownerId: '5', files, signed: false }
    const registry = {
      kind: 'not-vouched',
      message: 'a hub signs nothing',
      record: recordOf({ publishedAt: '2026-05-04T00:00:00Z' }),
    } as const
    const evidence = evidenceOf({ registry })
    const dependency = model('Open-OSS/privacy-filter', pin)
    return exhibit(
      '2026-05-04T12:00:00Z',
      subjectOf({ dependency, change: 'added', evidence, facts: factsOf({ model: known(now) }) }),
    )
  },
  'redhat-miasma-2026-06/rewritten': () => miasma('refs/heads/main'),
  'redhat-miasma-2026-06/branch': () => miasma('refs/heads/oidc-f00'),
  'snapshot-branch-2026-06': () => {
    const at = '2026-06-03T10:00:00Z'
    const source = sourceFacts('acme/lib', { reachability: known({ reachableFrom: null, tags: [] }) })
    return exhibit(
      '2026-06-08T00:00:00Z',
      release('pkg:npm/lib@3.1.4', {
        published: at,
        before: '3.1.3',
        accepted: [by('acme/lib', { at, ref: 'refs/heads/snapshot-a1b2c3d4' })],
        baseline: by('acme/lib', earlier),
        facts: sourceOf(source),
      }),
    )
  },
  'phantom-gyp-2026-06': () =>
    stolen('pkg:npm/%40vapi-ai/server-sdk@0.12.1', '0.12.0', { facts: contents({ added: ['binding.gyp'] }) }),
  'hades-pypi-2026-06': () =>
    stolen('pkg:pypi/pyphetools@0.9.120', '0.9.119', {
      facts: contents({ added: ['pyphetools-setup.pth'], missing: true }),
    }),
  'mastra-2026-06': () => {
    const facts = contents({ altered: ['package.json'] })
    const { now, subjects } = stolen('pkg:npm/%40mastra/core@1.42.1', '1.42.0', {
      baseline: by('mastra-ai/mastra', earlier),
      facts,
    })
    const added = { archive: known(archiveOf(['setup.cjs'], { scripts: { postinstall: 'node setup.cjs' } })) }
    const typosquat = newcomer('pkg:npm/easy-day-js@1.11.22', '2026-06-01T11:00:00Z', { facts: factsOf(added) })
    return { now, subjects: [...subjects, typosquat], discovery: noticed() }
  },
  'keyv-cacheable-2026-08/origin': () => {
    const at = '2026-08-04T09:35:00Z'
    const run = known(
      runOf({ jobs: [jobOf([stepOf('Publish', 'success', '2026-08-04T09:34:00Z', '2026-08-04T09:36:00Z')])] }),
    )
    const source = sourceFacts('jaredwray/keyv', { run, review: known({ pullRequests: [] }) })
    const committed = ['setup.mjs', 'Math_Symbol.js']
    const facts = contents({ added: committed, committed, scripts: { preinstall: 'node setup.mjs' }, source })
    return exhibit(
      '2026-08-04T12:00:00Z',
      release('pkg:npm/keyv@6.0.0', {
        published: at,
        before: '6.0.0-rc.1',
        accepted: [by('jaredwray/keyv', { at })],
        baseline: by('jaredwray/keyv', earlier),
        facts: { ...facts, rebuild: known('matches') },
      }),
    )
  },
  'keyv-cacheable-2026-08/spread': () =>
    stolen('pkg:npm/somebodys@1.0.1', '1.0.0', {
      facts: contents({ added: ['setup.mjs', 'Math_Symbol.js'], scripts: { preinstall: 'node setup.mjs' } }),
    }),
  'lockfile-injection/other-version': () => injected('sha512-… is the one of 1.2.0'),
  'lockfile-injection/other-host': () => injected('sha512-… is unknown', { registry: 'https://evil.example' }),
  'lockfile-injection/mirror': () => injected('the mirror serves other bytes'),
  'url-list-split-view': () => {
    const file = (name: string) => ({ name, digests: { sha256: 'a'.repeat(64) } })
    const files = [file('https://a.example/1.jpg'), file('https://a.example/2.jpg')]
    const dependency = dependencyOf('file:urls.csv', { kind: 'dataset', digests: {}, files })
    const now = { revision: 'x', files: [{ path: 'https://a.example/1.jpg', sha256: 'b'.repeat(64) }], signed: true }
    const facts = factsOf({ model: known(now) })
    return exhibit('2026-06-01T00:00:00Z', subjectOf({ dependency, evidence: NO_EVIDENCE, facts }))
  },
  'squawk-2026-05 (R16)': () => ({ ...exhibit('2026-05-12T00:00:00Z'), discovery: noticed('GATE_TOO_LATE') }),
  'tanstack-2026-05/producer': () => ({ ...exhibit('2026-05-12T00:00:00Z'), discovery: noticed('CACHE_RESTORED') }),
}

/** F: something that may fail a run. What is unusual or a note is printed and is no alarm. */
function answer(objections: readonly Objection[]): 'F' | 'q' | 'u' {
  const loud = objections.filter(({ weight }) => weight !== 'unusual' && weight !== 'note')
  if (loud.some(({ outcome }) => outcome === 'fire')) return 'F'
  return loud.some(({ outcome }) => outcome === 'unknown') ? 'u' : 'q'
}

function ask({ subjects, discovery, now }: Exhibit, r: string) {
  const rule = RULES_TABLE.find(({ id }) => RULES.some((row) => row.id === id && row.r === r))
  if (rule === undefined) throw new Error(`${r} is not in the table`)
  const context = { ...contextOf(rule.id), now }
  return [
    ...subjects.flatMap((subject) => rule.check?.(subject, context) ?? []),
    ...(rule.checkPipeline?.(discovery, context) ?? []),
  ]
}

const cells = Object.entries(INCIDENT_TABLE).flatMap(([slug, row]) =>
  row
    .split(/\s+/)
    .map((expected, n) => ({ slug, rule: `R${n}`, expected }))
    .filter(({ expected }) => expected !== '.'),
)
const WORDS = { F: 'fires on', q: 'stays quiet on', u: 'does not know about' }

describe('the museum of incidents', () => {
  it('has a row of 17 cells and an exhibit for each incident', () => {
    expect(Object.keys(EXHIBITS)).toStrictEqual(Object.keys(INCIDENT_TABLE))
    expect(Object.values(INCIDENT_TABLE).map((row) => row.split(/\s+/).length)).toStrictEqual(
      Object.keys(INCIDENT_TABLE).map(() => 17),
    )
  })

  it.each(cells.map((cell) => ({ ...cell, says: WORDS[cell.expected as keyof typeof WORDS] })))(
    '$rule $says $slug',
    ({ slug, rule, expected }) => {
      const objections = ask(EXHIBITS[slug]?.() ?? exhibit('2026-01-01T00:00:00Z'), rule)
      expect(answer(objections), objections.map(({ code, message }) => `${code}: ${message}`).join('\n')).toBe(expected)
    },
  )
})
