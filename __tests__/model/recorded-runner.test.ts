import { expect, it } from 'vitest'
import type { JsonValue } from '../../src/model/json.ts'
import { foreignRunner } from '../../src/model/recorded-runner.ts'
import { RUN_BUILD_TYPE } from '../../src/model/uris.ts'

const PROVENANCE = 'https://slsa.dev/provenance/v1'
const recordedOn = (runner: JsonValue, buildType = RUN_BUILD_TYPE): JsonValue => ({
  buildDefinition: { buildType, internalParameters: { recorded: { runner_environment: runner } } },
})

// A hosted job that only signs would vouch for whatever a self-hosted one made.
it.each<[string, JsonValue, string, string | undefined]>([
  ['a self-hosted runner', recordedOn('self-hosted'), PROVENANCE, 'self-hosted'],
  ['a hosted runner', recordedOn('github-hosted'), PROVENANCE, undefined],
  ['a runner that is no text', recordedOn(['github-hosted']), PROVENANCE, 'unknown'],
  ['a runner that is null', recordedOn(null), PROVENANCE, 'unknown'],
  ['another build type', recordedOn('self-hosted', 'https://b.test'), PROVENANCE, undefined],
  ['another predicate', recordedOn('self-hosted'), 'https://slsa.dev/provenance/v0.2', undefined],
  ['the job that signed', { buildDefinition: { buildType: RUN_BUILD_TYPE } }, PROVENANCE, undefined],
  [
    'a list of parameters',
    { buildDefinition: { buildType: RUN_BUILD_TYPE, internalParameters: ['recorded'] } },
    PROVENANCE,
    undefined,
  ],
  ['no predicate', null, PROVENANCE, undefined],
])('%s ran the command', (_, predicate, predicateType, runner) => {
  const statement = { _type: 'https://in-toto.io/Statement/v1', subject: [], predicateType, predicate } as const
  expect(foreignRunner(statement)).toBe(runner)
})
