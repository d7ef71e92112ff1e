import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exec, lastLine } from './exec.ts'

/** Files of the keys and certificates that the servers are started with, and the public keys for the trusted root. */
export interface Pki {
  readonly fulcio: { readonly chain: string; readonly root: string; readonly key: string; readonly password: string }
  readonly timestamp: { readonly chain: string; readonly key: string; readonly password: string }
  readonly tls: { readonly authority: string; readonly certificate: string; readonly key: string }
  readonly ctlog: LogKey
  readonly rekorV2: LogKey
  readonly rekorV1: LogKey & { readonly encryptedKey: string; readonly password: string }
}

export interface LogKey {
  readonly key: string
  readonly publicPem: string
  readonly publicKey: KeyObject
}

const CA = 'keyUsage=critical,keyCertSign,cRLSign'

interface Request {
  readonly name: string
  readonly subject: string
  readonly extensions: readonly string[]
  readonly issuer?: string
}

/**
 * Makes everything anew for one run: P-256 for the authorities, the CT log and Rekor v1, Ed25519 for Rekor v2.
 * Fulcio, the timestamp authority and Rekor v1 insist on an encrypted PKCS#8 key; the passwords guard nothing here.
 */
export async function makePki(folder: string, env: NodeJS.ProcessEnv): Promise<Pki> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const at = (name: string) => join(folder, name)
  // An own, empty configuration: the distribution's adds extensions to what we ask for.
  await writeFile(at('empty.cnf'), '[req]\ndistinguished_name=dn\n[dn]\n')

  const openssl = async (...args: string[]) => {
    const result = await exec('openssl', args, { cwd: folder, env, timeoutMs: 30_000 })
    if (result.code !== 0) throw new Error(`openssl ${args[0]}: ${lastLine(result.stderr)}`)
  }
  const certificate = async ({ name, subject, extensions, issuer }: Request) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(at(`${name}.key`), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    await writeFile(at(`${name}.ext`), `${extensions.join('\n')}\nsubjectKeyIdentifier=hash\n`)
    await openssl('req', '-new', '-config', 'empty.cnf', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`)
    const by = issuer === undefined ? ['-signkey', `${name}.key`] : ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`]
    const serial = issuer === undefined ? [] : ['-CAcreateserial']
    const rest = ['-sha256', '-days', '30', '-extfile', `${name}.ext`, '-out', `${name}.pem`]
    await openssl('x509', '-req', '-in', `${name}.csr`, ...by, ...serial, ...rest)
    return privateKey
  }
  const chain = async (name: string, ...parts: string[]) => {
    const texts = await Promise.all(parts.map((part) => readFile(at(`${part}.pem`), 'utf8')))
    await writeFile(at(name), texts.join(''))
    return at(name)
  }
  const encrypted = async (name: string, key: KeyObject, password: string) => {
    const pem = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: password })
    await writeFile(at(name), pem, { mode: 0o600 })
    return { key: at(name), password }
  }

  await certificate({
    name: 'fulcio-root',
    subject: '/O=interop.example/CN=interop root',
    extensions: ['basicConstraints=critical,CA:TRUE,pathlen:1', CA],
  })
  const fulcioKey = await certificate({
    name: 'fulcio-intermediate',
    subject: '/O=interop.example/CN=interop intermediate',
    extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', CA, 'extendedKeyUsage=codeSigning'],
    issuer: 'fulcio-root',
  })
  await certificate({
    name: 'tsa-root',
    subject: '/O=interop.example/CN=interop timestamp root',
    extensions: ['basicConstraints=critical,CA:TRUE,pathlen:1', CA],
  })
  await certificate({
    name: 'tsa-intermediate',
    subject: '/O=interop.example/CN=interop timestamp intermediate',
    extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', CA, 'extendedKeyUsage=timeStamping'],
    issuer: 'tsa-root',
  })
  const timestampKey = await certificate({
    name: 'tsa',
    subject: '/O=interop.example/CN=interop timestamps',
    extensions: [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=critical,timeStamping',
    ],
    issuer: 'tsa-intermediate',
  })
  await certificate({
    name: 'tls-root',
    subject: '/CN=interop TLS root',
    extensions: ['basicConstraints=critical,CA:TRUE', CA],
  })
  await certificate({
    name: 'tls',
    subject: '/CN=token.actions.githubusercontent.com',
    extensions: ['subjectAltName=DNS:token.actions.githubusercontent.com', 'extendedKeyUsage=serverAuth'],
    issuer: 'tls-root',
  })
  const rekorV1 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rekorV1Key = await encrypted('rekor-v1.enc.key', rekorV1.privateKey, 'rekor')
  return {
    fulcio: {
      chain: await chain('fulcio-chain.pem', 'fulcio-intermediate', 'fulcio-root'),
      root: at('fulcio-root.pem'),
      ...(await encrypted('fulcio.enc.key', fulcioKey, 'fulcio')),
    },
    timestamp: {
      chain: await chain('tsa-chain.pem', 'tsa', 'tsa-intermediate', 'tsa-root'),
      ...(await encrypted('tsa.enc.key', timestampKey, 'tsa')),
    },
    tls: { authority: at('tls-root.pem'), certificate: at('tls.pem'), key: at('tls.key') },
    ctlog: await logKey(at, 'ctlog', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    rekorV2: await logKey(at, 'rekor-v2', generateKeyPairSync('ed25519')),
    rekorV1: {
      ...(await logKey(at, 'rekor-v1', rekorV1)),
      encryptedKey: rekorV1Key.key,
      password: rekorV1Key.password,
    },
  }
}

async function logKey(
  at: (name: string) => string,
  name: string,
  pair: { privateKey: KeyObject; publicKey: KeyObject },
): Promise<LogKey> {
  await writeFile(at(`${name}.key`), pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  await writeFile(at(`${name}.pub`), pair.publicKey.export({ type: 'spki', format: 'pem' }))
  return { key: at(`${name}.key`), publicPem: at(`${name}.pub`), publicKey: pair.publicKey }
}
