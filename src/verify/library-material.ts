import type { KeyObject } from 'node:crypto'
import { ASN1Obj, X509Certificate } from '@sigstore/core'
import type { TrustedRoot } from '@sigstore/protobuf-specs'
import { type TrustMaterial, toTrustMaterial } from '@sigstore/verify'

/** The library's way to a key that a bundle names by its hint. */
export type KeyFinder = (hint: string) => { publicKey: KeyObject; validFor: (date: Date) => boolean }

export type LibraryCertificate = TrustMaterial['certificateAuthorities'][number]['certChain'][number]

/**
 * The trusted root in the library's own form, read once: for each bundle anew it costs more than the bundle itself.
 *
 * The library follows the chain of every certificate up to the root, for every timestamp again. Whether one trusted
 * certificate issued another does not change between two bundles, so that is remembered; what the bundle brings along is
 * verified each time.
 */
export function libraryMaterial(root: TrustedRoot): (findKey: KeyFinder) => TrustMaterial {
  const material = toTrustMaterial(root)
  for (const { certChain } of [...material.certificateAuthorities, ...material.timestampAuthorities]) {
    for (const certificate of certChain) {
      rememberChain(certificate, new Set(certChain))
      rememberEncoding(certificate)
    }
  }
  return (findKey) => ({ ...material, publicKey: findKey })
}

/** Only for pairs of this very chain, by identity: a certificate from a bundle is never one of them. */
function rememberChain(certificate: LibraryCertificate, chain: ReadonlySet<LibraryCertificate>): void {
  const verify = certificate.verify.bind(certificate)
  const known = new Map<LibraryCertificate, boolean>()
  certificate.verify = (issuer) => {
    const by = issuer ?? certificate
    if (!chain.has(by)) return verify(issuer)
    const remembered = known.get(by)
    if (remembered !== undefined) return remembered
    const result = verify(issuer)
    known.set(by, result)
    return result
  }
}

/**
 * The library compares certificates by writing them out again each time, part by part, which is half of what a bundle
 * costs; it reads the name of each extension again whenever it looks for one, and the whole certificate again to leave
 * one extension out. What it reads and writes follows from the parsed bytes, which nobody changes: its one change, for
 * the SCT, is made to a copy of the list of extensions.
 */
export function rememberEncoding(certificate: LibraryCertificate): void {
  const { root } = certificate
  const [body, ...signature] = root.subs
  const wrapped = body?.subs.find((part) => part.tag.isContextSpecific(EXTENSIONS))
  const [list, ...more] = wrapped?.subs ?? []
  for (const part of [root, body, body?.subs[6]]) if (part !== undefined) writeAsRead(part)
  for (const extension of list?.subs ?? []) readNameOnce(extension)
  if (body === undefined || wrapped === undefined || list === undefined) return
  certificate.clone = () => {
    for (const part of body.subs) if (part !== wrapped) writeAsRead(part)
    for (const extension of list.subs) writeAsRead(extension)
    const extensions = copyOf(wrapped, [copyOf(list, [...list.subs]), ...more])
    const parts = body.subs.map((part) => (part === wrapped ? extensions : part))
    return new X509Certificate(copyOf(root, [copyOf(body, parts), ...signature]))
  }
}

/** Written from its parts, which may become fewer. */
function copyOf({ tag, value }: Part, subs: Part[]): Part {
  const copy = new ASN1Obj(tag, value, subs)
  copy.toDER = () => write(tag, subs.length > 0 ? Buffer.concat(subs.map((part) => part.toDER())) : value)
  return copy
}

function readNameOnce({ subs: [name] }: Part): void {
  if (name === undefined) return
  const read = name.toOID.bind(name)
  let oid: string | undefined
  name.toOID = () => {
    oid ??= read()
    return oid
  }
}

/** Context-specific tag of the extensions (RFC 5280 §4.1). */
const EXTENSIONS = 3

type Part = LibraryCertificate['root']

/** Tag, length and the very content that was read: what the library would put together again from the parts of it. */
function writeAsRead(part: Part): void {
  let der: Buffer | undefined
  part.toDER = () => {
    der ??= write(part.tag, part.value)
    return der
  }
}

const write = (tag: Part['tag'], content: Buffer): Buffer =>
  Buffer.concat([Buffer.of(tag.toDER()), lengthOf(content.length), content])

/** Definite length in its shortest form (X.690 §10.1), as the library writes it. */
function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Buffer.of(0x80 | bytes.length, ...bytes)
}
