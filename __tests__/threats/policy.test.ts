import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VSA_V1 } from '../../src/model/predicates/vsa.ts'
import { DIST, runNode, scratch } from '../support/built.ts'
import { sha256, statementAbout } from '../support/real-signer.ts'
import { CLAIMS, provenance } from '../support/verify-bench.ts'
import { type Bench, changed, flip, startBench } from './bench.ts'
import { checkPolicy } from './gate-bench.ts'

const PROVENANCE = 'https://slsa.dev/provenance/v1'
const ROOT = resolve(import.meta.dirname, '../..')
const folder = scratch()
let bench: Bench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(async () => {
  await bench.signer.close()
  folder.remove()
})

const signed = (statement: object | string) => bench.sign(statement, { claims: CLAIMS })
const ofType = (predicateType: string, predicate: object = {}) =>
  signed({ ...statementAbout('hello'), predicateType, predicate })
const only = async (bundle: unknown, ...more: string[]) => {
  const { code, document } = await bench.verify(bundle, { more })
  return [code, document.code]
}

describe('the kind of a statement', () => {
  it('T-PP-01, T-PP-24: is provenance unless another is named: no SBOM and no test result stands for it', async () => {
    const [sbom, test] = [
      await ofType('https://cyclonedx.org/bom', { bomFormat: 'CycloneDX' }),
      await ofType('https://in-toto.io/attestation/test-result/v0.1', { result: 'PASSED' }),
    ]
    expect(await bench.refusals([sbom, test])).toStrictEqual(['PREDICATE_TYPE', 'PREDICATE_TYPE'])
    expect(await only(sbom, '--predicate-type', 'any')).toStrictEqual([0, null])
    expect(await only(bench.good, '--predicate-type', 'https://cyclonedx.org/bom')).toStrictEqual([
      10,
      'PREDICATE_TYPE',
    ])
  })

  it('T-PP-02: is what was signed, not what its wrapper says', async () => {
    const bundle = await ofType('https://cyclonedx.org/bom', { bomFormat: 'CycloneDX' })
    const wrapped = { attestations: [{ predicateType: PROVENANCE, bundle }] }
    expect(await only(wrapped)).toStrictEqual([10, 'PREDICATE_TYPE'])
    expect(await only(wrapped, '--predicate-type', 'any')).toStrictEqual([10, 'PREDICATE_TYPE'])
  })

  it('T-PP-19: is its exact name: what is nearly provenance is something else', async () => {
    const near = [
      `${PROVENANCE}.0`,
      `${PROVENANCE}/`,
      `${PROVENANCE} `,
      'https://slsa.dev/provenance/v1.1',
      'https://slsa.dev/provenance/V1',
      'http://slsa.dev/provenance/v1',
      'https://vendor.example/provenance/v1',
    ]
    const bundles = await Promise.all(near.map((type) => ofType(type, provenance().predicate)))
    expect(await bench.refusals(bundles)).toStrictEqual(near.map(() => 'PREDICATE_TYPE'))
  })

  it('T-PP-20: has parameters that its builder knows', async () => {
    const extra = provenance((p) => {
      p.buildDefinition.externalParameters.override = 'x'
    })
    expect(await bench.refusals([await signed(extra)])).toStrictEqual(['PARAMETERS_UNKNOWN'])
  })

  it('T-PP-03: has the shape of its kind, or is refused', async () => {
    const broken = [null, [], 'x', {}, { buildDefinition: 1 }, { ...provenance().predicate, runDetails: [] }]
    const bundles = await Promise.all(broken.map((predicate) => signed({ ...provenance(), predicate })))
    expect(await bench.refusals(bundles)).toStrictEqual(broken.map(() => 'PREDICATE_MALFORMED'))
    const summary = await ofType(VSA_V1, { verificationResult: 'PASSED' })
    expect(await bench.refusals([summary], { more: ['--predicate-type', VSA_V1] })).toStrictEqual([
      'PREDICATE_MALFORMED',
    ])
  })
})

describe('JSON', () => {
  it('T-PP-09: means one thing to every reader, or is refused', async () => {
    const text = JSON.stringify(provenance())
    const [subject, other] = [provenance().subject, statementAbout('x').subject].map((list) => JSON.stringify(list))
    const texts = [
      text.replace('{', `{"subject":${other},`),
      text.replace('{', `{"subject":${subject},`),
      text.replace('{', '{"__proto__":{"predicateType":"x"},'),
      text.replace('{', `{"x":${'['.repeat(200)}${']'.repeat(200)},`),
      text.replace('"42"', 'NaN'),
      text.replace('"42"', '0x2a'),
      `${text} {}`,
    ]
    const codes = await bench.refusals(await Promise.all(texts.map(signed)))
    expect(codes.slice(0, 3)).toStrictEqual(Array(3).fill('JSON_AMBIGUOUS'))
    expect(codes.slice(3).filter((code) => code === null || !/^(?:JSON_|LIMIT_EXCEEDED)/.test(code))).toStrictEqual([])
    // Two numbers that are one to whoever reads them as floating point.
    const near = { ...CLAIMS, repository_id: '9007199254740992' }
    const number = await bench.sign(text.replace('"42"', '9007199254740993'), { claims: near })
    expect(await bench.refusals([number])).toStrictEqual(['CLAIM_CONFLICT'])
  })
})

describe('a policy', () => {
  const entry = (text: string) => `version: 1\nrequire:\n  - match: { purl: "pkg:npm/a" }\n    ${text}\n`

  it('T-PP-10: has globs that end, and no regular expressions', async () => {
    for (const pattern of ['(a+)+$', 'acme/.+', '[a-z]+/x', 'a|b', 'acme/(x)*']) {
      const refused = await checkPolicy(bench.folder, entry(`source: { repository: ${JSON.stringify(pattern)} }`))
      expect([pattern, ...refused]).toStrictEqual([pattern, 2, 'PATTERN_UNSAFE'])
    }
    const stars = `https://github.com/acme/${'*a'.repeat(200)}b`
    const started = process.hrtime.bigint()
    const refused = await bench.verify(bench.good, { more: ['--cert-identity-pattern', stars] })
    expect([refused.code, refused.document.code]).toStrictEqual([10, 'IDENTITY_MISMATCH'])
    expect(Number(process.hrtime.bigint() - started) / 1e9).toBeLessThan(20)
  })

  it('T-PP-06: has no key that it does not know, in whatever section it stands', async () => {
    for (const text of [
      'version: 1\nprofle: strict\n',
      'version: 1\ntrust:\n  root: [sigstore]\n',
      'version: 1\nrules:\n  signer-continuty: fail\n',
      'version: 1\nrules:\n  cooldown: { day: 3 }\n',
      entry('signr: { key: k.pem }'),
      entry('signer: { deny_sefl_hosted: true }'),
    ])
      expect(await checkPolicy(bench.folder, text)).toStrictEqual([2, 'POLICY_UNKNOWN_KEY'])
  })
})

describe('several attestations', () => {
  it('T-PP-17: are judged one by one, and what was refused vouches for nothing', async () => {
    const bad = changed(bench.good, (b) => (b.dsseEnvelope.payload = flip(b.dsseEnvelope.payload)))
    const other = await signed(provenance(undefined, 'other'))
    const { code, document } = await bench.verify([bad, other, bench.good])
    expect([code, document.attestations.map((one) => one.code)]).toStrictEqual([
      0,
      ['SIGNATURE_INVALID', 'SUBJECT_MISMATCH', null],
    ])
    expect(await bench.refusals([bad, other])).toStrictEqual(['SIGNATURE_INVALID', 'SUBJECT_MISMATCH'])
  })
})

describe('the verifier’s own control', () => {
  /** A copy of the program in which one check is gone, built from sources that differ in that one line. */
  async function mutant(file: string, check: string, gone: string): Promise<string> {
    const copy = folder.path()
    cpSync(DIST, copy, { recursive: true })
    const path = join(ROOT, 'src', file)
    const source = readFileSync(path, 'utf8')
    if (source.split(check).length !== 2) throw new Error(`${file} has no single ${check}`)
    await build({
      ...{ absWorkingDir: ROOT, entryPoints: ['src/entry/cli/index.ts'], outfile: join(copy, 'main.mjs') },
      ...{ bundle: true, platform: 'node', target: 'node24', format: 'esm', mainFields: ['module', 'main'] },
      banner: {
        js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
      },
      define: { __CLEANBILL_VERSION__: '"0.0.0"' },
      plugins: [
        {
          name: 'mutant',
          setup: ({ onLoad }) =>
            onLoad({ filter: /\.ts$/ }, ({ path: loaded }) =>
              loaded === path ? { contents: source.replace(check, gone), loader: 'ts' } : undefined,
            ),
        },
      ],
    })
    // As its own build would have written it: what stops this program must be its control.
    const sums = readdirSync(copy)
      .filter((name) => /\.m?js$/.test(name))
      .map((name) => `${sha256(readFileSync(join(copy, name)))}  ${name}\n`)
    writeFileSync(join(copy, 'SHA256SUMS'), sums.join(''))
    return join(copy, 'cli.js')
  }

  it('T-PP-18: stops a program in which a check is gone, before it judges anything', async () => {
    const workspace = folder.path()
    const lock = { lockfileVersion: 3, packages: { 'node_modules/a': { version: '1.0.0', integrity: sha512() } } }
    writeFileSync(join(workspace, 'package-lock.json'), JSON.stringify(lock))
    const gate = (cli: string) =>
      runNode([cli, 'gate', '--offline', '--json'], { cwd: workspace, env: { HOME: workspace } })
    const whole = await gate(join(DIST, 'cli.js'))
    expect(JSON.parse(whole.stdout).code).not.toBe('CONTROL_FAILED')
    for (const [file, check, gone] of MUTANTS) {
      const { code, stdout } = await gate(await mutant(file, check, gone))
      expect([file, code, JSON.parse(stdout).code]).toStrictEqual([file, 1, 'CONTROL_FAILED'])
    }
  })
})

const sha512 = () => `sha512-${Buffer.alloc(64, 1).toString('base64')}`

/** One line of each, and what is left when its check does nothing. */
const MUTANTS: readonly (readonly [string, string, string])[] = [
  ['policy/expected-identity.ts', '(signer.issuer ?? null) === issuer', 'true'],
  ['verify/verify-attestation.ts', 'content.payloadType !== STATEMENT_PAYLOAD_TYPE', 'false'],
]
