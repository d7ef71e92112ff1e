import { parseJson } from '../../../src/model/json.ts'
import { applyFacts, FACTS_V1, parseFactsPredicate } from '../../../src/model/predicates/facts.ts'
import { parseLink } from '../../../src/model/predicates/link.ts'
import { parseOmsPredicate } from '../../../src/model/predicates/oms.ts'
import { parseProvenance } from '../../../src/model/predicates/provenance.ts'
import { parseRelease } from '../../../src/model/predicates/release.ts'
import { parseSvr } from '../../../src/model/predicates/svr.ts'
import { parseTestResult } from '../../../src/model/predicates/test-result.ts'
import { parseVsa } from '../../../src/model/predicates/vsa.ts'
import { documentTarget, jsonSeeds, type Target } from '../engine/target.ts'
import { STATEMENT } from './bundle-seeds.ts'

const resource = { uri: 'https://example.com/a', digest: { sha256: 'a'.repeat(64) }, name: 'a' }

const vsa = {
  verifier: { id: 'https://example.com/verifier', version: { it: '1' } },
  timeVerified: '2026-11-20T10:00:00Z',
  resourceUri: 'pkg:npm/a@1.0.0',
  policy: { uri: 'https://example.com/policy', digest: { sha256: 'a'.repeat(64) } },
  inputAttestations: [resource],
  verificationResult: 'PASSED',
  verifiedLevels: ['SLSA_BUILD_LEVEL_2', 'CLEANBILL_GATE_STRICT_V1'],
  dependencyLevels: { SLSA_BUILD_LEVEL_1: 2 },
  slsaVersion: '1.2',
}

const oms = (method: 'files' | 'shards') => ({
  resources: [{ name: 'model.bin', digest: 'a'.repeat(64), algorithm: 'sha256' }],
  serialization: {
    method,
    hash_type: 'sha256',
    allow_symlinks: false,
    ignore_paths: ['.git'],
    ...(method === 'shards' ? { shard_size: 1_000 } : {}),
  },
})

const facts = {
  observedAt: '2026-11-20T10:00:00Z',
  sources: [
    {
      source: { server: 'https://github.com', owner: 'a', repository: 'b', commit: 'c'.repeat(40), refPatterns: ['d'] },
      repository: { observedAt: '2026-11-20T10:00:00Z', value: { id: '1', ownerId: '2', defaultBranch: 'main' } },
      reachability: {
        observedAt: '2026-11-20T10:00:00Z',
        value: { reachableFrom: 'refs/heads/main', tags: [{ name: 'v1', immutable: true }] },
      },
    },
  ],
}

/** Parser, and what it reads. */
const PREDICATES: readonly (readonly [string, (predicate: unknown) => unknown, readonly unknown[]])[] = [
  ['provenance parseProvenance', parseProvenance, [STATEMENT.predicate]],
  ['vsa parseVsa', parseVsa, [vsa, { ...vsa, verificationResult: 'FAILED', verifiedLevels: ['FAILED'] }]],
  ['oms parseOmsPredicate', parseOmsPredicate, [oms('files'), oms('shards')]],
  [
    'test-result parseTestResult',
    parseTestResult,
    [{ result: 'PASSED', configuration: [resource], url: 'https://a', passedTests: ['a'], failedTests: [] }],
  ],
  ['link parseLink', parseLink, [{ name: 'step', command: ['make'], materials: [resource], environment: {} }]],
  ['release parseRelease', parseRelease, [{ purl: 'pkg:npm/a@1.0.0', packageId: '7' }]],
  [
    'svr parseSvr',
    parseSvr,
    [{ verifier: { id: 'v', policies: [resource] }, timeCreated: '2026-11-20T10:00:00Z', properties: ['A'] }],
  ],
]

const question = {
  server: 'https://github.com',
  owner: 'a',
  repository: 'b',
  commit: 'c'.repeat(40),
  refPatterns: ['d'],
  review: false,
}

export const MODEL_PREDICATES: readonly Target[] = [
  ...PREDICATES.map(([name, parse, seeds]) => {
    const [file = '', exported = ''] = name.split(' ')
    return documentTarget(`model/predicate-${file}`, {
      covers: [`src/model/predicates/${file}.ts ${exported}`],
      seeds: jsonSeeds(...seeds),
      run: (bytes) => parse(parseJson(bytes, 'it')),
    })
  }),
  documentTarget('model/predicate-facts', {
    covers: ['src/model/predicates/facts.ts parseFactsPredicate'],
    seeds: jsonSeeds(facts, { ...facts, sources: [] }, { predicateType: FACTS_V1 }),
    run: (bytes) =>
      applyFacts([question], parseFactsPredicate(parseJson(bytes, 'it')), {
        now: new Date('2026-11-20T12:00:00Z'),
        maxAgeHours: 48,
      }),
    complain: (answers) => (answers.size <= 1 ? undefined : 'answers what was not asked'),
  }),
]
