import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { Dependency, Notice } from '../../model/dependency.ts'
import { parseDigestValue } from '../../model/digest.ts'
import { entryOf } from '../entry.ts'
import { atLine, baseName, type Finder, type Found, malformed, named, type SourceFile } from '../finder.ts'
import { decodeText, lineAt, splitLines } from '../text.ts'

/** `gradle.lockfile` and its kin: `group:artifact:version=configurations`. Source: docs.gradle.org, "Locking Versions". */
export const gradleLock: Finder = {
  id: 'gradle-lock',
  matches: (path) =>
    /^(?:buildscript-|settings-)?gradle\.lockfile$/.test(baseName(path)) ||
    /(?:^|\/)dependency-locks\/[^/]+\.lockfile$/.test(path),
  find: findGradleLock,
}

function findGradleLock({ path, bytes }: SourceFile): Found {
  const dependencies = splitLines(decodeText(bytes)).flatMap((raw, index) => {
    const text = raw.trim()
    if (text === '' || text.startsWith('#') || text.startsWith('empty=')) return []
    const [, group, artifact, version, configurations = ''] =
      /^([^:=\s]+):([^:=\s]+):([^:=\s]+)(?:=(.*))?$/.exec(text) ?? []
    if (group === undefined || artifact === undefined || version === undefined) {
      throw malformed('the line is not "group:artifact:version=configurations"', index + 1)
    }
    const isTest = configurations !== '' && configurations.split(',').every((name) => /test/i.test(name))
    const scope = isTest ? 'development' : configurations === '' ? 'unspecified' : 'runtime'
    return [mavenEntry(`${group}:${artifact}`, version, path, index + 1, { scope })]
  })
  return { dependencies }
}

/** `gradle/verification-metadata.xml`: the checksums of each artifact. Source: docs.gradle.org, "Verifying dependencies". */
export const gradleVerification: Finder = {
  id: 'gradle-verification',
  matches: named('verification-metadata.xml'),
  find: findVerification,
}

const LISTS: ReadonlySet<string> = new Set([
  'component',
  'artifact',
  'also-trust',
  'dependency',
  'plugin',
  'sha256',
  'sha512',
  'profile',
])

type Xml = { readonly [key: string]: unknown }

/** No entities: an attacker's document type could otherwise unfold into memory, or read files (CWE-776, CWE-611). */
function parseXml(text: string): Xml {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text))
    throw malformed('the file declares a document type', lineAt(text, text.search(/<!(?:DOCTYPE|ENTITY)/i)))
  const valid = XMLValidator.validate(text)
  if (valid !== true) throw malformed(`the file is not valid XML: ${valid.err.msg}`, valid.err.line)
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: false,
    isArray: (name) => LISTS.has(name),
  })
  try {
    return parser.parse(text) as Xml
  } catch (cause) {
    // It stumbles over what its own validator has let through, such as a quote in a processing instruction.
    throw malformed(`the file is not valid XML: ${(cause as Error).message.split('\n')[0] ?? ''}`, 1)
  }
}

const child = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? (at as Xml)[key] : undefined), value)
const children = (value: unknown, key: string): readonly unknown[] => {
  const found = child(value, key)
  return Array.isArray(found) ? found : []
}
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.trim() : undefined

function findVerification({ path, bytes }: SourceFile): Found {
  const source = decodeText(bytes)
  const root = child(parseXml(source), 'verification-metadata')
  if (typeof root !== 'object') throw malformed('there is no <verification-metadata>', 1)
  const lines = tagLines(source, 'component')
  const components = children(child(root, 'components'), 'component')
  if (lines.length !== components.length)
    throw malformed('<component> is written in places where it is not read', lines[0])
  const dependencies = components.map((component, index) => {
    const line = lines[index] ?? 1
    const [group, artifact, version] = ['@group', '@name', '@version'].map((key) => text(child(component, key)))
    if (group === undefined || artifact === undefined || version === undefined)
      throw malformed('the component has no name', line)
    const files = children(component, 'artifact').map((file) => ({
      name: text(child(file, '@name')),
      digests: Object.fromEntries(
        ['sha256', 'sha512'].flatMap((algorithm) => {
          const value = text(child(children(file, algorithm)[0], '@value'))
          return value === undefined ? [] : [[algorithm, atLine(line, () => parseDigestValue(algorithm, value))]]
        }),
      ),
    }))
    const only = files.length === 1 ? files[0]?.digests : undefined
    return mavenEntry(`${group}:${artifact}`, version, path, line, {
      files,
      ...(only === undefined ? {} : { digests: only }),
    })
  })
  return { dependencies }
}

/**
 * `pom.xml`: what the project itself names. Maven has no lock, so what those bring along is not known from any file, and
 * that is said. Source: maven.apache.org/pom.html.
 */
export const pom: Finder = { id: 'pom', matches: named('pom.xml'), find: findPom }

function findPom({ path, bytes }: SourceFile): Found {
  const source = decodeText(bytes)
  const project = child(parseXml(source), 'project')
  if (typeof project !== 'object' || project === null) throw malformed('there is no <project>', 1)
  const properties = (child(project, 'properties') ?? {}) as Xml
  const fill = (value: string | undefined) =>
    value?.replace(/\$\{([^}]+)\}/g, (whole, name: string) => {
      const known =
        name === 'project.version'
          ? child(project, 'version')
          : name === 'project.groupId'
            ? child(project, 'groupId')
            : properties[name]
      return text(known) ?? whole
    })
  const profiles = children(child(project, 'profiles'), 'profile')
  const parts = [project, ...profiles]
  const listed = parts.flatMap((part) => [
    ...children(child(part, 'dependencies'), 'dependency'),
    ...children(child(part, 'build', 'plugins'), 'plugin').map((plugin) => ({
      scope: 'plugin',
      groupId: 'org.apache.maven.plugins',
      ...(plugin as Xml),
    })),
  ])
  const parent = child(project, 'parent')
  const all =
    parent === undefined || child(parent, 'relativePath') !== undefined
      ? listed
      : [{ ...(parent as Xml), scope: 'plugin' }, ...listed]
  const dependencies = all.map((entry): Dependency => {
    const [group, artifact, version] = ['groupId', 'artifactId', 'version'].map((key) => fill(text(child(entry, key))))
    const line = lineOfArtifact(source, text(child(entry, 'artifactId')))
    if (group === undefined || artifact === undefined)
      throw malformed('a dependency has no groupId or no artifactId', line)
    return mavenEntry(`${group}:${artifact}`, version, path, line, {
      scope: pomScope(child(entry, 'scope'), child(entry, 'optional')),
    })
  })
  const notice: Notice = {
    code: 'UNLOCKED_MANIFEST',
    message: `pom.xml names ${dependencies.length} artifacts, and nothing locks what they bring along`,
    hint: 'Maven writes no lock; keep a list of checksums beside it, or mirror the repository.',
    file: path,
    line: 1,
  }
  return { dependencies, notices: dependencies.length === 0 ? [] : [notice] }
}

function pomScope(scope: unknown, optional: unknown): Dependency['scope'] {
  if (scope === 'test') return 'development'
  if (scope === 'plugin' || scope === 'provided' || scope === 'import') return 'build'
  return optional === 'true' ? 'optional' : 'runtime'
}

function lineOfArtifact(source: string, artifact: string | undefined): number {
  const at = artifact === undefined ? -1 : source.indexOf(`<artifactId>${artifact}</artifactId>`)
  return at < 0 ? 1 : lineAt(source, at)
}

function tagLines(source: string, tag: string): number[] {
  const bare = source.replace(/<!--[\s\S]*?-->/g, (comment) => comment.replace(/[^\n]/g, ' '))
  return bare
    .split('\n')
    .flatMap((line, index) => Array.from(line.matchAll(new RegExp(`<${tag}(?=[\\s>])`, 'g')), () => index + 1))
}

type Extra = Partial<Pick<Dependency, 'scope' | 'files' | 'digests'>>

function mavenEntry(name: string, version: string | undefined, file: string, line: number, extra: Extra): Dependency {
  return entryOf({ ecosystem: 'maven', name, version, file, line, scope: 'unspecified', source: 'registry', ...extra })
}
