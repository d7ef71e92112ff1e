import { resolve } from 'node:path'
import { EMBEDDED_SIGSTORE_WARNING, startEmbeddedSigstore } from '../../../embedded/embedded-sigstore.ts'
import { CleanbillError } from '../../../model/error.ts'
import { schemaUri } from '../../../model/uris.ts'
import { EXIT } from '../../exit-codes.ts'
import type { Command } from '../command.ts'

/** `cleanbill sigstore`: a whole Sigstore in this process, for trials. */
export const sigstoreCommand: Command = {
  name: 'sigstore',
  summary: 'Start an embedded Sigstore on loopback: for trials and tests, never for trust',
  usage: ['sigstore [--state DIR] [--port N]'],
  description: `A certificate authority with CT log, a transparency log (Rekor v1 and v2), a timestamp authority and a
token endpoint, on 127.0.0.1 only. Keys and logs live in the state folder: what was signed yesterday
verifies today. The folder holds trusted_root.json and signing_config.json (Rekor v2), and
signing_config_rekor_v1.json. Ends with Ctrl-C.`,
  examples: [
    'cleanbill sigstore --state .sigstore &',
    'cleanbill run --signing-config .sigstore/signing_config.json --trusted-root .sigstore/trusted_root.json …',
  ],
  options: [
    { name: 'state', value: 'DIR', help: 'Keys, logs and configuration (default: .cleanbill-sigstore)' },
    { name: 'port', value: 'N', help: 'Port on 127.0.0.1 (default: the one of last time, else a free one)' },
  ],
  run: async (context, args) => {
    const { host } = context
    const stateDir = resolve(host.cwd, args.text('state') ?? '.cleanbill-sigstore')
    const sigstore = await startEmbeddedSigstore({
      stateDir,
      port: readPort(args.text('port')),
      clock: host.now,
      log: host.log.debug,
    })
    host.log.info(EMBEDDED_SIGSTORE_WARNING)
    const document = {
      schema: schemaUri('sigstore-v1'),
      url: sigstore.url,
      trustedRoot: sigstore.trustedRootPath,
      signingConfig: sigstore.signingConfigPath,
      signingConfigRekorV1: sigstore.signingConfigV1Path,
      issuer: sigstore.issuer,
      tokenUrl: sigstore.tokenUrl,
      requestToken: sigstore.requestToken,
    }
    // One line at once: whoever starts us in the background reads it to know that we are up.
    context.stdout.write(`${JSON.stringify(document)}\n`)
    host.log.info(`listening on ${sigstore.url}; state in ${stateDir}; Ctrl-C ends it`)
    host.log.info(
      `token:  curl -H "Authorization: Bearer ${sigstore.requestToken}" "${sigstore.tokenUrl}&audience=sigstore"`,
    )
    await context.stopped()
    await sigstore.close()
    return { exitCode: EXIT.passed, document, text: '' }
  },
}

function readPort(text: string | undefined): number {
  const port = text === undefined ? 0 : Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new CleanbillError('ARGUMENT_INVALID', `--port is ${JSON.stringify(text)}`, { hint: 'A number up to 65535.' })
  }
  return port
}
