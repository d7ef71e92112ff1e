import { readFileSync } from 'node:fs'
import { bundleToJSON } from '@sigstore/bundle'
import { DSSEBundleBuilder, type Witness } from '@sigstore/sign'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { STATEMENT_PAYLOAD_TYPE } from '../../src/model/statement.ts'
import { DIST } from '../support/built.ts'
import { keyPair, type LooseJson, logWitness, statementAbout, timestampWitness } from '../support/real-signer.ts'
import { CLAIMS, provenance } from '../support/verify-bench.ts'
import { type Bench, changed, entryOf, flip, startBench } from './bench.ts'
import { npmKeys, PUBLISH_TYPE, publishStatement, signWithKey } from './npm-documents.ts'

const MINUTE = 60_000
/** Of the Sigstore under test; a step into the past leaves room for what happens later. */
let ahead = -60 * MINUTE
const clock = () => new Date(Date.now() + ahead)
let bench: Bench
let stranger: Bench
let other: LooseJson
beforeAll(async () => {
  bench = await startBench(clock)
  stranger = await startBench()
  other = await bench.sign(statementAbout('another'), { claims: CLAIMS })
})
afterAll(() => Promise.all([bench.signer.close(), stranger.signer.close()]))

const from = (change: (bundle: LooseJson) => void) => changed(bench.good, change)
const trustedRoot = (): LooseJson => JSON.parse(readFileSync(bench.signer.sigstore.trustedRootPath, 'utf8'))
const checkpoint = (change: (lines: string[]) => void) =>
  from((b) => {
    const lines: string[] = entryOf(b).inclusionProof.checkpoint.envelope.split('\n')
    change(lines)
    entryOf(b).inclusionProof.checkpoint.envelope = lines.join('\n')
  })

async function signBy(witnesses: readonly Witness[]): Promise<LooseJson> {
  const builder = new DSSEBundleBuilder({ signer: await bench.signer.certified(CLAIMS), witnesses: [...witnesses] })
  const data = Buffer.from(JSON.stringify(provenance()))
  return structuredClone(bundleToJSON(await builder.create({ data, type: STATEMENT_PAYLOAD_TYPE })))
}

describe('what was signed', () => {
  it('verifies when nothing is wrong with it', async () => {
    expect(await bench.verify(bench.good)).toMatchObject({ code: 0, document: { verified: true, code: null } })
  })

  it('T-CR-01: is refused with one byte of payload, signature or type changed', async () => {
    const codes = await bench.refusals([
      from((b) => (b.dsseEnvelope.payload = flip(b.dsseEnvelope.payload))),
      from((b) => (b.dsseEnvelope.signatures[0].sig = flip(b.dsseEnvelope.signatures[0].sig, 20))),
      from((b) => (b.dsseEnvelope.payloadType = 'application/vnd.in-toto+jsoN')),
    ])
    expect(codes).toStrictEqual(['SIGNATURE_INVALID', 'SIGNATURE_INVALID', 'SIGNATURE_INVALID'])
  })

  it('T-CR-02: is refused with no signature, with two, and with a bad one beside a good one', async () => {
    const [sig] = bench.good.dsseEnvelope.signatures
    const lists = [[], [sig, sig], [sig, { sig: flip(sig.sig, 20) }], [{ sig: flip(sig.sig, 20) }, sig]]
    const codes = await bench.refusals(lists.map((list) => from((b) => (b.dsseEnvelope.signatures = list))))
    expect(codes).toStrictEqual(lists.map(() => 'SIGNATURE_COUNT'))
  })

  it('T-CR-03: is not read when it says that it is something else, however well it is signed', async () => {
    const options = { payloadType: 'text/plain', claims: CLAIMS }
    const codes = await bench.refusals([
      await bench.sign('this is no JSON {{{', options),
      await bench.sign(provenance(), options),
    ])
    expect(codes).toStrictEqual(['PAYLOAD_TYPE', 'PAYLOAD_TYPE'])
  })

  it('T-CR-15: is read as it was signed: spaces count, and a second key of one name is no second meaning', async () => {
    const spaced = await bench.sign(JSON.stringify(provenance(), null, '\t  '), { claims: CLAIMS })
    expect((await bench.verify(spaced)).code).toBe(0)
    const compact = Buffer.from(JSON.stringify(provenance())).toString('base64')
    const twice = JSON.stringify(provenance()).replace(
      '{',
      `{"subject":${JSON.stringify(statementAbout('x').subject)},`,
    )
    const codes = await bench.refusals([
      changed(spaced, (b) => (b.dsseEnvelope.payload = compact)),
      await bench.sign(twice, { claims: CLAIMS }),
    ])
    expect(codes).toStrictEqual(['SIGNATURE_INVALID', 'JSON_AMBIGUOUS'])
  })
})

describe('the log', () => {
  it('T-CR-04: of another bundle does not vouch for this one', async () => {
    const spliced = from((b) => (b.verificationMaterial.tlogEntries = other.verificationMaterial.tlogEntries))
    const body = from((b) => (entryOf(b).canonicalizedBody = entryOf(other).canonicalizedBody))
    const [first, second] = await bench.refusals([spliced, body])
    expect(first).toBe('LOG_ENTRY_MISMATCH')
    expect(['LOG_ENTRY_MISMATCH', 'LOG_PROOF_INVALID']).toContain(second)
  })

  it('T-CR-05: must prove that it holds the entry: proof, checkpoint and promise', async () => {
    const codes = await bench.refusals([
      from((b) => delete entryOf(b).inclusionProof),
      from((b) => (entryOf(b).inclusionProof.hashes[0] = flip(entryOf(b).inclusionProof.hashes[0]))),
      from((b) => (entryOf(b).inclusionProof.rootHash = flip(entryOf(b).inclusionProof.rootHash))),
      from((b) => {
        const promise = entryOf(b).inclusionPromise
        promise.signedEntryTimestamp = flip(promise.signedEntryTimestamp, 30)
      }),
      checkpoint((lines) => lines.splice(4, 1)),
      checkpoint((lines) => (lines[2] = flip(lines[2] ?? ''))),
    ])
    expect(codes).toStrictEqual(codes.map(() => 'LOG_PROOF_INVALID'))
  })

  it('T-CR-09: counts once, however often its entry is there, and no number of entries is offered as a control', async () => {
    const promised = from((b) => b.verificationMaterial.tlogEntries.push(entryOf(b)))
    const proven = changed(promised, (b) => {
      for (const entry of b.verificationMaterial.tlogEntries) delete entry.inclusionPromise
    })
    expect(await bench.refusals([promised, proven])).toStrictEqual(['TIMESTAMP_INVALID', 'LOG_PROOF_INVALID'])
    const asked = await bench.verify(bench.good, { more: ['--tlog-threshold', '2'] })
    expect(asked).toMatchObject({ code: 2, document: { code: 'ARGUMENT_INVALID' } })
  })

  it('T-CR-14: writes numbers and names in one way only', async () => {
    const sizes = ['0x10', ' 5', '', '05', '1e3', '-1', '9'.repeat(40)]
    const malformed = sizes.map((size) => checkpoint((lines) => (lines[1] = size)))
    expect(await bench.refusals(malformed)).toStrictEqual(sizes.map(() => 'BUNDLE_MALFORMED'))
    const roots = ['AAAA', '', 'x'].map((root) => checkpoint((lines) => (lines[2] = root)))
    expect(await bench.refusals(roots)).toStrictEqual(roots.map(() => 'BUNDLE_MALFORMED'))
    const stated = ['rootHash', 'treeSize'].map((field) => from((b) => (entryOf(b).inclusionProof[field] = '1234')))
    const pattern = checkpoint((lines) => (lines[4] = (lines[4] ?? '').replace(/— \S+/, '— .*')))
    expect(await bench.refusals([...stated, pattern])).toStrictEqual(Array(3).fill('LOG_PROOF_INVALID'))
  })
})

describe('time', () => {
  it('T-CR-06: outside the certificate’s ten minutes, or said by nobody, makes a signature worthless', async () => {
    const late: Witness = {
      testify: async (content, certificate) => {
        ahead += 11 * MINUTE
        return await logWitness(bench.signer.sigstore).testify(content, certificate)
      },
    }
    const bundles = [await signBy([late]), await signBy([late, timestampWitness(bench.signer.sigstore)])]
    const timeless = from((b) => {
      delete b.verificationMaterial.timestampVerificationData
      delete entryOf(b).inclusionPromise
    })
    expect(await bench.refusals([...bundles, timeless])).toStrictEqual([
      'CERTIFICATE_EXPIRED',
      'CERTIFICATE_EXPIRED',
      'TIME_UNTRUSTED',
    ])
  })

  it('T-CR-07: of the log counts only under its promise, not beside a proof', async () => {
    const forged = from((b) => {
      delete b.verificationMaterial.timestampVerificationData
      delete entryOf(b).inclusionPromise
      entryOf(b).integratedTime = String(Math.floor(Date.now() / 1000))
    })
    const promised = from((b) => delete b.verificationMaterial.timestampVerificationData)
    expect(await bench.refusals([forged])).toStrictEqual(['TIME_UNTRUSTED'])
    expect((await bench.verify(promised)).code).toBe(0)
  })

  it('T-CR-08: by an authority that no trusted root names is no time', async () => {
    const log = logWitness(bench.signer.sigstore)
    const foreign = await signBy([log, timestampWitness(stranger.signer.sigstore)])
    const unpromised = changed(foreign, (b) => delete entryOf(b).inclusionPromise)
    const moved = from((b) => {
      b.verificationMaterial.timestampVerificationData = other.verificationMaterial.timestampVerificationData
    })
    expect(await bench.refusals([foreign, unpromised, moved])).toStrictEqual([
      'TIMESTAMP_INVALID',
      'TIMESTAMP_INVALID',
      'TIMESTAMP_INVALID',
    ])
  })
})

describe('trust', () => {
  it('T-CR-10: in a key ends when the key does, and goes by its name', async () => {
    const pair = keyPair()
    const [signed, named] = [await signWithKey(bench, pair, 'npm-1'), await signWithKey(bench, pair, 'npm-9')]
    const verify = async (bundle: LooseJson, keys: object) =>
      await bench.verify(bundle, { more: ['--npm-keys', bench.write('keys.json', keys)], who: ['--allow-any-signer'] })
    const before = { start: '2020-01-01T00:00:00.000Z' }
    expect((await verify(signed, npmKeys(pair, 'npm-1', before))).code).toBe(0)
    const ended = { ...before, end: '2025-01-29T00:00:00.000Z' }
    for (const [bundle, window] of [
      [signed, ended],
      [named, before],
    ] as const) {
      const { code, document } = await verify(bundle, npmKeys(pair, 'npm-1', window))
      expect([code, document.code]).toStrictEqual([10, 'KEY_INVALID'])
    }
  })

  it('T-CR-10: in a log ends when its key does, also where the log proves and promises nothing', async () => {
    const proven = from((b) => delete entryOf(b).inclusionPromise)
    const root = (end: string) =>
      changed(trustedRoot(), (copy) => {
        for (const log of copy.tlogs) log.publicKey.validFor = { start: '2020-01-01T00:00:00Z', end }
      })
    const verify = async (end: string) => {
      const { code, document } = await bench.verify(proven, { roots: [bench.write('logs.json', root(end))] })
      return [code, document.code]
    }
    expect(await verify('2099-01-01T00:00:00Z')).toStrictEqual([0, null])
    expect(await verify('2025-01-29T00:00:00Z')).toStrictEqual([10, 'LOG_PROOF_INVALID'])
  })

  it('T-CR-10: is in one thing: an envelope of npm’s that has a certificate names no key beside it', async () => {
    const pair = keyPair()
    const publish = await signWithKey(bench, pair, 'npm-1', publishStatement('app', '1.0.0'))
    const subject = (publishStatement('app', '1.0.0') as LooseJson).subject
    const bundle = await bench.sign({ ...provenance(), subject }, { claims: CLAIMS })
    const keys = bench.write('keys.json', npmKeys(pair, 'npm-1', { start: '2020-01-01T00:00:00.000Z' }))
    const verify = async (signed: LooseJson) => {
      const attestations = [
        { predicateType: 'https://slsa.dev/provenance/v1', bundle: signed },
        { predicateType: PUBLISH_TYPE, bundle: publish },
      ]
      const { code, document } = await bench.verify({ attestations }, { more: ['--npm-keys', keys] })
      return [code, document.code]
    }
    expect(await verify(bundle)).toStrictEqual([0, null])
    const both = changed(bundle, (b) => (b.dsseEnvelope.signatures[0].keyid = 'npm-1'))
    expect(await verify(both)).toStrictEqual([10, 'KEY_INVALID'])
  })

  it('T-CR-11: is of one instance: another CA is refused, and a root without logs does not lower what is asked', async () => {
    const foreign = await bench.verify(bench.good, { roots: [stranger.signer.sigstore.trustedRootPath] })
    expect([foreign.code, foreign.document.code]).toStrictEqual([10, 'TRUST_DOMAIN'])
    const unlogged = await bench.sign(provenance(), { claims: CLAIMS, log: false })
    const bare = bench.write('bare.json', { ...trustedRoot(), tlogs: [], ctlogs: [] })
    const both = await bench.verify(unlogged, { roots: [bare, bench.signer.sigstore.trustedRootPath] })
    expect([both.code, both.document.code]).toStrictEqual([10, 'LOG_ENTRY_MISSING'])
    const { sigstore } = stranger.signer
    const root: LooseJson = JSON.parse(readFileSync(sigstore.trustedRootPath, 'utf8'))
    const github = stranger.write('github.json', { ...root, tlogs: [], ctlogs: [] })
    expect((await bench.verify(unlogged, { roots: [github] })).document.code).toBe('TRUST_DOMAIN')
  })

  it('T-CR-12: in a root that is broken ends the run, and nothing is called forged', async () => {
    const cases: [string, unknown][] = [
      ['no-start', changed(trustedRoot(), (root) => delete root.tlogs[0].publicKey.validFor.start)],
      ['no-ca', { ...trustedRoot(), certificateAuthorities: [] }],
      ['other', { ...trustedRoot(), mediaType: 'application/json' }],
      ['half', JSON.stringify(trustedRoot()).slice(0, 900)],
      ['twice', JSON.stringify(trustedRoot()).replace('{', '{"tlogs":[],')],
      [
        'certificate',
        changed(trustedRoot(), (root) => {
          const [certificate] = root.certificateAuthorities[0].certChain.certificates
          certificate.rawBytes = certificate.rawBytes.slice(0, 400)
        }),
      ],
    ]
    for (const [name, root] of cases) {
      const { code, document } = await bench.verify(bench.good, { roots: [bench.write(`${name}.json`, root)] })
      expect([name, code, document.code]).toStrictEqual([name, 1, 'TRUST_ROOT_INVALID'])
    }
    const none = await bench.verify(bench.good, { roots: [] })
    expect([none.code, none.document.code]).toStrictEqual([1, 'TRUST_ROOT_UNAVAILABLE'])
  })

  it('T-CR-17: is built in: the shipped files name a verifier that is new enough', () => {
    const notice = readFileSync(`${DIST}/NOTICE`, 'utf8')
    const [, major, minor, patch] = /^@sigstore\/verify (\d+)\.(\d+)\.(\d+) /m.exec(notice) ?? []
    expect(Number(major) * 10_000 + Number(minor) * 100 + Number(patch)).toBeGreaterThanOrEqual(40_102)
    expect(notice.match(/^@sigstore\/verify /gm)).toHaveLength(1)
  })
})

describe('every field of a bundle', () => {
  const BROKEN = [undefined, null, '', 'AAAA', '!', {}, []] as const

  function places(value: LooseJson, path: string[] = []): string[][] {
    if (typeof value !== 'object' || value === null) return [path]
    return Object.keys(value).flatMap((key) => [[...path, key], ...places(value[key], [...path, key])])
  }

  it('T-CR-16: is refused for a reason when it is something else, never by luck', async () => {
    const paths = [...new Set(places(bench.good).map((path) => path.join('.')))]
    const mutants = paths.flatMap((path) =>
      BROKEN.map((value) => {
        const copy = structuredClone(bench.good)
        const keys = path.split('.')
        const last = keys.pop() ?? ''
        const parent = keys.reduce((at, key) => at[key], copy)
        if (value === undefined) delete parent[last]
        else parent[last] = value
        return { name: `${path} = ${JSON.stringify(value)}`, text: JSON.stringify(copy) }
      }),
    )
    const different = mutants.filter(({ text }) => text !== JSON.stringify(bench.good))
    const accepted: string[] = []
    const lucky: string[] = []
    for (let at = 0; at < different.length; at += 99) {
      const part = different.slice(at, at + 99)
      const { code, document } = await bench.verify(['{"mediaType":"x"}', ...part.map(({ text }) => text)])
      const codes = new Map(document.attestations.map((one) => [Number(/ line (\d+)/.exec(one.where)?.[1]), one.code]))
      expect([0, 10]).toContain(code)
      for (const [index, { name }] of part.entries()) {
        const found = codes.get(index + 2)
        if (found === null) accepted.push(name)
        if (found === undefined || found === 'LIBRARY_FAULT') lucky.push(name)
      }
    }
    expect(lucky).toStrictEqual([])
    // What may be missing: one of two times, and what the checkpoint says as well.
    const spare =
      /^verificationMaterial\.(?:timestampVerificationData|tlogEntries\.0\.(?:inclusionPromise|inclusionProof\.(?:rootHash|treeSize)) = (?:undefined|null)$)/
    expect(accepted.filter((name) => !spare.test(name))).toStrictEqual([])
  })
})
