import type { Dependency, Notice } from '../../model/dependency.ts'
import { baseName, type Finder, type Found, folderOf, type Include, joinInside, type SourceFile } from '../finder.ts'
import { imageEntry } from '../image-entry.ts'
import { parseYamlMap, type YamlNode } from '../yaml-lines.ts'
import { findDockerfile } from './dockerfile.ts'

/** Compose files: the image of each service, the Dockerfile of each that is built. Source: compose-spec. */
export const compose: Finder = {
  id: 'compose',
  matches: (path) => /^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/.test(baseName(path)),
  find: findCompose,
}

interface Reading {
  readonly file: SourceFile
  readonly dependencies: Dependency[]
  readonly notices: Notice[]
  readonly includes: Include[]
}

function findCompose(file: SourceFile): Found {
  const reading: Reading = { file, dependencies: [], notices: [], includes: [] }
  for (const [, service] of parseYamlMap(file.bytes).get('services')?.entries() ?? []) {
    const build = service.get('build')
    const image = service.get('image')
    if (build !== undefined) readBuild(reading, build)
    // With `build`, the image is the name that the result gets.
    else if (image?.text !== undefined) pushImage(reading, image.text, image.line)
  }
  return reading
}

function readBuild(reading: Reading, build: YamlNode): void {
  const inline = build.get('dockerfile_inline')
  if (inline?.text !== undefined) {
    const found = findDockerfile(reading.file, inline.text, inline.line + (inline.isBlock ? 1 : 0))
    reading.dependencies.push(...found.dependencies)
    reading.notices.push(...(found.notices ?? []))
    return
  }
  for (const [, context] of build.get('additional_contexts')?.entries() ?? []) {
    const image = /^docker-image:\/\/(.+)$/.exec(context.text ?? '')?.[1]
    if (image !== undefined) pushImage(reading, image, context.line)
  }
  const context = (build.isMap ? build.get('context')?.text : build.text) ?? '.'
  const target = joinInside(folderOf(reading.file.path), `${context}/${build.get('dockerfile')?.text ?? 'Dockerfile'}`)
  // A remote context, a variable, or a folder above the root: what is built there is not of this tree.
  if (/\$|:\/\/|^git@/.test(context) || target === undefined) return
  reading.includes.push({ paths: [target], finder: 'dockerfile', line: build.line, whenMissing: 'notice' })
}

function pushImage({ dependencies, file }: Reading, text: string, line: number): void {
  const resolved = text.replace(/\$\{\w+:?-([^}]*)\}/g, '$1')
  dependencies.push(imageEntry(resolved, { file: file.path, line, scope: 'runtime' }))
}
