import { describe, expect, it } from 'vitest'
import { isPublicAddress, lookupFor, type ResolveName } from '../../src/io/public-address.ts'

/** An address in a socket's way of asking. */
const ask = (resolve: ResolveName, publicOnly: boolean, all: boolean) =>
  new Promise<unknown>((done) => {
    lookupFor(resolve, publicOnly)('blobs.example', { all }, (error, address, family) =>
      done(error === null ? { address, family } : ((error as { code?: string }).code ?? error.message)),
    )
  })

const resolvesTo =
  (...addresses: string[]): ResolveName =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

const PRIVATE_V4 = [
  ['this network', '0.0.0.0'],
  ['this network', '0.255.255.255'],
  ['RFC 1918', '10.0.0.1'],
  ['RFC 1918', '172.16.0.1'],
  ['RFC 1918', '172.31.255.255'],
  ['RFC 1918', '192.168.1.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['carrier-grade NAT', '100.127.255.255'],
  ["Alibaba's metadata service", '100.100.100.200'],
  ['loopback', '127.0.0.1'],
  ['loopback', '127.255.255.254'],
  ['the metadata service', '169.254.169.254'],
  ["Oracle's metadata service", '192.0.0.192'],
  ["Azure's host", '168.63.129.16'],
  ['documentation', '192.0.2.1'],
  ['documentation', '198.51.100.1'],
  ['documentation', '203.0.113.1'],
  ['a 6to4 relay', '192.88.99.1'],
  ['benchmarks', '198.19.0.1'],
  ['multicast', '224.0.0.1'],
  ['multicast', '239.255.255.255'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
] as const

/** `10.0.0.1` as `a00:1`. */
const inGroups = (address: string) => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

describe('T-NS-04: an address is not public when it is', () => {
  it.each(PRIVATE_V4)('%s: %s', (_, address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(PRIVATE_V4)('%s in IPv6, mapped or behind NAT64: %s', (_, address) => {
    expect(isPublicAddress(`::ffff:${address}`)).toBe(false)
    expect(isPublicAddress(`::ffff:${inGroups(address)}`)).toBe(false)
    expect(isPublicAddress(`64:ff9b::${address}`)).toBe(false)
    expect(isPublicAddress(`64:ff9b::${inGroups(address)}`)).toBe(false)
  })

  it.each([
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['loopback, written out', '0:0:0:0:0:0:0:1'],
    ['IPv4 inside, as of old', '::127.0.0.1'],
    ['IPv4 translated', '::ffff:0:10.0.0.1'],
    ['NAT64 of a network of its own', '64:ff9b:1::1'],
    ['discarded', '100::1'],
    ['Teredo', '2001::1'],
    ['documentation', '2001:db8::1'],
    ['6to4', '2002:7f00:1::1'],
    ['documentation', '3fff::1'],
    ['segment routing', '5f00::1'],
    ['unique-local', 'fc00::1'],
    ["Amazon's metadata service", 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local, at the end', 'febf:ffff::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['a zone', '2606:4700::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
  ])('%s: %s', (_, address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(['', 'localhost', '127.1', '0x7f000001', '2130706433', '[::1]', '1.1.1.1:443', '1.1.1.1/32'])(
    'none: %j',
    (text) => {
      expect(isPublicAddress(text)).toBe(false)
    },
  )
})

describe('an address is public when it is the neighbour of what is not', () => {
  it.each([
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '168.63.129.15',
    '168.63.129.17',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.1',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '::ffff:1.1.1.1',
    '64:ff9b::1.1.1.1',
    '64:ff9b::101:101',
    '2000::1',
    '2001:200::1',
    '2003::1',
    '2606:4700::1',
    '2a00::1',
    '3ffe::1',
  ])('%s', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
})

describe('resolution for a socket', () => {
  it('hands over what was found, as the socket wants it', async () => {
    const resolve = resolvesTo('1.1.1.1', '2606:4700::1')
    const all = [
      { address: '1.1.1.1', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ]
    expect(await ask(resolve, true, true)).toStrictEqual({ address: all, family: undefined })
    expect(await ask(resolve, true, false)).toStrictEqual({ address: '1.1.1.1', family: 4 })
  })

  it.each([
    ['alone', ['127.0.0.1']],
    ['before good ones', ['10.0.0.1', '1.1.1.1']],
    ['after good ones', ['1.1.1.1', '2606:4700::1', 'fd00::1']],
  ])('refuses a name with an address inside: %s', async (_, addresses) => {
    const resolve = resolvesTo(...addresses)
    expect(await ask(resolve, true, true)).toBe('URL_DENIED')
    expect(await ask(resolve, true, false)).toBe('URL_DENIED')
    expect(await ask(resolve, false, false)).toMatchObject({ address: addresses[0] })
  })

  it('passes on that there is none', async () => {
    const unknown: ResolveName = async () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }))
    expect(await ask(unknown, true, true)).toBe('ENOTFOUND')
    expect(await ask(resolvesTo(), true, true)).toBe('blobs.example has no address')
  })
})
