/** A pair of other people's programs that do not go together, known and explained; never one with our own signer. */
export interface Exception {
  readonly signer: string
  readonly verifier: string
  readonly says: RegExp
  readonly why: string
}

const EXCEPTIONS: readonly Exception[] = [
  {
    signer: 'cosign attest-blob',
    verifier: 'sigstore-python',
    says: /malformed in-toto statement/,
    why: 'cosign writes statements of in-toto v0.1, and sigstore-python reads v1 only.',
  },
]

export function exceptionFor(signer: string, verifier: string): Exception | undefined {
  return EXCEPTIONS.find((exception) => exception.signer === signer && exception.verifier === verifier)
}
