import { digestsMatch, parseDigest, parseDigestValue } from '../../../src/model/digest.ts'
import { matchesGlob } from '../../../src/model/glob.ts'
import { parseIntegrity } from '../../../src/model/integrity.ts'
import { nearest } from '../../../src/model/nearest.ts'
import { parseChallenge, registryHost } from '../../../src/model/oci.ts'
import {
  comparePythonVersions,
  normalizePythonVersion,
  parsePythonSpecifiers,
  parsePythonVersion,
} from '../../../src/model/pep440.ts'
import { formatPackageUrl, parsePackageUrl, samePackage } from '../../../src/model/purl.ts'
import { parsePythonFile, samePythonFile } from '../../../src/model/python-file-name.ts'
import { filesForPlatforms } from '../../../src/model/python-platforms.ts'
import { compareVersions, inRange, isRange, releaseLine } from '../../../src/model/versions.ts'
import { type Target, textTarget } from '../engine/target.ts'

const VERSIONS = [
  '1.2.3',
  '1!2.0rc1.post2.dev3+local.1',
  'v1.0.0-beta.1+build',
  '0.4',
  '2004d',
  '1.0.0.dev20261126120000',
]
const RANGES = ['>=1.2,<2', '==1.*', '~=1.4.2', '===1.0', '^1.2.3 || ~2', '>=1.0.0 <2.0.0-0', '1.x', '!=1.5']

/** The four ecosystems whose versions are read differently. */
const ECOSYSTEMS = ['npm', 'pypi', 'golang', 'maven', 'github']

export const MODEL_NAMES: readonly Target[] = [
  textTarget('model/purl', {
    covers: ['src/model/purl.ts parsePackageUrl'],
    seeds: () => ['pkg:npm/%40acme/app@1.0.0', 'pkg:pypi/zope.interface@5', 'pkg:oci/a/b@sha256%3Aaa?arch=x#sub/path'],
    throwsNothing: true,
    run: parsePackageUrl,
    complain: (purl) => {
      if (purl === undefined || [purl.namespace, purl.name].some((part) => /\/\/|^\/|\/$/.test(part))) return undefined
      if (purl.name.includes('/') || !purl.name.isWellFormed() || !purl.namespace.isWellFormed()) return undefined
      if (!purl.version.isWellFormed()) return undefined
      return samePackage(parsePackageUrl(formatPackageUrl(purl)), purl) ? undefined : 'is another package when written'
    },
  }),
  textTarget('model/digest', {
    covers: ['src/model/digest.ts parseDigest', 'src/model/digest.ts parseDigestValue'],
    seeds: () => [`sha256:${'a'.repeat(64)}`, `sha512:${'B'.repeat(128)}`, `gitCommit:${'c'.repeat(40)}`],
    run: (text) => {
      parseDigestValue('sha256', text.slice(7))
      return parseDigest(text)
    },
    complain: (digest) =>
      digestsMatch({ [digest.algorithm]: digest.hex }, { [digest.algorithm]: digest.hex }) ||
      /^[0-9a-f]+$/.test(digest.hex)
        ? undefined
        : 'is no digest',
  }),
  textTarget('model/integrity', {
    covers: ['src/model/integrity.ts parseIntegrity'],
    seeds: () => [
      `sha512-${Buffer.alloc(64, 1).toString('base64')}`,
      `sha1-${Buffer.alloc(20, 1).toString('base64')} sha256-${Buffer.alloc(32, 1).toString('base64')}?opt`,
    ],
    run: parseIntegrity,
    complain: (digests) =>
      Object.values(digests).every((hex) => /^[0-9a-f]+$/.test(hex ?? '')) ? undefined : 'holds what is no hex',
  }),
  textTarget('model/python-version', {
    covers: ['src/model/pep440.ts parsePythonVersion'],
    seeds: () => VERSIONS,
    throwsNothing: true,
    run: (text) => {
      const version = parsePythonVersion(text)
      return { version, normal: normalizePythonVersion(text) }
    },
    complain: ({ version, normal }) => {
      if (version === undefined) return undefined
      const again = parsePythonVersion(normal)
      if (again === undefined || comparePythonVersions(version, again) !== 0)
        return 'is another version when normalised'
      return normalizePythonVersion(normal) === normal ? undefined : 'is normalised twice'
    },
  }),
  textTarget('model/python-specifiers', {
    covers: ['src/model/pep440.ts parsePythonSpecifiers'],
    seeds: () => RANGES,
    throwsNothing: true,
    run: (text) => VERSIONS.map((version) => parsePythonSpecifiers(text)?.(version)),
  }),
  textTarget('model/python-file', {
    covers: ['src/model/python-file-name.ts parsePythonFile'],
    seeds: () => [
      'a_b-1.0-py3-none-any.whl',
      'a-1.0-1build-cp312.cp313-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
      'zope-interface-1.0-1.tar.gz',
      'a-1.0.zip',
    ],
    throwsNothing: true,
    run: (text) => {
      const file = { name: text, digests: {} }
      const { checked, pinned } = filesForPlatforms([file], ['linux-x64', 'darwin-arm64', text], '3.12')
      return { same: samePythonFile(text, text), read: parsePythonFile(text), parts: checked.length + pinned.length }
    },
    complain: ({ same, read, parts }) => {
      if (parts !== 1) return 'a file is in both parts, or in none'
      return same === (read !== undefined) ? undefined : 'is not the same file as itself'
    },
  }),
  textTarget('model/challenge', {
    covers: ['src/model/oci.ts parseChallenge'],
    seeds: () => [
      'Bearer realm="https://a/token",service="a",scope="repository:b:pull"',
      'Basic realm="a", Bearer b=c',
    ],
    throwsNothing: true,
    run: (text) => [parseChallenge(text), registryHost(text)],
  }),
  textTarget('model/versions', {
    covers: [],
    seeds: () => [...VERSIONS, ...RANGES],
    throwsNothing: true,
    run: (text) =>
      ECOSYSTEMS.map((ecosystem) => [
        compareVersions(ecosystem, text, '1.2.3'),
        compareVersions(ecosystem, '1.2.3', text),
        releaseLine(ecosystem, text),
        isRange(text),
        inRange(ecosystem, '1.2.3', text, true),
        inRange(ecosystem, text, '>=1', false),
      ]),
    complain: (rows) =>
      rows.every(([less, more]) => less === undefined || more === undefined || Number(less) === -Number(more))
        ? undefined
        : 'the order depends on which version comes first',
  }),
  textTarget('model/glob', {
    covers: [],
    seeds: () => ['https://github.com/acme/**', 'refs/tags/v*', '**/*/**'],
    throwsNothing: true,
    run: (text) => {
      // Patterns come from policies and locks, which have a limit of their own.
      const pattern = text.slice(0, 2_048)
      return [matchesGlob(pattern, text.slice(0, 4_096)), matchesGlob(pattern, pattern.replaceAll('*', 'x'))] as const
    },
    complain: ([, itself], text) => (itself || /[\ud800-\udfff]/.test(text) ? undefined : 'does not match itself'),
  }),
  textTarget('model/nearest', {
    covers: [],
    seeds: () => ['profil', 'signer-continuity'],
    throwsNothing: true,
    run: (text) => nearest(text, ['profile', 'rules', 'signer-continuity']),
  }),
]
