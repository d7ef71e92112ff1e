import { type LookupOptions, lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { CleanbillError } from '../model/error.ts'

/** One address of a name. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** All addresses of a name. Rejects where there are none. */
export type ResolveName = (hostname: string, options: LookupOptions) => Promise<readonly ResolvedAddress[]>

/** IPv4 that is nobody's on the internet (IANA special-purpose registry), or is everywhere another machine. */
const NOT_PUBLIC_V4: readonly (readonly [address: string, prefix: number])[] = [
  ['0.0.0.0', 8], // this network; on Linux 0.0.0.0 is loopback
  ['10.0.0.0', 8], // RFC 1918
  ['100.64.0.0', 10], // carrier-grade NAT, RFC 6598; Alibaba's metadata service is here
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, RFC 3927: the metadata service of most clouds
  ['172.16.0.0', 12], // RFC 1918
  ['192.0.0.0', 24], // protocol assignments, RFC 6890; Oracle's metadata service is here
  ['192.0.2.0', 24], // documentation, RFC 5737
  ['192.88.99.0', 24], // 6to4 relays, RFC 7526
  ['192.168.0.0', 16], // RFC 1918
  ['198.18.0.0', 15], // benchmarks, RFC 2544
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
  ['168.63.129.16', 32], // the host of every Azure machine, GitHub's runners among them
]

/** Inside 2000::/3, which is what IPv6 has in public use. */
const NOT_PUBLIC_V6: readonly (readonly [address: string, prefix: number])[] = [
  ['2001::', 23], // protocol assignments, Teredo among them: an IPv4 address is hidden in it (RFC 4380)
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4: an IPv4 address is hidden in it (RFC 3056)
  ['3fff::', 20], // documentation
]

/** An IPv4 address in IPv6 clothes: mapped (RFC 4291 §2.5.5.2), and what DNS64 answers with (RFC 6052 §2.1). */
const V4_INSIDE = ['::ffff:', '64:ff9b::']

const refused = new BlockList()
const inUse = new BlockList()
for (const [address, prefix] of NOT_PUBLIC_V4) {
  refused.addSubnet(address, prefix, 'ipv4')
  for (const outer of V4_INSIDE) refused.addSubnet(`${outer}${address}`, 96 + prefix, 'ipv6')
}
for (const [address, prefix] of NOT_PUBLIC_V6) refused.addSubnet(address, prefix, 'ipv6')
inUse.addSubnet('2000::', 3, 'ipv6')
for (const outer of V4_INSIDE) inUse.addSubnet(`${outer}0.0.0.0`, 96, 'ipv6')

/**
 * Is this a machine on the internet? Loopback, private and link-local networks, multicast and whatever is not in public
 * use are not, nor is any of them written as IPv6; what is no address in figures is not either.
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !refused.check(address, 'ipv4')
    case 6:
      // A zone (`fe80::1%eth0`) names an interface of this machine, so what stands before it is local.
      return !address.includes('%') && inUse.check(address, 'ipv6') && !refused.check(address, 'ipv6')
    default:
      return false
  }
}

/** @throws {CleanbillError} `URL_DENIED` */
export function requirePublicAddress(address: string, hostname: string): void {
  if (isPublicAddress(address)) return
  throw new CleanbillError('URL_DENIED', `${hostname} leads to ${address}, which is not on the internet`, {
    hint: 'Set the origin under "evidence" in the policy, if it is one of yours.',
  })
}

/**
 * Resolution for a socket. The addresses that are checked are the ones that are connected to: asking first and
 * connecting later lets a name answer twice, once for each (DNS rebinding, T-NS-04). One bad address among good ones
 * refuses the name, or its owner would only have to make the good ones fail.
 *
 * @param publicOnly fails with `URL_DENIED` unless every address is public
 */
export function lookupFor(resolve: ResolveName, publicOnly: boolean): LookupFunction {
  const find = async (hostname: string, options: LookupOptions) => {
    const found = await resolve(hostname, options)
    const [first] = found
    if (first === undefined) throw new Error(`${hostname} has no address`)
    if (publicOnly) for (const { address } of found) requirePublicAddress(address, hostname)
    return { first, all: [...found] }
  }
  return (hostname, options, callback) => {
    // Out of the promise, so that what the socket throws is not taken for a failed look-up and answered twice.
    const answer = (...parts: Parameters<typeof callback>) => process.nextTick(callback, ...parts)
    find(hostname, options).then(
      ({ first, all }) => (options.all === true ? answer(null, all) : answer(null, first.address, first.family)),
      (error: Error) => answer(error, '', 0),
    )
  }
}

/** As the system resolves it, `/etc/hosts` included. */
export const resolveName: ResolveName = (hostname, options) =>
  new Promise((resolve, reject) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)))
  })
