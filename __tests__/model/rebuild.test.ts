import { describe, expect, it } from 'vitest'
import { rebuildOf } from '../../src/model/rebuild.ts'
import { parseStatement } from '../../src/model/statement.ts'
import { dependencyOf } from '../support/dependencies.ts'

const OWN = 'aa'.repeat(32)
const REBUILT = 'bb'.repeat(32)
const OTHER = 'cc'.repeat(32)
const FILE = 'left-1.0.0.tgz'
const URL_OF = `https://registry.npmjs.org/left/-/${FILE}`
const dependency = dependencyOf({ ecosystem: 'npm', name: 'left', version: '1.0.0', digests: { sha256: OWN } })
const target = { dependency, digests: dependency.digests }

function statement(
  build: string,
  name: string,
  sha256: string,
  externalParameters: object,
  resolvedDependencies: unknown,
) {
  return parseStatement(
    Buffer.from(
      JSON.stringify({
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name, digest: { sha256 } }],
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: {
          buildDefinition: {
            buildType: `https://docs.oss-rebuild.dev/builds/${build}@v0.1`,
            externalParameters,
            resolvedDependencies,
          },
        },
      }),
    ),
  )
}
const equivalence = ({ sha256 = OWN, url = URL_OF, rebuilt = REBUILT as string, listed = `rebuild/${FILE}` } = {}) =>
  statement('ArtifactEquivalence', FILE, sha256, { candidate: `rebuild/${FILE}`, target: url }, [
    { name: listed, digest: { sha256: rebuilt } },
    { name: url, digest: { sha256 } },
  ])
const rebuild = ({ sha256 = REBUILT, version = '1.0.0', name = 'left' } = {}) =>
  statement('Rebuild', `rebuild/${FILE}`, sha256, { ecosystem: 'npm', package: name, version, artifact: FILE }, [])

describe('a rebuild', () => {
  it('matches when the equivalence is about our bytes and the rebuild is the one it compared', () => {
    expect(rebuildOf([rebuild(), equivalence()], target)).toBe('matches')
  })

  it('matches where older statements repeat the algorithm in the value', () => {
    expect(rebuildOf([rebuild(), equivalence({ rebuilt: `sha256:${REBUILT}` })], target)).toBe('matches')
  })

  it.each([
    ['only the equivalence', [equivalence()]],
    ['only the rebuild', [rebuild()]],
    ['the rebuild of something else', [rebuild({ sha256: OTHER }), equivalence()]],
    ['the rebuild of another version', [rebuild({ version: '1.0.1' }), equivalence()]],
    ['the rebuild of another package', [rebuild({ name: 'right' }), equivalence()]],
    [
      'an equivalence with a file from elsewhere',
      [rebuild(), equivalence({ url: `https://registry.npmjs.org.evil.example/${FILE}` })],
    ],
    ['an equivalence with a file over plain http', [rebuild(), equivalence({ url: URL_OF.replace('https', 'http') })]],
    ['an equivalence that does not say what it compared', [rebuild(), equivalence({ listed: 'rebuild/other' })]],
    ['nothing', []],
  ])('is none with %s', (_, statements) => {
    expect(rebuildOf(statements, target)).toBe('none')
  })

  it('differs when the rebuilder compared other bytes under our name', () => {
    expect(rebuildOf([rebuild(), equivalence({ sha256: OTHER })], target)).toBe('differs')
  })

  it('is none, not different, where no digest can be compared', () => {
    expect(
      rebuildOf([rebuild(), equivalence({ sha256: OTHER })], { ...target, digests: { sha512: 'dd'.repeat(64) } }),
    ).toBe('none')
  })

  it('leaves NetworkRebuild alone, whose dependencies are no list', () => {
    const network = statement('NetworkRebuild', FILE, OWN, { package: 'left', version: '1.0.0' }, { source: {} })
    expect(rebuildOf([network], target)).toBe('none')
  })
})
