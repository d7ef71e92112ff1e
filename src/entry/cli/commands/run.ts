import { resolve } from 'node:path'
import { imageOutputsOf, recordImages } from '../../../flows/images.ts'
import { DEFAULT_OUT, type RunRequest, type RunResult, runCommandFlow } from '../../../flows/run.ts'
import { measureExposure } from '../../../io/exposure.ts'
import { runTool } from '../../../io/process.ts'
import { CleanbillError } from '../../../model/error.ts'
import { RUN_KINDS } from '../../../model/recording.ts'
import { parseDeclaredInputs, parseDeclaredOutputs } from '../../../record/parse-declared.ts'
import { toRunDocument } from '../../../report/run-document.ts'
import { formatRun } from '../../../report/run-report.ts'
import { exitCodeOfAttested } from '../../attested-exit.ts'
import { exitCodeOfCommand } from '../../exit-codes.ts'
import { makeWorld } from '../../make-world.ts'
import { imageResolver, preparePublishers } from '../../publishing.ts'
import { VERSION } from '../../version.ts'
import { CARRIED } from '../carried.ts'
import type { Args, CliContext, Command, CommandResult } from '../command.ts'
import {
  choice,
  ON_OUTAGE_OPTION,
  readOnOutage,
  readPublishingRequest,
  readSigningRequest,
  readSubjectMode,
  SIGNING_OPTIONS,
  SUBJECT_MODE_OPTION,
} from '../signing-options.ts'

/** `cleanbill run`: wrap a command, record it, sign provenance for what it made. */
export const runCommand: Command = {
  name: 'run',
  summary: 'Run a build or training, record what went in and out, sign SLSA provenance',
  usage: ['run --output ROLE:PATH… [--input ROLE:REF]… [options] -- COMMAND…', 'run --no-sign … -- COMMAND…'],
  description: `Hashes the inputs, runs the command without any of this job's tokens, hashes inputs and outputs after
it, and signs SLSA provenance v1 about the outputs. The identity token is asked for only when the
command has ended. stdout belongs to the command. A command that fails keeps its exit code, gets a
recording and no signature.`,
  examples: [
    'cleanbill run --input dataset:data/train --output model:out/model -- python train.py',
    'cleanbill run --no-sign --output model:out/model -- python train.py   # sign in another job',
  ],
  takesRest: true,
  ownsStdout: true,
  options: [
    {
      name: 'input',
      value: 'ROLE:REF',
      multiple: true,
      help: 'What flows in: a path, or a URI such as hf://org/name@<40-hex commit>',
    },
    {
      name: 'output',
      value: 'ROLE:PATH',
      multiple: true,
      help: 'What comes out: a file, a directory, a glob, or an image the command pushed (oci://registry/name:tag)',
    },
    { name: 'kind', value: 'KIND', help: 'build (default), train or evaluate' },
    { name: 'out', value: 'DIR', help: `Where the recording and the bundles go (default: ${DEFAULT_OUT})` },
    { name: 'no-sign', help: 'Write the recording only; sign it in another job with attest --recording' },
    {
      name: 'pass-env',
      value: 'NAME',
      multiple: true,
      help: 'Give the command GITHUB_TOKEN or GH_TOKEN, which it otherwise does not get',
    },
    SUBJECT_MODE_OPTION,
    ON_OUTAGE_OPTION,
    ...SIGNING_OPTIONS,
  ],
  run: runWrapped,
}

async function runWrapped(context: CliContext, args: Args): Promise<CommandResult> {
  if (args.rest.length === 0) {
    throw new CleanbillError('ARGUMENT_INVALID', 'there is no command', {
      hint: 'Write it after --: … -- python train.py',
    })
  }
  if (args.positionals.length > 0) {
    throw new CleanbillError('ARGUMENT_INVALID', `unexpected argument ${JSON.stringify(args.positionals[0])}`, {
      hint: 'The command comes after --.',
    })
  }
  const world = await makeWorld(context.host)
  const request = await readRequest(context, args, world)
  const result = await runCommandFlow(request, world)
  return toCommandResult(result, request.onOutage, context)
}

async function readRequest(
  context: CliContext,
  args: Args,
  world: Awaited<ReturnType<typeof makeWorld>>,
): Promise<RunRequest> {
  const { host } = context
  const outputs = parseDeclaredOutputs(args.list('output'))
  const signing = args.flag('no-sign') ? undefined : readSigningRequest(context, args)
  const images = imageOutputsOf(outputs)
  const publishing = readPublishingRequest(context, args)
  return {
    argv: args.rest,
    kind: choice(args, 'kind', RUN_KINDS) ?? 'build',
    workspace: host.cwd,
    inputs: parseDeclaredInputs(args.list('input')),
    outputs,
    passEnv: args.list('pass-env'),
    out: resolve(host.cwd, args.text('out') ?? DEFAULT_OUT),
    subjectMode: readSubjectMode(args),
    signing,
    publishers: signing === undefined ? [] : await preparePublishers(publishing, world),
    onOutage: readOnOutage(args),
    version: VERSION,
    exposure: [...CARRIED.limits, ...(await measureExposure({ ...host, uid: process.getuid?.(), runTool }))],
    imageOutputs: () => recordImages(images, imageResolver(world)),
    io: {
      stdin: 'inherit',
      onStdout: writerTo(context.stdout),
      onStderr: writerTo(context.stderr),
      onSignal: (listener) =>
        context.onSignal((signal) => {
          if (signal !== 'SIGQUIT' && !(signal === 'SIGINT' && context.interactive))
            listener(signal as 'SIGINT' | 'SIGTERM' | 'SIGHUP')
        }),
    },
  }
}

/** Waits until the reader has taken what was written: a slow terminal slows the command down, as without us. */
export function writerTo(stream: NodeJS.WritableStream): (chunk: Uint8Array) => Promise<void> {
  return (chunk) =>
    new Promise((done) => {
      stream.write(chunk, () => done())
    })
}

function toCommandResult(result: RunResult, onOutage: 'pend' | 'fail', { host, color }: CliContext): CommandResult {
  const failed = result.recording.exit.code !== 0
  const exitCode = failed
    ? exitCodeOfCommand(result.recording.exit)
    : exitCodeOfAttested(result.attested, onOutage, host.log)
  const report = { ...result, exitCode }
  return { exitCode, document: toRunDocument(report), text: formatRun(report, { color, cwd: host.cwd }) }
}
