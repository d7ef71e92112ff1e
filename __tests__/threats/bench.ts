import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type VerifyDocument, verifyDocumentSchema } from '../../src/model/verify-document.ts'
import { type Finished, runCli } from '../support/built.ts'
import { type LooseJson, type RealSigner, startRealSigner } from '../support/real-signer.ts'
import { CLAIMS, provenance, REPO } from '../support/verify-bench.ts'

export interface VerifyRun extends Finished {
  readonly document: VerifyDocument
}

export interface VerifyOptions {
  readonly artifact?: string
  /** In place of `--repo` and its issuer. */
  readonly who?: readonly string[]
  readonly roots?: readonly string[]
  readonly more?: readonly string[]
}

/** A folder with `artifact.txt` (`hello`), a Sigstore that really signs, and the built `cleanbill verify` in it. */
export interface Bench {
  readonly signer: RealSigner
  readonly folder: string
  /** Provenance of `artifact.txt` by the expected signer, with a log entry and a timestamp. */
  readonly good: LooseJson
  readonly write: (name: string, content: unknown) => string
  readonly cli: (argv: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Finished>
  /** `verify --json`; bundles are written as one document, or as JSON lines when they are several. */
  readonly verify: (bundle: unknown, options?: VerifyOptions) => Promise<VerifyRun>
  /** Nothing of it holds, which is exit 10; the code of each, in the order given. */
  readonly refusals: (bundles: readonly unknown[], options?: VerifyOptions) => Promise<readonly (string | null)[]>
  readonly sign: RealSigner['sign']
}

/** @param clock of the Sigstore; the command line has the real one */
export async function startBench(clock?: () => Date): Promise<Bench> {
  const signer = await startRealSigner(clock)
  const { folder } = signer
  const write = (name: string, content: unknown) => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(
      path,
      typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
    )
    return path
  }
  const cli: Bench['cli'] = (argv, env = {}) => runCli(argv, { cwd: folder, env: { HOME: folder, ...env } })
  const verify: Bench['verify'] = async (bundle, options = {}) => {
    const { artifact = 'artifact.txt', who = ownerOf(signer), roots = [signer.sigstore.trustedRootPath] } = options
    write('bundle.json', Array.isArray(bundle) ? bundle.map(toLine).join('\n') : toLine(bundle))
    const trust = roots.flatMap((root) => ['--trusted-root', root])
    const argv = ['verify', artifact, '--bundle', 'bundle.json', '--offline', '--json', ...trust, ...who]
    const finished = await cli([...argv, ...(options.more ?? [])])
    return { ...finished, document: toDocument(finished) }
  }
  write('artifact.txt', 'hello')
  return {
    ...{ signer, folder, write, cli, verify, sign: signer.sign },
    good: await signer.sign(provenance(), { claims: CLAIMS }),
    refusals: async (bundles, options) => {
      // With a second line beside it each bundle is one line, and damage to one is not damage to all.
      const { code, document } = await verify([...bundles, ...(bundles.length === 1 ? bundles : [])], options)
      if (code !== 10) throw new Error(`exit ${code}: ${document.message ?? 'verified'}`)
      const lines = new Map(document.attestations.map((one) => [lineOf(one.where), one.code]))
      return bundles.map((_, index) => lines.get(index + 1) ?? null)
    },
  }
}

const toLine = (bundle: unknown): string => (typeof bundle === 'string' ? bundle : JSON.stringify(bundle))
const lineOf = (where: string): number => Number(/ line (\d+)/.exec(where)?.[1])

/** Who signs on this bench, and where from. */
export const ownerOf = ({ sigstore }: RealSigner): readonly string[] => [
  ...['--repo', REPO],
  ...['--cert-oidc-issuer', sigstore.issuer],
]

function toDocument({ stdout, stderr }: Finished): VerifyDocument {
  const json: unknown = JSON.parse(stdout)
  const parsed = verifyDocumentSchema.safeParse(json)
  // Where nothing could be judged the document is an error's: then the code and the exit are all there is.
  if (!parsed.success) return json as VerifyDocument
  if (stderr.includes('    at ')) throw new Error(stderr)
  return parsed.data
}

/** A copy with one thing changed. */
export function changed(from: LooseJson, change: (bundle: LooseJson) => void): LooseJson {
  const copy = structuredClone(from)
  change(copy)
  if (JSON.stringify(copy) === JSON.stringify(from)) throw new Error('nothing was changed')
  return copy
}

/** One bit of one byte, in base64. */
export function flip(base64: string, at = 10): string {
  const bytes = Buffer.from(base64, 'base64')
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes.toString('base64')
}

export const entryOf = (bundle: LooseJson): LooseJson => bundle.verificationMaterial.tlogEntries[0]
