import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  parseNpmKeys,
  parsePublicKey,
  parseRegistryKeys,
  parseRootCertificates,
  parseTrustedRoots,
  signatureHashes,
} from '../../src/verify/trust-material.ts'
import { issueCertificate } from '../support/certificates.ts'
import { codeOf, keyPair, type LooseJson, type RealSigner, startRealSigner, toBytes } from '../support/real-signer.ts'

let signer: RealSigner
let root: LooseJson
beforeAll(async () => {
  signer = await startRealSigner()
  root = JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8'))
})
afterAll(() => signer.close())

const parse = (value: unknown) => parseTrustedRoots(toBytes(value), 'root.json')
const with_ = (change: (copy: LooseJson) => unknown) => {
  const copy = structuredClone(root)
  change(copy)
  return copy
}

describe('parseTrustedRoots', () => {
  it('reads one root, and lines of them whose last has no newline', () => {
    expect(parse(root)).toMatchObject([{ domain: 'sigstore' }])
    const line = JSON.stringify(root)
    const github = JSON.stringify({ ...root, tlogs: [], ctlogs: [] })
    const text = new TextEncoder().encode(`${line}\n${github}`)
    expect(parseTrustedRoots(text, 'roots.jsonl').map(({ domain }) => domain)).toEqual(['sigstore', 'github'])
    expect(parseTrustedRoots(new TextEncoder().encode(JSON.stringify(root, null, 2)), 'pretty')).toHaveLength(1)
    // One root whose every line opens an object and not every line closes one.
    const broken = JSON.stringify(root).replaceAll('{', '\n{').trimStart()
    expect(parseTrustedRoots(new TextEncoder().encode(broken), 'broken')).toHaveLength(1)
  })

  it('takes a root with CT logs only for one with logs', () => {
    expect(parse({ ...root, tlogs: [] })[0]?.domain).toBe('sigstore')
    expect(parse({ ...root, ctlogs: [] })[0]?.domain).toBe('sigstore')
  })

  it('reads a list that is not there as an empty one', () => {
    const { tlogs: _, ctlogs: __, ...bare } = root
    expect(parse(bare)[0]).toMatchObject({ domain: 'github', logs: [] })
  })

  it('knows when a log is in use', () => {
    const validFor = { start: '2026-01-01T00:00:00Z', end: '2026-02-01T00:00:00Z' }
    const [own] = parse(with_((copy) => (copy.tlogs[0].publicKey.validFor = validFor)))
    expect(own?.logs[0]).toMatchObject({ start: new Date(validFor.start), end: new Date(validFor.end) })
  })

  it('keeps the text of a root as it was read', () => {
    const text = JSON.stringify(root, null, 2)
    expect(parseTrustedRoots(new TextEncoder().encode(text), 'pretty')[0]?.text).toBe(text)
  })

  it.for<[string, (copy: LooseJson) => unknown]>([
    [
      'another media type',
      (r) => {
        r.mediaType = 'bad-media-type'
      },
    ],
    ['a log without a start', (r) => delete r.tlogs[0].publicKey.validFor.start],
    ['a CT log without a window', (r) => delete r.ctlogs[0].publicKey.validFor],
    ['a CA without a start', (r) => delete r.certificateAuthorities[0].validFor.start],
    ['a timestamp authority without a start', (r) => delete r.timestampAuthorities[0].validFor.start],
    [
      'an end that is no date',
      (r) => {
        r.tlogs[0].publicKey.validFor.end = 'soon'
      },
    ],
    ['a log whose start is no date', (r) => (r.tlogs[0].publicKey.validFor.start = 'soon')],
    ['a log whose start is a number', (r) => (r.tlogs[0].publicKey.validFor.start = 1)],
    ['a log whose end is a number', (r) => (r.tlogs[0].publicKey.validFor.end = 1)],
    ['logs that are no list', (r) => (r.tlogs = {})],
    ['no media type', (r) => delete r.mediaType],
    [
      'no CA',
      (r) => {
        r.certificateAuthorities = []
      },
    ],
    [
      'a key that is none',
      (r) => {
        r.tlogs[0].publicKey.rawBytes = 'AAAA'
      },
    ],
    [
      'a certificate that is none',
      (r) => {
        r.certificateAuthorities[0].certChain.certificates[0].rawBytes = 'AAAA'
      },
    ],
  ])('refuses a root with %s as our own fault, not the bundle’s', async ([, change]) => {
    expect(await codeOf(() => parse(with_(change)))).toBe('TRUST_ROOT_INVALID')
  })

  it.for([
    'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    'application/vnd.dev.sigstore.trustedroot+json;version=0.2',
    'application/vnd.dev.sigstore.trustedroot.v0.2+json',
  ])('takes the media type %s', (mediaType) => {
    expect(parse({ ...root, mediaType })).toHaveLength(1)
  })

  it('reads lines with blank ones between them, and one document over several lines as one', async () => {
    const line = JSON.stringify(root)
    const lines = (text: string) => parseTrustedRoots(new TextEncoder().encode(text), 'roots')
    expect(lines(`${line}\n\n${line}\n`).map(({ name }) => name)).toEqual(['roots line 1', 'roots line 2'])
    expect(lines(`${line}\n  \n${line}`)).toHaveLength(2)
    expect(lines(`${line}\r\n${line}\r\n`)).toHaveLength(2)
    expect(lines(`${line.slice(0, -1)}\n}`).map(({ name }) => name)).toEqual(['roots'])
    expect(lines(`{\n${line.slice(1)}`).map(({ name }) => name)).toEqual(['roots'])
    const ends = `${line.replace('},', '}\n,')}`
    expect(lines(ends).map(({ name }) => name)).toEqual(['roots'])
    expect(lines(`\n${line}`).map(({ name }) => name)).toEqual(['roots'])
  })

  it('says what is wrong with a root, and not only that it cannot be read', () => {
    expect(() => parse({ ...root, certificateAuthorities: [] })).toThrow(
      expect.objectContaining({
        message: 'the trust material root.json names no certificate authority',
        hint: expect.stringContaining('Fetch the trusted root anew'),
      }),
    )
  })

  it('refuses bytes that are no root', async () => {
    for (const text of ['', '{', '[]', '{"mediaType":1}', '\u00ff\u0000']) {
      expect(await codeOf(() => parseTrustedRoots(Buffer.from(text, 'latin1'), 'x'))).toBe('TRUST_ROOT_INVALID')
    }
  })
})

describe('parsePublicKey', () => {
  const pem = (type: 'ec' | 'rsa' | 'ed25519', options: object) => {
    // The options of each type are fixed below; the overloads of Node cannot follow a union.
    const make = generateKeyPairSync as unknown as (
      type: string,
      options: object,
    ) => ReturnType<typeof generateKeyPairSync>
    const { publicKey } = make(type, options) as unknown as { publicKey: { export(o: object): string } }
    return Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }))
  }

  it('reads P-256, P-384, P-521, Ed25519 and RSA', () => {
    for (const key of [
      pem('ec', { namedCurve: 'P-256' }),
      pem('ec', { namedCurve: 'P-384' }),
      pem('ec', { namedCurve: 'P-521' }),
      pem('ed25519', {}),
      pem('rsa', { modulusLength: 2048 }),
    ]) {
      expect(parsePublicKey(key, 'key.pem').source).toBe('key')
    }
  })

  it('refuses weak and unknown kinds, a private key and a text', async () => {
    const { privateKey } = keyPair()
    for (const key of [
      pem('rsa', { modulusLength: 1024 }),
      pem('ec', { namedCurve: 'secp256k1' }),
      Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      Buffer.from('not a key'),
      Buffer.from('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'),
      Buffer.from(issueCertificate({}).pem).subarray(27),
    ]) {
      expect(await codeOf(() => parsePublicKey(key, 'key.pem'))).toBe('KEY_INVALID')
    }
  })
})

it('says which kind of key it does not take', () => {
  expect(() => parsePublicKey(Buffer.from('x'), 'key.pem')).toThrow(
    expect.objectContaining({
      class: 'usage',
      message: 'key.pem is not a public key in PEM',
      hint: expect.stringContaining('Pass a PEM public key'),
    }),
  )
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  expect(() => parsePublicKey(Buffer.from(pem), 'key.pem')).toThrow(/is a ec key$/)
})

describe('signatureHashes', () => {
  const hashesOf = (type: string, options: object) => {
    const make = generateKeyPairSync as unknown as (type: string, options: object) => { publicKey: KeyObject }
    return signatureHashes(make(type, options).publicKey)
  }

  it.for<[string, object, readonly (string | null)[] | undefined]>([
    ['ec', { namedCurve: 'P-256' }, ['sha256']],
    ['ec', { namedCurve: 'P-384' }, ['sha384', 'sha256']],
    ['ec', { namedCurve: 'P-521' }, ['sha512', 'sha256']],
    ['ec', { namedCurve: 'secp256k1' }, undefined],
    ['rsa', { modulusLength: 2048 }, ['sha256', 'sha384', 'sha512']],
    ['rsa', { modulusLength: 2040 }, undefined],
    ['ed25519', {}, [null]],
    ['x25519', {}, undefined],
  ])('of a key of %s with %j are %j', ([type, options, expected]) => {
    expect(hashesOf(type, options)).toStrictEqual(expected)
  })
})

describe('parseNpmKeys', () => {
  const der = Buffer.from(keyPair().pem.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString('base64')
  const tuf = (more: object = {}, validFor: object | undefined = { start: '2022-01-01T00:00:00Z' }) => ({
    keyId: 'k',
    keyUsage: 'npm:attestations',
    publicKey: { rawBytes: der, keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    ...more,
  })

  it('reads the keys for attestations with their windows, and no key for anything else', () => {
    const keys = parseNpmKeys(
      toBytes({
        keys: [
          tuf({}, { start: '2022-01-01T00:00:00Z', end: '2025-01-29T00:00:00Z' }),
          tuf({ keyUsage: 'npm:signatures' }),
        ],
      }),
      'keys.json',
    )
    expect(keys).toMatchObject([{ hint: 'k', end: new Date('2025-01-29T00:00:00Z'), source: 'npm-keys' }])
  })

  it('keeps the keys of either usage apart, and takes one without a usage for both', () => {
    const keys = [
      tuf({ keyId: 'a' }),
      tuf({ keyId: 's', keyUsage: 'npm:signatures' }),
      tuf({ keyId: 'o', keyUsage: 'npm:other' }),
      { keyid: 'r', key: der },
    ]
    const { attestations, signatures } = parseRegistryKeys(toBytes({ keys }), 'keys.json')
    expect(attestations.map(({ hint }) => hint)).toStrictEqual(['a', 'r'])
    expect(signatures.map(({ hint }) => hint)).toStrictEqual(['s', 'r'])
  })

  it('says what is wrong with a key', () => {
    const read = (key: object) => () => parseNpmKeys(toBytes({ keys: [key] }), 'keys.json')
    expect(read({ keyid: 'r', key: der, expires: 'soon' })).toThrow(
      /^the trust material keys.json has an unreadable date$/,
    )
    expect(read({ keyid: 'r', key: 1 })).toThrow(/has an incomplete key$/)
  })

  it('reads what a registry answers', () => {
    const keys = parseNpmKeys(
      toBytes({ keys: [{ keyid: 'r', key: der, expires: '2025-01-29T00:00:00Z' }] }),
      'keys.json',
    )
    expect(keys).toMatchObject([{ hint: 'r', end: new Date('2025-01-29T00:00:00Z') }])
  })

  it.for<[string, unknown]>([
    ['none for attestations', { keys: [tuf({ keyUsage: 'npm:signatures' })] }],
    ['one without a start', { keys: [tuf({}, {})] }],
    ['one without a name', { keys: [tuf({ keyId: '' })] }],
    ['one that is none', { keys: [{ keyid: 'r', key: 'AAAA' }] }],
    ['one that is no base64', { keys: [{ keyid: 'r', key: '%%%' }] }],
    ['one whose start is a number', { keys: [tuf({}, { start: 1 })] }],
    ['one whose name is a number', { keys: [tuf({ keyId: 1 })] }],
    ['one whose bytes are a number', { keys: [{ keyid: 'r', key: 1 }] }],
    ['one whose end is no date', { keys: [{ keyid: 'r', key: der, expires: 'soon' }] }],
    ['one whose start is no date', { keys: [tuf({}, { start: 'soon' })] }],
    ['no list', {}],
  ])('refuses a file with %s', async ([, value]) => {
    expect(await codeOf(() => parseNpmKeys(toBytes(value), 'keys.json'))).toBe('TRUST_ROOT_INVALID')
  })
})

describe('parseRootCertificates', () => {
  const { pem } = issueCertificate({})
  it('reads every certificate of a file', () => {
    expect(parseRootCertificates(Buffer.from(`${pem}${pem}`), 'ca.pem')).toHaveLength(2)
  })

  it('says that there is none', () => {
    expect(() => parseRootCertificates(Buffer.from('x'), 'ca.pem')).toThrow(/holds no certificate in PEM$/)
  })

  it.for([
    ['no certificate', 'x'],
    ['a certificate that is none', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
  ] as const)('refuses a file with %s', async ([, text]) => {
    expect(await codeOf(() => parseRootCertificates(Buffer.from(text), 'ca.pem'))).toBe('TRUST_ROOT_INVALID')
  })
})
