import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Real attestations, kept beside the repository and never in it. */
export const FIXTURES = resolve(import.meta.dirname, '../../../shared/fixtures')

export interface FixtureInputs {
  readonly trusted_root?: string
  readonly artifact?: string
  readonly artifact_sha256?: string
  readonly identity?: { readonly san: string; readonly issuer?: string }
  readonly public_key?: string
  readonly npm_keys?: string
  readonly purl?: string
  readonly model?: string
  readonly cert_chain?: readonly string[]
  readonly method?: string
  readonly ignore_paths?: readonly string[]
  readonly model_modifications?: {
    readonly delete?: readonly string[]
    readonly tamper?: Readonly<Record<string, string>>
    readonly add?: Readonly<Record<string, string>>
  }
}

export interface Fixture {
  readonly path: string
  readonly kind: string
  readonly inputs: FixtureInputs
  readonly expected: { readonly verdict: 'valid' | 'reject' | 'policy-dependent' | 'informational' }
  readonly observed: {
    readonly entries?: readonly {
      readonly subjects?: readonly { readonly digest: Readonly<Record<string, string>> }[]
      readonly message_digest?: { readonly hex: string }
      readonly result?: { readonly trusted_root?: string }
    }[]
  }
}

/** The manifest's entries, or none with a printed line where the fixtures are not there. */
export function loadFixtures(): readonly Fixture[] {
  const manifest = join(FIXTURES, 'MANIFEST.json')
  if (!existsSync(manifest)) {
    console.warn(`SKIPPED: all fixture cases, ${manifest} is not there`)
    return []
  }
  const { files } = JSON.parse(readFileSync(manifest, 'utf8')) as { files: Fixture[] }
  return files.map((file) => ({ ...file, inputs: file.inputs ?? {}, observed: file.observed ?? {} }))
}

export const fixturePath = (path: string): string => join(FIXTURES, path)

/** The one file of a folder, where there is only one. */
export function onlyFile(folder: string): string | undefined {
  const names = readdirSync(folder)
  return names.length === 1 && names[0] !== undefined ? join(folder, names[0]) : undefined
}
