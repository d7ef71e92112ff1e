import { resolve } from 'node:path'
import { attestFiles, attestRecording } from '../../../flows/attest-existing.ts'
import { DEFAULT_OUT } from '../../../flows/run.ts'
import { CleanbillError } from '../../../model/error.ts'
import { formatAttested, toAttestDocument } from '../../../report/attest-report.ts'
import { exitCodeOfAttested } from '../../attested-exit.ts'
import { makeWorld } from '../../make-world.ts'
import { imageResolver, preparePublishers } from '../../publishing.ts'
import type { Command } from '../command.ts'
import {
  ON_OUTAGE_OPTION,
  readOnOutage,
  readPublishingRequest,
  readSigningRequest,
  readSubjectMode,
  SIGNING_OPTIONS,
  SUBJECT_MODE_OPTION,
} from '../signing-options.ts'

/** `cleanbill attest`: sign what another job recorded, or any statement about existing files. */
export const attestCommand: Command = {
  name: 'attest',
  summary: 'Sign a recording made in another job, or any predicate about existing files',
  usage: ['attest --recording FILE [options]', 'attest --predicate FILE --predicate-type URI [options] PATH…'],
  description: `With --recording, every output is hashed again and must be what the recording says: the job that ran
the command had no identity, this one has, and it vouches only for bytes it has seen. With --predicate,
the JSON file is signed as it is about each PATH (a directory is one subject, its OMS root).`,
  examples: [
    'cleanbill attest --recording .cleanbill/recording.json',
    'cleanbill attest --predicate sbom.json --predicate-type https://cyclonedx.org/bom app.tar.gz',
  ],
  options: [
    { name: 'recording', value: 'FILE', help: 'What run --no-sign wrote' },
    { name: 'predicate', value: 'FILE', help: 'JSON file with the predicate' },
    { name: 'predicate-type', value: 'URI', help: 'Its type' },
    { name: 'out', value: 'DIR', help: `Where the bundles go (default: ${DEFAULT_OUT})` },
    SUBJECT_MODE_OPTION,
    ON_OUTAGE_OPTION,
    ...SIGNING_OPTIONS,
  ],
  run: async (context, args) => {
    const { host } = context
    const world = await makeWorld(host)
    const common = {
      workspace: host.cwd,
      out: resolve(host.cwd, args.text('out') ?? DEFAULT_OUT),
      subjectMode: readSubjectMode(args),
      signing: readSigningRequest(context, args),
      publishers: await preparePublishers(readPublishingRequest(context, args), world),
      onOutage: readOnOutage(args),
    }
    const recording = args.text('recording')
    const predicate = args.text('predicate')
    const predicateType = args.text('predicate-type')
    if ((recording === undefined) === (predicate === undefined)) {
      throw new CleanbillError('ARGUMENT_INVALID', 'give either --recording, or --predicate with --predicate-type')
    }
    const attested =
      recording !== undefined
        ? await attestRecording(
            { ...common, recording: resolve(host.cwd, recording), resolveImage: imageResolver(world) },
            world,
          )
        : await attestFiles(
            { ...common, predicate: resolve(host.cwd, predicate ?? ''), predicateType, paths: args.positionals },
            world,
          )
    const exitCode = exitCodeOfAttested(attested, common.onOutage, host.log)
    return {
      exitCode,
      document: toAttestDocument(attested, exitCode),
      text: formatAttested(attested, { color: context.color, cwd: host.cwd }),
    }
  },
}
