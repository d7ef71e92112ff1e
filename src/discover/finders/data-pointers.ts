import type { Dependency } from '../../model/dependency.ts'
import { parseDigestValue } from '../../model/digest.ts'
import { entryOf } from '../entry.ts'
import { atLine, baseName, type Finder, type Found, malformed, named, type SourceFile } from '../finder.ts'
import { decodeText } from '../text.ts'
import { parseYamlMap, type YamlNode } from '../yaml-lines.ts'

/** `*.dvc` and `dvc.lock`: data sets and models by MD5, kept outside of git. Source: dvc.org, "DVC Files". */
export const dvc: Finder = {
  id: 'dvc',
  matches: (path) => named('dvc.lock')(path) || (/.\.dvc$/.test(baseName(path)) && !path.endsWith('.lock')),
  find: findDvc,
}

function findDvc(file: SourceFile): Found {
  const root = parseYamlMap(file.bytes)
  const stages = root.get('stages')?.entries() ?? []
  const inputs =
    baseName(file.path) === 'dvc.lock'
      ? stages.flatMap(([, stage]) => stage.get('deps')?.items() ?? [])
      : [...(root.get('outs')?.items() ?? []), ...(root.get('deps')?.items() ?? [])]
  return { dependencies: inputs.flatMap((entry) => readDvc(file.path, entry)) }
}

/** MD5 is not collision-resistant: kept as what the file says, never enough to identify data (formats.md §16). */
function readDvc(file: string, entry: YamlNode): Dependency[] {
  const path = entry.get('path')?.text
  if (path === undefined) throw malformed('the entry has no path', entry.line)
  const hash = entry.get('md5')?.text ?? entry.get('etag')?.text
  const md5 = hash?.replace(/\.dir$/, '')
  // A dependency of a stage that git itself keeps, such as a script, has a hash too: it is part of the project.
  const digests = md5 !== undefined && /^[0-9a-f]{32}$/.test(md5) ? { md5 } : {}
  const remote = /^[a-z][a-z0-9+.-]*:\/\//i.test(path)
  const common = {
    kind: 'dataset' as const,
    ecosystem: 'generic',
    name: path,
    location: path,
    digests,
    file,
    line: entry.line,
  }
  return [
    entryOf({
      ...common,
      scope: 'runtime',
      source: remote ? 'url' : 'file',
      ...(hash?.endsWith('.dir') ? { checksum: hash } : {}),
    }),
  ]
}

const POINTER =
  /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n(?:ext-\d-[\w.-]+ \S+\n)*oid sha256:([0-9a-f]{64})\nsize (0|[1-9]\d*)\n$/

/** Pointers are shorter than this. Source: git-lfs `docs/spec.md`. */
export const MAX_POINTER_BYTES = 1024

/** Could these first bytes be a pointer? */
export const looksLikePointer = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 50))
    .toString('latin1')
    .startsWith('version https://git-lfs.github.com/')

/** A git-lfs pointer: a small text in place of a large file, in exactly one valid form. Matched by content, not by name. */
export const lfsPointer: Finder = {
  id: 'git-lfs',
  matches: () => false,
  find: ({ path, bytes }) => {
    const [, oid] = POINTER.exec(decodeText(bytes)) ?? []
    if (oid === undefined) throw malformed('the file starts like a git-lfs pointer and is none', 1)
    const digests = { sha256: atLine(2, () => parseDigestValue('sha256', oid)) }
    const kind = /\.(?:safetensors|gguf|onnx|pt|pth|bin|ckpt|h5|tflite|mlmodel|pb)$/.test(path) ? 'model' : 'dataset'
    return {
      dependencies: [
        entryOf({
          kind,
          ecosystem: 'generic',
          name: path,
          location: path,
          digests,
          file: path,
          line: 1,
          scope: 'runtime',
          source: 'file',
        }),
      ],
    }
  },
}
