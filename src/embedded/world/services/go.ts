import { createHash } from 'node:crypto'
import { encodeBase64 } from '../../../model/base64.ts'
import { leafHash, MerkleTree } from '../../merkle-tree.ts'
import type { WorldDescription, WorldPackage } from '../description.ts'
import type { WorldAnswer, WorldRequest, WorldService } from '../route.ts'
import type { WorldState } from '../state.ts'

/**
 * sum.golang.org: records, signed tree heads and the tiles that prove one to be in the other. Source:
 * go.dev/ref/mod#checksum-database, golang.org/x/mod `sumdb`.
 */
export const goService: WorldService = { origin: 'go', handle }

interface Log {
  readonly records: readonly string[]
  readonly byModule: ReadonlyMap<string, number>
  readonly leaves: readonly Buffer[]
  readonly head: string
}

/** Rebuilt when the story goes on: what stood in the log stays where it was, as long as the description only grows. */
const logs = new WeakMap<WorldDescription, Log>()

function handle({ method, url }: WorldRequest, state: WorldState): WorldAnswer {
  if (method !== 'GET') return { status: 405 }
  const log = logs.get(state.description()) ?? buildLog(state)
  logs.set(state.description(), log)
  const path = decodeURIComponent(url.pathname)
  if (path === '/latest') return text(200, log.head)
  const [, module, version] = /^\/lookup\/(.+)@([^@/]+)$/.exec(path) ?? []
  if (module !== undefined && version !== undefined) return lookup(module, version, log)
  const [, level, tile, width] = /^\/tile\/8\/(\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path) ?? []
  if (level === undefined || tile === undefined) return text(404, 'not found')
  return readTile(Number(level), Number(tile.replace(/[x/]/g, '')), width === undefined ? 256 : Number(width), log)
}

function lookup(module: string, version: string, log: Log): WorldAnswer {
  // Capitals are escaped: a bare one is a path that no module has.
  if (/[A-Z]/.test(`${module}${version}`)) return text(400, `bad request: invalid escaped module path "${module}"`)
  const name = unescapePath(module)
  const index = log.byModule.get(`${name} ${unescapePath(version)}`)
  if (index === undefined)
    return text(404, `not found: ${name}@${unescapePath(version)}: invalid version: unknown revision`)
  return text(200, `${index}\n${log.records[index]}\n${log.head}`)
}

const unescapePath = (path: string): string => path.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase())

function buildLog(state: WorldState): Log {
  const packs = state.description().packages.filter(({ ecosystem }) => ecosystem === 'go')
  const records = packs.map((pack) => recordOf(pack, state))
  const tree = new MerkleTree()
  const leaves = records.map((record) => leafHash(Buffer.from(record)))
  for (const leaf of leaves) tree.append(leaf)
  const head = state.signNote(`go.sum database tree\n${tree.size}\n${encodeBase64(tree.root())}\n`)
  const byModule = new Map(packs.map(({ name, version }, index) => [`${name} ${version}`, index]))
  return { records, byModule, leaves, head }
}

function recordOf(pack: WorldPackage, state: WorldState): string {
  const { name, version } = pack
  const files = state.filesOf(pack)
  const zip = files.find((file) => file.name !== 'go.mod')?.digests.dirHash ?? ''
  const mod = files.find((file) => file.name === 'go.mod')?.digests.dirHash ?? goModHash(name)
  const line = (suffix: string, hex: string) =>
    `${name} ${version}${suffix} h1:${encodeBase64(Buffer.from(hex, 'hex'))}\n`
  return line('', zip) + line('/go.mod', mod)
}

/** `h1:` of the file go.mod alone, as the world's archives have it. */
export function goModHash(name: string): string {
  const content = createHash('sha256').update(`module ${name}\n`).digest('hex')
  return createHash('sha256').update(`${content}  go.mod\n`).digest('hex')
}

function readTile(level: number, index: number, width: number, log: Log): WorldAnswer {
  let row = log.leaves
  for (let i = 0; i < 8 * level; i++) {
    row = row.flatMap((left, at) => {
      const right = row[at + 1]
      return at % 2 === 0 && right !== undefined
        ? [createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest()]
        : []
    })
  }
  const hashes = row.slice(index * 256, index * 256 + width)
  if (width < 1 || width > 256 || hashes.length < width) return text(404, 'not found')
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: Buffer.concat(hashes) }
}

const text = (status: number, body: string): WorldAnswer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=UTF-8' },
  body,
})
