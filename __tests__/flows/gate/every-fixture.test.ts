import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../../src/model/dependency.ts'
import { EVIDENCE_STATES, type EvidenceState, type Verdict } from '../../../src/model/verdict.ts'
import { gateFixtures } from '../../support/fixture-gate.ts'
import { COUNTS, realName } from '../../support/lockfile-counts.ts'
import { LOCKFILES, largestLockFixtures, lockFixtures } from '../../support/lockfile-fixtures.ts'
import { countImages, countUses } from '../../support/workflow-counts.ts'
import { WORKFLOWS, workflowFixtures } from '../../support/workflow-fixtures.ts'

const locks = lockFixtures()
if (locks.length === 0) console.warn(`SKIPPED: every lock file, ${LOCKFILES} is not there`)
const workflows = workflowFixtures()
if (workflows.size === 0) console.warn(`SKIPPED: every workflow, ${WORKFLOWS} is not there`)

const STRONG = ['sha256', 'sha384', 'sha512', 'dirHash']
const isStrong = ({ digests, files = [] }: Dependency): boolean =>
  [digests, ...files.map((file) => file.digests)].some((set) => STRONG.some((name) => set[name] !== undefined))

/**
 * What an entry of a lock can be in a world that honestly has everything it names, by what the lock itself says of it.
 * Told from the lock alone, with nothing that the gate has come to.
 */
function possible(dependency: Dependency): readonly EvidenceState[] {
  // Workspace members, links, git, tarballs, patches, what lies in another package's archive: no registry speaks of them.
  if (dependency.source !== 'registry') return ['unsupported']
  // Nobody signs what these registries have.
  if (['bazel', 'conda'].includes(dependency.ecosystem)) return ['unsupported']
  if (isStrong(dependency)) return ['verified', 'registered']
  // Yarn's checksum is of its own archive: the registry's digest stands in for it, with a limit that says so.
  if (dependency.checksum !== undefined) return ['verified', 'absent']
  // sha1 or nothing: not comparable with an attestation where there is one, and nobody's word where there is none.
  return ['unsupported', 'absent']
}

const place = ({ id, file, line }: Pick<Dependency, 'id' | 'file' | 'line'>): string => `${file}:${line} ${id}`

/** Every entry is in the verdict once, in one of the ten states, and the states add up. */
function expectEachOnce(found: readonly Dependency[], { counts, total, dependencies }: Verdict): void {
  expect(dependencies.map(place).sort()).toStrictEqual(found.map(place).sort())
  expect(dependencies.filter(({ state }) => !EVIDENCE_STATES.includes(state))).toStrictEqual([])
  expect(total).toBe(found.length)
  expect(Object.keys(counts).sort()).toStrictEqual([...EVIDENCE_STATES].sort())
  const counted = Object.fromEntries(
    EVIDENCE_STATES.map((state) => [state, dependencies.filter((one) => one.state === state).length]),
  )
  expect(counts).toStrictEqual(counted)
}

function expectPossible(
  found: readonly Dependency[],
  { dependencies }: Verdict,
  statesOf: (dependency: Dependency) => readonly EvidenceState[],
): void {
  const byPlace = Map.groupBy(found, place)
  const astray = dependencies.filter((one) => {
    const entries = byPlace.get(place(one)) ?? []
    return !entries.some((entry) => statesOf(entry).includes(one.state))
  })
  expect(astray.map((one) => `${place(one)} ${one.state}`)).toStrictEqual([])
}

describe.skipIf(locks.length === 0)(
  'of each lock file of a real project, every entry ends in exactly one state',
  () => {
    const large = largestLockFixtures()
    // Those are gated together in largest-locks.test.ts.
    const small = locks.filter((file) => !large.includes(file))

    it('each lock file is gated here or there', () => {
      expect(new Set([...small, ...large]).size).toBe(locks.length)
      expect(locks.length).toBeGreaterThanOrEqual(35)
    })

    it.each(small)('%s', async (file) => {
      const path = `p/${realName(file)}`
      const { found, gate } = await gateFixtures(new Map([[path, join(LOCKFILES, file)]]))
      const { verdict } = gate
      expect(verdict.total).toBe(COUNTS[realName(file)]?.(readFileSync(join(LOCKFILES, file), 'utf8')))
      expectEachOnce(found, verdict)
      const byPlace = Map.groupBy(found, place)
      const astray = verdict.dependencies.filter((one) => {
        const entries = byPlace.get(place(one)) ?? []
        return !entries.some((entry) => possible(entry).includes(one.state))
      })
      expect(astray.map((one) => `${place(one)} ${one.state}`)).toStrictEqual([])
      expect(verdict.result).toBe('PASSED')
    })
  },
)

/** The same of what a workflow names. */
function possibleUse({ kind, source, version = '', digests }: Dependency): readonly EvidenceState[] {
  if (source !== 'git' && kind !== 'image') return ['unsupported']
  // A tag or a branch can be something else tomorrow: no statement is about it.
  if (kind !== 'image') return /^[0-9a-f]{40}$/.test(version) ? ['verified', 'absent'] : ['unsupported']
  // Nobody has the bytes of a real digest but the real registry: this one says what it says of private images.
  return digests.sha256 === undefined ? ['unsupported'] : ['unreadable']
}

describe.skipIf(workflows.size === 0)('of the workflows of a real project, everything used is in one state', () => {
  it('each workflow is gated', () => {
    expect([...workflows.values()].reduce((sum, { size }) => sum + size, 0)).toBeGreaterThanOrEqual(140)
  })

  it.each([...workflows])('%s', async (_, files) => {
    const texts = [...files.values()].map((file) => readFileSync(file, 'utf8'))
    const counted = texts.reduce((sum, text) => sum + countUses(text) + countImages(text), 0)
    if (counted === 0) {
      await expect(gateFixtures(files)).rejects.toMatchObject({ code: 'INPUT_EMPTY' })
      return
    }
    const { found, gate } = await gateFixtures(files)
    expect(gate.verdict.total).toBe(counted)
    expectEachOnce(found, gate.verdict)
    expectPossible(found, gate.verdict, possibleUse)
  })
})
