import { resolve } from 'node:path'
import { limitsOf } from '../../../flows/attest.ts'
import { signOutbox } from '../../../flows/sign-outbox.ts'
import { schemaUri } from '../../../model/uris.ts'
import { escapeTerminal } from '../../../report/escape.ts'
import { EXIT } from '../../exit-codes.ts'
import { makeWorld } from '../../make-world.ts'
import { preparePublishers } from '../../publishing.ts'
import { type Command, required } from '../command.ts'
import { readPublishingRequest, readSigningRequest, SIGNING_OPTIONS } from '../signing-options.ts'

/** `cleanbill sign`: finish what an outage left in the outbox. */
export const signCommand: Command = {
  name: 'sign',
  summary: 'Sign and upload what waits in an outbox after an outage; the statements are marked late',
  usage: ['sign --outbox DIR [options]'],
  description: `Each statement in the outbox is checked against the digest it was sealed with, marked as signed late,
signed, verified, written and uploaded. An entry leaves the outbox only after all of that, so running it
again is safe.`,
  examples: ['cleanbill sign --outbox .cleanbill/outbox --sha256 3f7a…'],
  options: [
    { name: 'outbox', value: 'DIR', help: 'The folder that run named when it could not sign' },
    {
      name: 'sha256',
      value: 'HEX',
      multiple: true,
      help: 'Only what was sealed with this digest, as run printed it; otherwise everything in the outbox is signed',
    },
    { name: 'out', value: 'DIR', help: 'Where the bundles go (default: the folder above the outbox)' },
    ...SIGNING_OPTIONS,
  ],
  run: async (context, args) => {
    const { host } = context
    const world = await makeWorld(host)
    const out = args.text('out')
    const results = await signOutbox(
      {
        outbox: resolve(host.cwd, required(args, 'outbox')),
        only: args.list('sha256').map((digest) => digest.replace(/^sha256:/, '')),
        out: out === undefined ? undefined : resolve(host.cwd, out),
        signing: readSigningRequest(context, args),
        publishers: await preparePublishers(readPublishingRequest(context, args), world),
      },
      world,
    )
    const document = {
      schema: schemaUri('sign-v1'),
      signed: results.map(({ sha256, bundlePath, late, statement, published }) => ({
        sha256,
        bundle: bundlePath,
        late,
        subjects: statement.subject.map(({ name, digest }) => ({ name: name ?? null, digest })),
        published: published.map(({ publisher, id, url }) => ({ publisher, id: id ?? null, url: url ?? null })),
        limits: limitsOf(statement).map(({ code, message }) => ({ code, message })),
      })),
    }
    const text = results
      .map(({ bundlePath, late }) => `${late ? 'signed late' : 'uploaded'}: ${escapeTerminal(bundlePath)}`)
      .join('\n')
    return { exitCode: EXIT.passed, document, text }
  },
}
