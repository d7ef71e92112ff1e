import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exec } from './exec.ts'
import type { Tool } from './go-programs.ts'
import { cleanbillJudge, cosignJudge, ghJudge, type Judge, pythonJudge } from './judges.ts'
import { libraryJudge } from './library-judge.ts'
import type { Prepared } from './prepared.ts'
import { rowsOf, type Seat } from './rows.ts'
import { makeServers } from './servers.ts'
import { signers } from './signers.ts'
import { openStations } from './stations.ts'
import { countCells, formatRefusals, formatTable, type Row } from './table.ts'
import { cleanEnv, makeWorkspace } from './workspace.ts'

/** Exit code after Ctrl-C, as shells have it. */
export const INTERRUPTED = 130

/**
 * Starts everything, has everybody sign, asks every judge every question, prints the table.
 *
 * @returns the exit code: 0 when every cell that was not skipped is as expected, and there is one
 */
export async function runInterop(
  prepared: Prepared,
  path: string | undefined,
  say: (line: string) => void,
): Promise<number> {
  const env = cleanEnv(prepared.scratch, path)
  const servers = makeServers(join(prepared.scratch, 'log'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // `on`, not `once`: Ctrl-C arrives twice, from the terminal and from our first half, and the second must not kill.
    process.on(signal, () => servers.stop().finally(() => process.exit(INTERRUPTED)))
  }
  let closeStations = async () => {}
  try {
    const workspace = await makeWorkspace(prepared.scratch, env)
    say('starting the servers')
    const { stations, close } = await openStations(prepared, workspace, servers, env)
    closeStations = close
    const seats = await judgeSeats(prepared, env)
    const rows: Row[] = []
    for (const signer of signers(prepared, workspace, env)) {
      for (const station of stations.filter(({ rekor }) => signer.rekors.includes(rekor))) {
        say(`signing and judging: ${signer.title} → ${station.title}`)
        rows.push(...(await rowsOf(signer, station, seats, join(prepared.scratch, 'questions'))))
      }
    }
    return report(rows, prepared, say)
  } finally {
    await closeStations()
    await servers.stop()
  }
}

function report(rows: readonly Row[], { keep, scratch }: Prepared, say: (line: string) => void): number {
  const { passed, failed, skipped } = countCells(rows)
  const good = failed === 0 && passed > 0
  say(`\nWhat was said when a bundle was refused for its change:\n${formatRefusals(rows)}`)
  say(`\n${formatTable(rows)}\n`)
  if (skipped > 0) say(`${skipped} skipped, for the reasons above`)
  if (keep || !good) say(`logs, keys and bundles are kept in ${scratch}`)
  say(`${passed} passed, ${failed} failed`)
  return good ? 0 : 1
}

async function judgeSeats(prepared: Prepared, env: NodeJS.ProcessEnv): Promise<Seat[]> {
  const seat = (name: string, tool: Tool, make: (path: string, version: string) => Judge): Seat =>
    'missing' in tool ? { name, skipped: tool.missing } : { judge: make(tool.path, tool.version) }
  const gh = await exec('gh', ['attestation', 'verify', '--help'], { env, timeoutMs: 10_000 })
  const ghVersion = (await exec('gh', ['--version'], { env, timeoutMs: 10_000 })).stdout.split(/\s/)[2] ?? ''
  const library = await versionIn(join(prepared.root, 'node_modules', '@sigstore', 'verify', 'package.json'))
  const own = await versionIn(join(prepared.root, 'package.json'))
  return [
    { judge: libraryJudge(library) },
    seat('cosign', prepared.go.cosign, (path, version) => cosignJudge(path, version, env)),
    seat('sigstore-python', prepared.python, (path, version) => pythonJudge(path, version, env)),
    gh.code === 0
      ? { judge: ghJudge(ghVersion, env) }
      : { name: 'gh attestation verify', skipped: 'gh with `gh attestation verify` is not installed' },
    { judge: cleanbillJudge(join(prepared.root, 'dist', 'cli.js'), own, env) },
  ]
}

async function versionIn(manifest: string): Promise<string> {
  return (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version
}
