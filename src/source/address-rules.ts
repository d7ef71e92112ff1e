import { parseHttpUrl } from '../io/http.ts'
import { CleanbillError } from '../model/error.ts'
import type { EvidenceRequest } from './client.ts'

/** Names that resolve inside a network, whatever the allow-list's suffix says. */
const INSIDE = /(?:^|\.)(?:localhost|local|internal|home\.arpa)$/

/**
 * May this URL be asked? The user's own origins may be anywhere. What a response names may lead to a metadata service or
 * a neighbour of the runner (CVE-2026-4789, CVE-2026-24117), so it needs https, the default port and a name on the
 * source's own list; an address in figures is never on it.
 *
 * Names are compared here. What they resolve to is looked at by the connection (`publicOnly`): a name on the list that
 * leads inside is its owner's attack, or that of whoever took the name over.
 *
 * @throws {CleanbillError} `URL_DENIED`
 */
export function requireAllowed(
  text: string,
  { trust = 'configured', hosts = [] }: Pick<EvidenceRequest, 'trust' | 'hosts'>,
  origins: readonly URL[],
): URL {
  const url = parseHttpUrl(text)
  if (isConfigured(url, origins)) return url
  if (trust === 'configured') throw denied(url, 'is below none of the configured origins')
  // Plain http has come this far on loopback only, and no name or address of that passes what follows.
  if (url.port !== '') throw denied(url, 'names a port')
  // The URL parser has made one form of every way to write an IPv4 address; IPv6 stands in brackets.
  if (/^\[|^[\d.]+$/.test(url.hostname)) throw denied(url, 'is an address, not a name')
  if (INSIDE.test(url.hostname)) throw denied(url, 'is a name inside a network')
  if (!hosts.some((host) => isHost(url.hostname, host))) throw denied(url, 'is not on the list of this source')
  return url
}

/** Is it below an origin of the user's own? Those may be anywhere, inside a network too. */
export function isConfigured(url: URL, origins: readonly URL[]): boolean {
  return origins.some((origin) => isBelow(url, origin))
}

/** Same origin, and the path is the base's or lies under it: `/maven2` is not the start of `/maven2-evil`. */
export function isBelow(url: URL, base: URL): boolean {
  const folder = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`
  return url.origin === base.origin && `${url.pathname}/`.startsWith(folder)
}

function isHost(hostname: string, allowed: string): boolean {
  return allowed.startsWith('.') ? hostname.endsWith(allowed) && hostname.length > allowed.length : hostname === allowed
}

function denied(url: URL, why: string): CleanbillError {
  return new CleanbillError('URL_DENIED', `${url.protocol}//${url.host} ${why}`, {
    hint: 'Set the origin under "evidence" in the policy, if it is one of yours.',
  })
}
