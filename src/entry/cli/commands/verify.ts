import { verifyArtifacts } from '../../../flows/verify.ts'
import { githubTufRoot } from '../../../io/github-tuf-root.ts'
import { CleanbillError } from '../../../model/error.ts'
import type { JsonValue } from '../../../model/json.ts'
import { toVerifyDocument } from '../../../model/verify-document.ts'
import { formatVerify } from '../../../report/verify-report.ts'
import { EXIT } from '../../exit-codes.ts'
import type { Args, CliContext, Command, CommandResult, OptionSpec } from '../command.ts'

const TRUST_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'trusted-root',
    value: 'FILE',
    multiple: true,
    help: 'trusted_root.json, or .jsonl of them (default: the public roots, cached)',
  },
  { name: 'npm-keys', value: 'FILE', help: "npm's registry keys (default: fetched with the public root)" },
  { name: 'key', value: 'PEM', multiple: true, help: 'Public key that must have signed; names the signer too' },
  { name: 'root-cert', value: 'PEM', multiple: true, help: 'Certificate of a private CA (OMS method certificate)' },
  { name: 'offline', help: 'Never ask the network; what is not here or cached is an error' },
]

const IDENTITY_OPTIONS: readonly OptionSpec[] = [
  { name: 'repo', value: 'O/R', help: 'Built from this repository' },
  { name: 'repo-id', value: 'N', help: 'Built from the repository with this number, which outlives its name' },
  { name: 'owner', value: 'O', help: 'Built from a repository of this owner' },
  { name: 'signer-repo', value: 'O/R', help: 'Signed by a workflow in this repository' },
  { name: 'signer-workflow', value: 'O/R/PATH', help: 'Signed by this workflow, at any ref unless @REF follows' },
  { name: 'cert-identity', value: 'EXACT', help: 'The exact name in the certificate; with --cert-oidc-issuer' },
  { name: 'cert-oidc-issuer', value: 'URL', help: 'Who vouched for the signer (default with --repo: GitHub Actions)' },
  { name: 'cert-identity-pattern', value: 'GLOB', help: 'Narrows: https://HOST/OWNER/…, * in a segment, ** across' },
  { name: 'source-ref', value: 'REF', help: 'Narrows: built from this ref, e.g. refs/heads/main' },
  { name: 'source-digest', value: 'SHA', help: 'Narrows: built from this commit' },
  { name: 'signer-digest', value: 'SHA', help: 'Narrows: the signing workflow at this commit' },
  { name: 'deny-self-hosted', help: 'Narrows: built on a GitHub-hosted runner' },
  { name: 'allow-any-signer', help: 'Anybody may have signed; said again in the limits' },
]

/** `cleanbill verify`: is this what somebody we name signed? */
export const verifyCommand: Command = {
  name: 'verify',
  judges: true,
  summary: 'Verify files, directories or digests against their attestations, and say why',
  usage: ['verify ARTIFACT… [--bundle FILE…] IDENTITY [options]'],
  description: `ARTIFACT is a file, a directory, sha256:HEX / sha512:HEX, or oci://registry/name@sha256:HEX. A bundle
is a Sigstore bundle (v0.1 to v0.3), JSON lines of them, an npm attestations document, a PEP 740
object, an OMS model.sig or a DSSE envelope; without --bundle it is looked for beside the artifact
(NAME.sigstore.json, NAME.sigstore, DIR/model.sig).

IDENTITY says who must have signed: one of --repo, --repo-id, --owner, --signer-repo,
--signer-workflow, --cert-identity or --key. Names are compared exactly. Exit code 10 is a refusal,
with its code and a hint.`,
  examples: [
    'cleanbill verify out/model --bundle out/model.sigstore.json --repo acme/train --predicate-type any',
    'cleanbill verify app.tgz --bundle attestations.json --repo acme/app --purl pkg:npm/app@1.2.3',
    'cleanbill verify out/model.bin --repo acme/train --inputs . --json',
  ],
  options: [
    { name: 'bundle', value: 'FILE', multiple: true, help: 'Attestations to judge; one that satisfies all suffices' },
    ...TRUST_OPTIONS,
    ...IDENTITY_OPTIONS,
    {
      name: 'predicate-type',
      value: 'URI',
      help: 'Kind of statement, or any (default: SLSA provenance; of a directory its OMS signature)',
    },
    { name: 'purl', value: 'PURL', help: 'Package URL that the statement must name' },
    { name: 'min-level', value: 'N', help: 'SLSA Build level the signer must be worth: 1 or 2 (3 needs a policy)' },
    { name: 'inputs', value: 'DIR', help: 'Hash every input that the provenance names again, below DIR' },
    { name: 'ignore-path', value: 'P', multiple: true, help: 'Path in the directory to leave out' },
    { name: 'ignore-unsigned-files', help: 'Accept files in the directory that nobody signed' },
  ],
  run: verify,
}

async function verify({ host }: CliContext, args: Args): Promise<CommandResult> {
  const results = await verifyArtifacts(
    {
      artifacts: args.positionals,
      bundles: args.list('bundle'),
      trust: {
        trustedRoots: args.list('trusted-root'),
        npmKeys: args.text('npm-keys'),
        keys: args.list('key'),
        rootCertificates: args.list('root-cert'),
        offline: args.flag('offline'),
        githubTufRoot,
      },
      identity: readIdentity(args),
      predicateType: args.text('predicate-type'),
      purl: args.text('purl'),
      minLevel: readLevel(args.text('min-level')),
      inputs: args.text('inputs'),
      ignorePaths: args.list('ignore-path'),
      ignoreUnsignedFiles: args.flag('ignore-unsigned-files'),
    },
    host,
  )
  return {
    exitCode: results.every(({ verified }) => verified) ? EXIT.passed : EXIT.refused,
    // Sound: the document is made of JSON values only (its schema says so), with optional keys left out.
    document: JSON.parse(JSON.stringify(toVerifyDocument(results))) as JsonValue,
    text: formatVerify(results),
  }
}

function readLevel(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-4]$/.test(text)) return Number(text)
  throw new CleanbillError('ARGUMENT_INVALID', `--min-level is ${JSON.stringify(text)}`, { hint: 'A number, 1 to 4.' })
}

function readIdentity(args: Args) {
  return {
    repo: args.text('repo'),
    repoId: args.text('repo-id'),
    owner: args.text('owner'),
    signerRepo: args.text('signer-repo'),
    signerWorkflow: args.text('signer-workflow'),
    certIdentity: args.text('cert-identity'),
    certIdentityPattern: args.text('cert-identity-pattern'),
    certOidcIssuer: args.text('cert-oidc-issuer'),
    sourceRef: args.text('source-ref'),
    sourceDigest: args.text('source-digest'),
    signerDigest: args.text('signer-digest'),
    denySelfHosted: args.flag('deny-self-hosted'),
    allowAnySigner: args.flag('allow-any-signer'),
  }
}
