import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readChildren, readDer, readUnsigned } from './der.ts'

/**
 * ECDSA verification of a signature over a *digest*. A hashedrekord entry carries no message, and node:crypto only
 * verifies messages, so this is FIPS 186-5 §6.4.2 written out. Everything here is public, so that it does not run in
 * constant time does no harm; nothing here ever signs.
 */
interface Curve {
  readonly p: bigint
  readonly n: bigint
  readonly b: bigint
  readonly g: Point
  readonly digestBytes: number
}
/** Jacobian coordinates: x = X/Z², y = Y/Z³; Z = 0 is the point at infinity. The curves have a = −3. */
interface Point {
  readonly x: bigint
  readonly y: bigint
  readonly z: bigint
}

/** Domain parameters: NIST SP 800-186 §3.2.1. */
const CURVES: Readonly<Record<string, Curve>> = {
  prime256v1: {
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    g: {
      x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
      z: 1n,
    },
    digestBytes: 32,
  },
  secp384r1: {
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    g: {
      x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
      z: 1n,
    },
    digestBytes: 48,
  },
}

/**
 * Does the DER signature hold over this digest? SHA-256 for P-256, SHA-384 for P-384; false for every other key,
 * every other digest length and every malformed signature.
 */
export function verifyDigestSignature(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (curve === undefined || digest.length !== curve.digestBytes) return false
  const parsed = parseSignature(signature)
  if (parsed === undefined) return false
  const { r, s } = parsed
  if (r <= 0n || r >= curve.n || s <= 0n || s >= curve.n) return false
  const jwk = key.export({ format: 'jwk' })
  const q: Point = { x: fromBase64url(jwk.x), y: fromBase64url(jwk.y), z: 1n }
  if (!isOnCurve(q, curve)) return false
  const inverse = invert(s, curve.n)
  const u1 = mod(BigInt(`0x${Buffer.from(digest).toString('hex')}`) * inverse, curve.n)
  const u2 = mod(r * inverse, curve.n)
  const sum = addScaled(u1, curve.g, u2, q, curve.p)
  if (sum.z === 0n) return false
  const x = mod(sum.x * invert(mod(sum.z * sum.z, curve.p), curve.p), curve.p)
  return mod(x, curve.n) === r
}

/** The key of a DER certificate or SubjectPublicKeyInfo. Throws what node:crypto throws. */
export function keyFromDer(kind: 'certificate' | 'spki', der: Uint8Array): KeyObject {
  return kind === 'certificate'
    ? new X509Certificate(der).publicKey
    : createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
}

function parseSignature(der: Uint8Array): { r: bigint; s: bigint } | undefined {
  try {
    const [r, s, ...rest] = readChildren(readDer(der))
    return rest.length === 0 ? { r: readUnsigned(r), s: readUnsigned(s) } : undefined
  } catch {
    return undefined
  }
}

/** u1·A + u2·B, both scalars read bit by bit together (Shamir's trick). */
function addScaled(u1: bigint, a: Point, u2: bigint, b: Point, p: bigint): Point {
  const both = add(a, b, p)
  let sum: Point = { x: 1n, y: 1n, z: 0n }
  for (let bit = BigInt(p.toString(2).length); bit >= 0n; bit--) {
    sum = double(sum, p)
    const one = (u1 >> bit) & 1n
    const two = (u2 >> bit) & 1n
    if (one && two) sum = add(sum, both, p)
    else if (one) sum = add(sum, a, p)
    else if (two) sum = add(sum, b, p)
  }
  return sum
}

/** dbl-2001-b, for a = −3. */
function double({ x, y, z }: Point, p: bigint): Point {
  if (z === 0n || y === 0n) return { x: 1n, y: 1n, z: 0n }
  const delta = mod(z * z, p)
  const gamma = mod(y * y, p)
  const beta = mod(x * gamma, p)
  const alpha = mod(3n * (x - delta) * (x + delta), p)
  const x3 = mod(alpha * alpha - 8n * beta, p)
  return {
    x: x3,
    y: mod(alpha * (4n * beta - x3) - 8n * gamma * gamma, p),
    z: mod((y + z) * (y + z) - gamma - delta, p),
  }
}

/** add-1998-cmo-2. */
function add(a: Point, b: Point, p: bigint): Point {
  if (a.z === 0n) return b
  if (b.z === 0n) return a
  const za = mod(a.z * a.z, p)
  const zb = mod(b.z * b.z, p)
  const u1 = mod(a.x * zb, p)
  const s1 = mod(a.y * b.z * zb, p)
  const h = mod(b.x * za - u1, p)
  const r = mod(b.y * a.z * za - s1, p)
  if (h === 0n) return r === 0n ? double(a, p) : { x: 1n, y: 1n, z: 0n }
  const hh = mod(h * h, p)
  const hhh = mod(h * hh, p)
  const v = mod(u1 * hh, p)
  const x = mod(r * r - hhh - 2n * v, p)
  return { x, y: mod(r * (v - x) - s1 * hhh, p), z: mod(a.z * b.z * h, p) }
}

function isOnCurve({ x, y }: Point, { p, b }: Curve): boolean {
  return x < p && y < p && mod(y * y - (x * x * x - 3n * x + b), p) === 0n
}

/** Extended Euclid; `value` is never 0 modulo the prime here. */
function invert(value: bigint, modulus: bigint): bigint {
  let [r0, r1, t0, t1] = [modulus, mod(value, modulus), 0n, 1n]
  while (r1 !== 0n) {
    const q = r0 / r1
    ;[r0, r1, t0, t1] = [r1, r0 - q * r1, t1, t0 - q * t1]
  }
  return mod(t0, modulus)
}

function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

function fromBase64url(text: string | undefined): bigint {
  return BigInt(`0x${Buffer.from(text ?? '', 'base64url').toString('hex') || '0'}`)
}
