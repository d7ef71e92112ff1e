import { resolve } from 'node:path'
import { attestVerdict } from '../../../flows/gate/attest-verdict.ts'
import { type GateResult, runGate } from '../../../flows/gate.ts'
import { DEFAULT_OUT } from '../../../flows/run.ts'
import type { World } from '../../../flows/world.ts'
import { writeFileAtomic } from '../../../io/files.ts'
import { CleanbillError } from '../../../model/error.ts'
import { toGateDocument } from '../../../model/gate-document.ts'
import { formatAttested } from '../../../report/attest-report.ts'
import { formatGate } from '../../../report/gate-report.ts'
import { formatGateSummary } from '../../../report/gate-summary.ts'
import { toSarif } from '../../../report/sarif.ts'
import { exitCodeOfAttested } from '../../attested-exit.ts'
import { EXIT } from '../../exit-codes.ts'
import { makeWorld } from '../../make-world.ts'
import { preparePublishers } from '../../publishing.ts'
import { VERSION } from '../../version.ts'
import type { Args, CliContext, Command, CommandResult } from '../command.ts'
import { GATE_OPTIONS, readGateRequest } from '../gate-options.ts'
import {
  ON_OUTAGE_OPTION,
  readOnOutage,
  readPublishingRequest,
  readSigningRequest,
  SIGNING_OPTIONS,
} from '../signing-options.ts'

/** `cleanbill gate`: may this project be built from what it depends on? */
export const gateCommand: Command = {
  name: 'gate',
  summary: 'Fail when a dependency lacks valid evidence, or comes from somebody else than before',
  usage: ['gate [PATH] [--base REF | --all] [options]'],
  description: `Finds everything that flows in, asks registries and GitHub for evidence, verifies it, and judges it by
the policy and the trust lock. Nothing is installed and no dependency's code runs. On pull requests and
in the merge queue what differs from the base is judged, elsewhere everything. Exit code 0: passed,
10: failed, 1: nothing could be judged.`,
  examples: [
    'cleanbill gate',
    'cleanbill gate --base origin/main',
    'cleanbill gate --profile strict --sarif cleanbill.sarif',
    'cleanbill gate --update-lock   # then review the change of cleanbill.lock',
  ],
  judges: true,
  options: [
    { name: 'base', value: 'REF', help: 'Judge what differs from the merge base with this ref' },
    { name: 'all', help: 'Judge everything, also on a pull request' },
    { name: 'update-lock', help: 'Write what is new into the trust lock, for review' },
    ...GATE_OPTIONS,
    { name: 'sarif', value: 'FILE', help: 'Write the findings as SARIF 2.1.0' },
    { name: 'markdown', value: 'FILE', help: 'Write the report as Markdown' },
    { name: 'attest', help: 'Sign the verdict as a SLSA verification summary about the judged files, and the facts' },
    { name: 'out', value: 'DIR', help: `Where signed documents go (default: ${DEFAULT_OUT})` },
    { name: 'verbose', help: 'Show every finding and every limit' },
    ON_OUTAGE_OPTION,
    ...SIGNING_OPTIONS.filter(({ name }) => name !== 'trusted-root' && name !== 'push-to'),
  ],
  run: gate,
}

async function gate(context: CliContext, args: Args): Promise<CommandResult> {
  if (args.positionals.length > 1) {
    throw new CleanbillError('ARGUMENT_INVALID', 'gate takes one PATH', { hint: 'Run it once for each project.' })
  }
  if (args.flag('all') && args.text('base') !== undefined) {
    throw new CleanbillError('ARGUMENT_INVALID', '--all and --base exclude each other')
  }
  const world = await makeWorld(context.host)
  const request = {
    ...readGateRequest(context, args),
    all: args.flag('all'),
    base: args.text('base'),
    updateLock: args.flag('update-lock'),
  }
  const result = await runGate(request, world)
  await writeReports(result, context, args)
  const attested = args.flag('attest') ? await attest(result, request.root, context, args, world) : []
  const { verdict, meta } = result
  const { color, host } = context
  const signed = exitCodeOfAttested(attested, readOnOutage(args), host.log)
  const pages = [
    formatGate(verdict, meta, { color, verbose: args.flag('verbose') }),
    ...(attested.length === 0 ? [] : [formatAttested(attested, { color, cwd: host.cwd })]),
  ]
  return {
    exitCode: verdict.result === 'PASSED' ? signed : EXIT.refused,
    document: toGateDocument(verdict, meta),
    text: pages.join('\n\n'),
  }
}

async function attest(result: GateResult, root: string, context: CliContext, args: Args, world: World) {
  const request = {
    out: resolve(context.host.cwd, args.text('out') ?? DEFAULT_OUT),
    signing: readSigningRequest(context, args),
    publishers: await preparePublishers(readPublishingRequest(context, args, []), world),
    onOutage: readOnOutage(args),
    version: VERSION,
    root,
  }
  return attestVerdict(result, request, world)
}

async function writeReports({ verdict, meta }: GateResult, { host }: CliContext, args: Args): Promise<void> {
  const write = async (option: string, text: () => string) => {
    const path = args.text(option)
    if (path !== undefined) await writeFileAtomic(resolve(host.cwd, path), text())
  }
  await write(
    'sarif',
    () => `${JSON.stringify(toSarif(verdict, { version: VERSION, folder: args.positionals[0] ?? '' }), null, 2)}\n`,
  )
  await write('markdown', () => `${formatGateSummary(verdict, meta)}\n`)
}
