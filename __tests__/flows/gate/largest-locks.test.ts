import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { GateResult } from '../../../src/flows/gate.ts'
import type { InitResult } from '../../../src/model/init-document.ts'
import type { EvidenceState } from '../../../src/model/verdict.ts'
import { formatGateSummary } from '../../../src/report/gate-summary.ts'
import { grouped } from '../../../src/report/words.ts'
import { gateFixtures } from '../../support/fixture-gate.ts'
import { realName } from '../../support/lockfile-counts.ts'
import { LOCKFILES, largestLockFixtures } from '../../support/lockfile-fixtures.ts'

const files = largestLockFixtures()
if (files.length === 0) console.warn(`SKIPPED: the 6 largest lock files, ${LOCKFILES} is not there`)

describe.skipIf(files.length === 0)(
  'the six largest lock files of real projects, one package in eight attested',
  () => {
    let init: InitResult
    let gate: GateResult

    beforeAll(async () => {
      const paths = files.map((file, index) => [`p${index}/${realName(file)}`, join(LOCKFILES, file)] as const)
      ;({ init, gate } = await gateFixtures(new Map(paths)))
    }, 900_000)

    it('pass under recommended right after init', () => {
      expect(gate.verdict.findings.filter(({ level }) => level === 'fail')).toStrictEqual([])
      expect(gate.verdict.result).toBe('PASSED')
    })

    it('give each state its share, and the shares add up', () => {
      const { counts, total, dependencies } = gate.verdict
      const states = Object.entries(counts) as [EvidenceState, number][]
      expect(states.reduce((sum, [, count]) => sum + count, 0)).toBe(total)
      expect(dependencies).toHaveLength(total)
      expect(total).toBeGreaterThan(5_000)
      expect(counts.verified / total).toBeGreaterThan(0.05)
      expect(counts.absent + counts.unsupported).toBeGreaterThan(0)
      expect([counts.invalid, counts.changed, counts.lost, counts.unreachable, counts.unreadable]).toStrictEqual([
        0, 0, 0, 0, 0,
      ])
      expect(init.counts).toStrictEqual(counts)
      const report = formatGateSummary(gate.verdict, gate.meta)
      for (const [state, count] of states.filter(([, each]) => each > 0)) {
        expect(report).toMatch(new RegExp(`${state}[^0-9]*${grouped(count)}|${grouped(count)}[^0-9]*${state}`))
      }
    })

    it('have the registry’s word for most of what nobody attests', () => {
      const { counts, total } = gate.verdict
      expect(counts.registered).toBeGreaterThan((total - counts.verified) / 2)
    })
  },
)
