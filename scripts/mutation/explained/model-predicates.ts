import type { Explained } from './explained.ts'

/** Of predicates, of rebuilds, and of which files a platform takes. */
export const MODEL_PREDICATES: readonly Explained[] = [
  {
    why: 'No two keys of a map are equal.',
    keys: ['src/model/predicates/facts.ts buildFactsPredicate EqualityOperator: a < b → a <= b'],
  },
  {
    why: 'A text that was split has a first part; the compiler does not know that.',
    keys: [`src/model/predicates/release.ts parseRelease StringLiteral: '' → "Stryker was here!"`],
  },
  {
    why: 'A text in place of a statement that was read has no build type, so no filter lets it through.',
    keys: [
      'src/model/rebuild.ts readStatement ArrayDeclaration: [] → ["Stryker was here"]',
      'src/model/rebuild.ts readStatement ArrayDeclaration: [] → ["Stryker was here"] (2)',
    ],
  },
  {
    why: 'A text in place of a dependency has no name, so the schema leaves it out.',
    keys: ['src/model/rebuild.ts readStatement ArrayDeclaration: [] → ["Stryker was here"] (3)'],
  },
  {
    why: 'No host has a name with spaces.',
    keys: ['src/model/rebuild.ts fromOrigin ArrayDeclaration: [] → ["Stryker was here"]'],
  },
  {
    why: 'Neither of the two texts is a processor that wheels are made for.',
    keys: [`src/model/python-platforms.ts fitsPlatform StringLiteral: '' → "Stryker was here!"`],
  },
  {
    why: 'The first element is the whole match, which nobody reads; the groups stay undefined.',
    keys: ['src/model/python-platforms.ts fitsPython ArrayDeclaration: [] → ["Stryker was here"]'],
  },
  {
    why: 'Whether a platform is known does not depend on the tag.',
    keys: [`src/model/python-platforms.ts filesForPlatforms StringLiteral: 'any' → ""`],
  },
]
