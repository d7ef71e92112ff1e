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
    [
      'an equivalence that says all that the rebuild would',
      [
        equivalence(),
        statement('ArtifactEquivalence', `rebuild/${FILE}`, REBUILT, { package: 'left', version: '1.0.0' }, []),
      ],
    ],
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

describe('the rebuild of another ecosystem', () => {
  const reads = (ecosystem: string, name: string, url: string, own: string, seen: string, file?: string) => {
    const wanted = dependencyOf({ ecosystem, name, version: '1.0.0', digests: { sha256: OWN } })
    const compared = statement('ArtifactEquivalence', seen, OTHER, { candidate: `rebuild/${seen}`, target: url }, [])
    return rebuildOf([compared], {
      dependency: wanted,
      digests: { sha256: own },
      ...(file === undefined ? {} : { file: { name: file, digests: {} } }),
    })
  }

  // "differs" accuses somebody: only the very name that this ecosystem gives the file, from where it is published.
  it.each([
    ['npm', '@a/b@c', 'https://registry.npmjs.org/x', 'a-b@c-1.0.0.tgz', undefined, 'differs'],
    ['npm', '@a/b', 'https://registry.npmjs.org/x', 'ab-1.0.0.tgz', undefined, 'none'],
    ['cargo', 'serde', 'https://static.crates.io/x', 'serde-1.0.0.crate', undefined, 'differs'],
    ['cargo', 'serde', 'https://crates.io/x', 'serde-1.0.0.crate', undefined, 'differs'],
    ['cargo', 'serde', 'https://crates.io/x', 'serde-1.0.1.crate', undefined, 'none'],
    ['cargo', 'serde', 'https://registry.npmjs.org/x', 'serde-1.0.0.crate', undefined, 'none'],
    ['pypi', 'idna', 'https://files.pythonhosted.org/x', 'idna-1.0.0.whl', 'idna-1.0.0.whl', 'differs'],
    ['pypi', 'idna', 'https://pypi.org/x', 'idna-1.0.0.whl', 'idna-1.0.0.whl', 'differs'],
    ['pypi', 'idna', 'https://pypi.org/x', 'idna-1.0.0.whl', undefined, 'none'],
    ['pypi', 'idna', 'https://pypi.org/x', 'idna-1.0.0.whl', 'idna-1.0.0.tar.gz', 'none'],
    ['gem', 'rack', 'https://rubygems.org/x', 'rack-1.0.0.gem', 'rack-1.0.0.gem', 'none'],
    ['npm', 'b@c', 'https://registry.npmjs.org/x', 'b@c-1.0.0.tgz', undefined, 'differs'],
    ['npm', 'left', 'no URL', FILE, undefined, 'none'],
  ])('%s %s from %s, compared as %s with the file %s: %s', (ecosystem, name, url, seen, file, said) => {
    expect(reads(ecosystem, name, url, OWN, seen, file)).toBe(said)
  })

  // Nobody knows what such a file is called, so no name is the name of it.
  it.each([
    ['pypi', 'idna', '1.0.0', 'https://pypi.org/x', ''],
    ['pypi', 'idna', '1.0.0', 'https://pypi.org/x', undefined],
    ['npm', 'left', undefined, 'https://registry.npmjs.org/x', 'left-.tgz'],
    ['npm', 'left', undefined, 'https://registry.npmjs.org/x', 'left-undefined.tgz'],
    ['cargo', 'serde', undefined, 'https://crates.io/x', 'serde-.crate'],
  ])('of %s %s with the version %s accuses nobody where the name of the file is not known', (...row) => {
    const [ecosystem, name, version, url, seen] = row
    const compared = statement('ArtifactEquivalence', FILE, OTHER, { candidate: 'rebuild/x', target: url }, [])
    const subject = [{ digest: { sha256: OTHER }, ...(seen === undefined ? {} : { name: seen }) }]
    const wanted = dependencyOf({ ecosystem, name, ...(version === undefined ? {} : { version }) })
    expect(rebuildOf([{ ...compared, subject }], { dependency: wanted, digests: { sha256: OWN } })).toBe('none')
  })
})

describe('a statement of a rebuilder that says something else', () => {
  const asked = equivalence()
  const build = rebuild()
  it.each([
    ['with another predicate type', [build, { ...asked, predicateType: 'https://slsa.dev/provenance/v0.2' }]],
    ['without build definition', [build, { ...asked, predicate: {} }]],
    ['whose target is no text', [build, statement('ArtifactEquivalence', FILE, OWN, { target: 1 }, [])]],
    [
      'whose target is a list with the one text',
      [
        build,
        statement('ArtifactEquivalence', FILE, OWN, { candidate: `rebuild/${FILE}`, target: [URL_OF] }, [
          { name: `rebuild/${FILE}`, digest: { sha256: REBUILT } },
        ]),
      ],
    ],
    [
      'that is a rebuild with the parameters of an equivalence',
      [
        build,
        statement('Rebuild', FILE, OWN, { candidate: `rebuild/${FILE}`, target: URL_OF }, [
          { name: `rebuild/${FILE}`, digest: { sha256: REBUILT } },
        ]),
      ],
    ],
    [
      'whose rebuild has another name',
      [asked, { ...build, subject: [{ name: 'other', digest: { sha256: REBUILT } }] }],
    ],
    [
      'whose dependency has no digest',
      [
        build,
        statement('ArtifactEquivalence', FILE, OWN, { candidate: `rebuild/${FILE}`, target: URL_OF }, [
          { name: `rebuild/${FILE}` },
        ]),
      ],
    ],
  ])('is none %s', (_, statements) => {
    expect(rebuildOf(statements, target)).toBe('none')
  })

  it('matches where the file is one of several subjects', () => {
    const more = [{ name: 'more', digest: { sha256: OTHER } }]
    const several = [asked, build].map((one) => ({ ...one, subject: [...more, ...one.subject] }))
    expect(rebuildOf(several, target)).toBe('matches')
    const other = equivalence({ sha256: OTHER })
    expect(rebuildOf([{ ...other, subject: [...more, ...other.subject] }], target)).toBe('differs')
  })

  it.each(['sha384', 'sha512'])('differs by its %s alone', (algorithm) => {
    const digits = { sha384: 96, sha512: 128 }[algorithm] ?? 0
    const other = { ...asked, subject: [{ name: FILE, digest: { [algorithm]: 'c'.repeat(digits) } }] }
    expect(rebuildOf([other], { ...target, digests: { [algorithm]: 'a'.repeat(digits) } })).toBe('differs')
  })
})
