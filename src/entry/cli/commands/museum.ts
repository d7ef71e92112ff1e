import { resolve } from 'node:path'
import { runMuseum } from '../../../flows/museum.ts'
import { writeFileAtomic } from '../../../io/files.ts'
import { CleanbillError } from '../../../model/error.ts'
import { toMuseumDocument } from '../../../model/museum-document.ts'
import { museumPage } from '../../../report/museum-html.ts'
import { formatMuseum } from '../../../report/museum-report.ts'
import { EXIT } from '../../exit-codes.ts'
import { makeWorld } from '../../make-world.ts'
import type { Args, CliContext, Command, CommandResult } from '../command.ts'

/** The exhibits that come with the program. */
const OWN = resolve(import.meta.dirname, '../__tests__/museum')

/** `cleanbill museum`: what would this tool have stopped, and what not? */
export const museumCommand: Command = {
  name: 'museum',
  summary: 'Replay real supply-chain attacks and show what a signature check and each profile say',
  usage: ['museum [DIR] [--exhibit SLUG]… [--html FILE]'],
  description: `Each exhibit is an attack that happened, or a standing one, without its payload: who published and signed
what, from where and when. A consumer's project meets it in a simulated world on this machine, where the
registries, GitHub and Sigstore really answer and really sign; the gate judges the change under every
profile. Nothing outside of this machine is asked. Exit code 0: every verdict is the expected one, 10: one
is not. Needs git.`,
  examples: ['cleanbill museum', 'cleanbill museum --exhibit tanstack-2026-05', 'cleanbill museum --html museum.html'],
  options: [
    {
      name: 'exhibit',
      value: 'SLUG',
      multiple: true,
      help: 'Only this one; of an incident with several readings, all',
    },
    { name: 'html', value: 'FILE', help: 'Write the table as a page too' },
  ],
  run: museum,
}

async function museum({ host, color }: CliContext, args: Args): Promise<CommandResult> {
  if (args.positionals.length > 1) {
    throw new CleanbillError('ARGUMENT_INVALID', 'museum takes one DIR', { hint: 'A folder of exhibits.' })
  }
  const given = args.positionals[0]
  const request = {
    museum: given === undefined ? OWN : resolve(host.cwd, given),
    exhibits: args.list('exhibit'),
  }
  const results = await runMuseum(request, await makeWorld(host), ({ slug }, done, total) =>
    host.log.progress(slug, done, total),
  )
  const page = args.text('html')
  if (page !== undefined) await writeFileAtomic(resolve(host.cwd, page), museumPage(results))
  const matches = results.every(({ differences }) => differences.length === 0)
  return {
    exitCode: matches ? EXIT.passed : EXIT.refused,
    document: toMuseumDocument(results),
    text: formatMuseum(results, { color }),
  }
}
