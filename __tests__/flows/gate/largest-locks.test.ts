import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findDependencies } from '../../../src/discover/find-dependencies.ts'
import { worldFromDependencies } from '../../../src/embedded/world/populate.ts'
import { type GateResult, runGate } from '../../../src/flows/gate.ts'
import { initProject } from '../../../src/flows/init.ts'
import { http, httpStream } from '../../../src/io/http.ts'
import { runTool } from '../../../src/io/process.ts'
import type { InitResult } from '../../../src/model/init-document.ts'
import type { EvidenceState } from '../../../src/model/verdict.ts'
import { formatGateSummary } from '../../../src/report/gate-summary.ts'
import { grouped } from '../../../src/report/words.ts'
import { DIST } from '../../support/built.ts'
import { FIXTURES } from '../../support/fixtures.ts'
import { POLICY } from '../../support/gate-project.ts'
import { testHost } from '../../support/test-host.ts'
import { startTestWorld, type TestWorld, worldClock } from '../../support/world.ts'

const LOCKFILES = join(FIXTURES, 'lockfiles')
const HOW_MANY = 6

/** The name the package manager gives such a file: `vite.pnpm-lock.v9.yaml` is a `pnpm-lock.yaml`. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/package-lock[^/]*\.json$/, 'package-lock.json'],
  [/pnpm-lock[^/]*\.yaml$/, 'pnpm-lock.yaml'],
  [/yarn-[^/]*\.lock$/, 'yarn.lock'],
  [/uv\.lock$/, 'uv.lock'],
]
const realName = (path: string): string => NAMES.find(([pattern]) => pattern.test(path))?.[1] ?? basename(path)

function largest(): readonly string[] {
  if (!existsSync(LOCKFILES)) {
    console.warn(`SKIPPED: the ${HOW_MANY} largest lock files, ${LOCKFILES} is not there`)
    return []
  }
  return readdirSync(LOCKFILES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => statSync(b).size - statSync(a).size)
    .slice(0, HOW_MANY)
}
const files = largest()

describe.skipIf(files.length === 0)(
  'the six largest lock files of real projects, one package in eight attested',
  () => {
    let world: TestWorld
    let init: InitResult
    let gate: GateResult

    beforeAll(async () => {
      world = await startTestWorld()
      for (const [index, file] of files.entries()) {
        const path = join(world.root, `p${index}`, realName(file))
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, readFileSync(file))
      }
      const { dependencies } = await findDependencies(world.root)
      const options = { attestedShare: 1 / 8, seed: 'largest', clock: worldClock }
      world.setDescription(worldFromDependencies(dependencies, options))
      await world.presign()
      mkdirSync(dirname(join(world.root, POLICY)), { recursive: true })
      writeFileSync(
        join(world.root, POLICY),
        `version: 1\nplatforms: [linux-x64]\naccept-unsupported: [workspace, link]\n${world.policyYaml}`,
      )
      const program = join(DIST, 'verify-worker.mjs')
      const request = {
        ...{ root: world.root, offline: false, facts: [], trustedRoots: [], githubToken: world.token, version: 'test' },
        ...(existsSync(program) && availableParallelism() > 1
          ? { threads: { program: pathToFileURL(program), size: 2 } }
          : {}),
      }
      const given = {
        host: { ...testHost(world.root, worldClock), env: { PATH: process.env.PATH } },
        ...{ http, httpStream, runTool, random: () => 0.5, github: undefined },
      }
      init = await initProject(request, given)
      gate = await runGate(
        { ...request, all: false, base: undefined, updateLock: false, profile: 'recommended' },
        given,
      )
    }, 900_000)
    afterAll(() => world?.close())

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
