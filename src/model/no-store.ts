import { CleanbillError } from './error.ts'

/**
 * A private repository without an attestation store (every plan but Enterprise Cloud; GitHub Enterprise Server has
 * none). Said before the command runs, with the three ways that are left.
 *
 * @param why what was learned, e.g. GitHub's own message
 */
export function noAttestationStore(why: string): CleanbillError {
  return new CleanbillError('STORE_NOT_AVAILABLE', `this repository has no attestation store: ${why}`, {
    hint:
      'Choose one of three: (1) sign with a Sigstore instance of your own (signing-config, trusted-root) and keep the ' +
      'bundle as a file or in an OCI registry; (2) sign with a key (signing-key); (3) use the public log ' +
      '(allow-public-log: true), which makes the names in the statement public.',
  })
}
