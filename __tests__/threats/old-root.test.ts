import { readFileSync, utimesSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cliOf } from '../support/gate-cli.ts'
import { POLICY } from '../support/gate-project.ts'
import { keyPair, type LooseJson, statementAbout } from '../support/real-signer.ts'
import { CLAIMS, provenance } from '../support/verify-bench.ts'
import { type Bench, changed, entryOf, flip, startBench } from './bench.ts'
import { type GateBench, startGateBench } from './gate-bench.ts'
import { npmKeys, PUBLISH_TYPE, publishStatement, signWithKey } from './npm-documents.ts'

const DAY = 86_400_000
const day = (offset: number) => new Date(Date.now() + offset * DAY)
/** Signed two days ago, so that a root can have been current after it. */
const SIGNED = -2
let bench: Bench
let stranger: Bench
beforeAll(async () => {
  bench = await startBench(() => day(SIGNED))
  stranger = await startBench(() => day(SIGNED))
})
afterAll(() => Promise.all([bench.signer.close(), stranger.signer.close()]))

const rootOf = ({ signer }: Bench): LooseJson => JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8'))
const AUTHORITIES = ['timestampAuthorities', 'tlogs', 'ctlogs', 'certificateAuthorities'] as const

/** The bench's root as it was a year ago: everybody in it began then, and some of today's authorities were others. */
function oldRoot(replaced: readonly (typeof AUTHORITIES)[number][], of = bench, by = stranger): LooseJson {
  const root = rootOf(of)
  for (const one of replaced) root[one] = rootOf(by)[one]
  for (const one of AUTHORITIES) {
    for (const entry of root[one]) (entry.publicKey ?? entry).validFor = { start: day(-400).toISOString() }
  }
  return root
}

/** What TUF leaves in the cache of whoever ran once with the network. */
function cache(write: (path: string, content: object) => void, root: object, expires: Date): void {
  const folder = '.cache/cleanbill/tuf/tuf-repo-cdn.sigstore.dev'
  write(`${folder}/targets/trusted_root.json`, root)
  write(`${folder}/timestamp.json`, { signed: { _type: 'timestamp', expires: expires.toISOString() }, signatures: [] })
}

const withCache = async (root: object, expires: number, bundle: unknown = bench.good, more: readonly string[] = []) => {
  cache(bench.write, root, day(expires))
  return await bench.verify(bundle, { roots: [], more })
}
const STALE = [1, 'TRUST_ROOT_STALE']

describe('evidence that is newer than the trusted root', () => {
  it('T-CR-13: cannot be verified where the root does not know who vouched for it, and nobody calls it forged', async () => {
    for (const authority of AUTHORITIES) {
      const { code, document, stdout } = await withCache(oldRoot([authority]), -100)
      expect([authority, code, document.code]).toStrictEqual([authority, ...STALE])
      expect(document.message).toContain('cannot be verified')
      expect(document.hint).toMatch(/--trusted-root FILE/)
      expect(stdout).not.toMatch(/forged|invalid|"verified": ?true/i)
    }
  })

  it('T-CR-13: verifies where the root knows everybody, however old it is', async () => {
    expect((await withCache(oldRoot([]), -300)).code).toBe(0)
    const given = bench.write('given.json', oldRoot([]))
    utimesSync(given, day(-300), day(-300))
    expect((await bench.verify(bench.good, { roots: [given] })).code).toBe(0)
    // Of two bundles one needs the authority that is missing, and the other does not.
    const promised = changed(bench.good, (b) => delete b.verificationMaterial.timestampVerificationData)
    const both = await withCache(oldRoot(['timestampAuthorities']), -100, [bench.good, promised])
    expect([both.code, both.document.attestations.map(({ code }) => code)]).toStrictEqual([
      0,
      ['TRUST_ROOT_STALE', null],
    ])
  })

  it('T-CR-13: is refused as what it is where it was changed, and where the root was current when it was made', async () => {
    const unknown = oldRoot(['timestampAuthorities'])
    const tampered = changed(bench.good, (b) => (b.dsseEnvelope.payload = flip(b.dsseEnvelope.payload)))
    const spliced = changed(
      bench.good,
      (b) =>
        (entryOf(b).inclusionPromise.signedEntryTimestamp = flip(entryOf(b).inclusionPromise.signedEntryTimestamp, 30)),
    )
    const other = await bench.sign(statementAbout('another'), { claims: CLAIMS })
    for (const [root, expires, bundle, code] of [
      [unknown, -100, tampered, 'SIGNATURE_INVALID'],
      [oldRoot([]), -100, spliced, 'LOG_PROOF_INVALID'],
      [oldRoot([]), -100, other, 'SUBJECT_MISMATCH'],
      [unknown, SIGNED + 1, bench.good, 'TIMESTAMP_INVALID'],
      [unknown, 5, bench.good, 'TIMESTAMP_INVALID'],
      [oldRoot(['certificateAuthorities']), 5, bench.good, 'TRUST_DOMAIN'],
    ] as const) {
      const refused = await withCache(root, expires, bundle)
      expect([code, refused.code, refused.document.code]).toStrictEqual([code, 10, code])
    }
  })

  it('T-CR-13: is held to a root that is given: one that was written long before it is too old, any other one counts', async () => {
    const given = bench.write('given.json', oldRoot(['timestampAuthorities']))
    const verify = async (written: number) => {
      utimesSync(given, day(written), day(written))
      const { code, document } = await bench.verify(bench.good, { roots: [given] })
      return [code, document.code]
    }
    expect(await verify(-30)).toStrictEqual(STALE)
    // A week is what a current root may lag behind.
    expect(await verify(SIGNED - 6)).toStrictEqual([10, 'TIMESTAMP_INVALID'])
    expect(await verify(0)).toStrictEqual([10, 'TIMESTAMP_INVALID'])
  })

  it('T-CR-13: may be signed with a key of npm that an old list does not have', async () => {
    const pair = keyPair()
    const publish = await signWithKey(bench, pair, 'npm-2', publishStatement('app', '1.0.0'))
    const subject = (publishStatement('app', '1.0.0') as LooseJson).subject
    const bundle = await bench.sign({ ...provenance(), subject }, { claims: CLAIMS })
    const attestations = [
      { predicateType: 'https://slsa.dev/provenance/v1', bundle },
      { predicateType: PUBLISH_TYPE, bundle: publish },
    ]
    const keys = bench.write('keys.json', npmKeys(pair, 'npm-1', { start: day(-400).toISOString() }))
    const verify = async (written: number) => {
      utimesSync(keys, day(written), day(written))
      const more = ['--npm-keys', keys, '--purl', 'pkg:npm/app@1.0.0']
      const { code, document } = await bench.verify({ attestations }, { more })
      return [code, document.code]
    }
    expect(await verify(-30)).toStrictEqual(STALE)
    expect(await verify(0)).toStrictEqual([10, 'KEY_INVALID'])
  })
})

describe('a gate without the network', () => {
  let gate: GateBench
  beforeAll(async () => {
    gate = await startGateBench()
  })
  afterAll(() => gate.close())

  it('T-CR-13: judges nothing by a cached root that does not know who vouched, and names the way on', async () => {
    const { project } = gate
    gate.reset()
    await cliOf(project, ['gate', '--json'])
    const world: LooseJson = JSON.parse(readFileSync(project.world.trustedRootPath, 'utf8'))
    const write = (path: string, content: object) => project.write(`.home/${path}`, JSON.stringify(content))
    project.edit(POLICY, (text) => text.replace(/roots: \[[^\]]*\]/, 'roots: [sigstore]'))
    const offline = async (root: object, expires: number) => {
      cache(write, root, day(expires))
      const { code, stdout } = await cliOf(project, ['gate', '--offline', '--json'])
      return { code, document: JSON.parse(stdout) }
    }
    const whole = await offline(world, -300)
    expect(whole.document.dependencies.find(({ name }: LooseJson) => name === 'tool').state).toBe('verified')
    const ended = { ...world, tlogs: oldRoot(['tlogs']).tlogs }
    const { code, document } = await offline(ended, -300)
    expect([code, document.code, document.hint]).toStrictEqual([
      ...STALE,
      expect.stringContaining('--trusted-root FILE'),
    ])
  })
})
