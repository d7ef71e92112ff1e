import { z } from 'zod'
import type { ArchiveFact } from '../../model/facts.ts'
import { decodeUtf8, parseJson } from '../../model/json.ts'
import { parseWith } from '../../model/statement.ts'
import type { Listing } from './listing.ts'

const manifestSchema = z.looseObject({
  name: z.string().optional().catch(undefined),
  scripts: z.record(z.string(), z.unknown()).optional().catch(undefined),
  gypfile: z.unknown().optional(),
  bin: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .optional()
    .catch(undefined),
})

type NpmParts = Pick<ArchiveFact, 'scripts' | 'gypfile' | 'entryPoints'>

/**
 * What an installer of npm would run or link. A tarball with two `package.json` is installed with the last one, and the
 * registry has read the first: the scripts of both count.
 *
 * @throws {CleanbillError} `JSON_MALFORMED`, `JSON_AMBIGUOUS`, `STATEMENT_MALFORMED`
 */
export function readPackageJson(listing: Listing): NpmParts {
  const manifests = listing.contents.map(({ bytes }) => {
    // npm, too, takes a byte order mark off.
    const text = decodeUtf8(bytes, 'package.json').replace(/^\uFEFF/, '')
    return parseWith(manifestSchema, parseJson(text, 'package.json'), 'package.json')
  })
  if (manifests.length === 0) return { entryPoints: [] }
  const scripts = manifests.flatMap((one) =>
    Object.entries(one.scripts ?? {}).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
  const bins = manifests.flatMap(({ bin, name = '' }) =>
    typeof bin === 'string' ? [name.slice(name.lastIndexOf('/') + 1)] : Object.keys(bin ?? {}),
  )
  return {
    scripts: Object.fromEntries(scripts),
    gypfile: manifests.some(({ gypfile }) => gypfile === true),
    entryPoints: [...new Set(bins)],
  }
}

/**
 * Names of `entry_points.txt`: commands as they are, plugins of other groups as `group:name`. Source:
 * packaging.python.org, "Entry points specification".
 */
export function readEntryPoints(listing: Listing): string[] {
  const names = new Set<string>()
  for (const { bytes } of listing.contents) {
    let group = ''
    for (const raw of Buffer.from(bytes).toString('utf8').split(/\r?\n/)) {
      const line = raw.trim()
      const [, section] = /^\[([^\]]+)\]$/.exec(line) ?? []
      if (section !== undefined) group = section.trim()
      const [, name] = /^([^=#;[][^=]*?)\s*=/.exec(line) ?? []
      if (name !== undefined) names.add(/^(?:console|gui)_scripts$/.test(group) ? name : `${group}:${name}`)
    }
  }
  return [...names]
}
