import { initProject } from '../../../flows/init.ts'
import { toInitDocument } from '../../../model/init-document.ts'
import { formatInit } from '../../../report/init-report.ts'
import { EXIT } from '../../exit-codes.ts'
import { makeWorld } from '../../make-world.ts'
import type { Command } from '../command.ts'
import { GATE_OPTIONS, readGateRequest } from '../gate-options.ts'

/** `cleanbill init`: a policy and a trust lock from today's state. */
export const initCommand: Command = {
  name: 'init',
  summary: 'Write a policy and a trust lock from what the project depends on today',
  usage: ['init [PATH] [options]'],
  description: `Looks up and verifies everything that flows in, as gate does, and writes who it came from into the trust
lock, so that gate objects to what changes from now on. Files that are there are kept. Says what share of
the dependencies is verifiable today.`,
  examples: ['cleanbill init', 'cleanbill init --profile strict'],
  options: GATE_OPTIONS,
  run: async (context, args) => {
    const result = await initProject(readGateRequest(context, args), await makeWorld(context.host))
    return {
      exitCode: EXIT.passed,
      document: toInitDocument(result),
      text: formatInit(result, { color: context.color }),
    }
  },
}
