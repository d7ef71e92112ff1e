import { z } from 'zod'
import type { ErrorCode } from '../model/error.ts'

type Context = z.core.$RefinementCtx<unknown>

/** A complaint with a code of ours; without one it is the file's `malformed`. */
export function refuse(
  context: Context,
  code: ErrorCode | undefined,
  message: string,
  hint?: string,
  path: PropertyKey[] = [],
) {
  context.addIssue({ code: 'custom', message, params: { code, hint }, path, input: context.value })
}

export const plainText = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u, 'has spaces at its ends or control characters')

/** What regular expressions need and our globs have not. A plus is a plus, unless it repeats something. */
const REGEX = /[()[\]{}^$|\\?]|[.*)\]]\+|\*{3}|[\s\p{Cc}]/u

/** `*` within a segment, `**` across. A regular expression would match other things than its author meant (T-PP-10). */
export const glob = z
  .string()
  .min(1)
  .max(512)
  .superRefine((text, context) => {
    if (!REGEX.test(text)) return
    refuse(
      context,
      'PATTERN_UNSAFE',
      `${JSON.stringify(text.slice(0, 80))} looks like a regular expression`,
      'Write * for anything within one segment and ** for anything across segments.',
    )
  })

/** `OWNER/REPOSITORY/.github/workflows/FILE` or the same as a URL. The owner is named, or it could be anybody (T-ID-15). */
export const signerName = glob.superRefine((text, context) => {
  if (namesOwner(text)) return
  refuse(
    context,
    'POLICY_NO_IDENTITY',
    `${JSON.stringify(text.slice(0, 80))} names nobody`,
    'Write OWNER/REPOSITORY/.github/workflows/FILE: every repository can have a workflow of that path.',
  )
})

/** Is the owner (behind the host, where there is one) written out? */
export function namesOwner(text: string): boolean {
  const [, host, rest = text] = /^https:\/\/([^/]*)\/(.*)/s.exec(text) ?? []
  const [owner = '', repository = ''] = rest.split('/')
  const literalHost = host === undefined || (host !== '' && !host.includes('*') && !host.includes('@'))
  // `.github/workflows/x.yml` alone would read as an owner called `.github`.
  return literalHost && owner !== '' && !/[*:]/.test(owner) && !owner.startsWith('.') && repository !== ''
}

export const digits = z
  .union([z.string().regex(/^[1-9]\d{0,18}$/, 'is no id: digits only'), z.int().min(1)])
  .describe('Numeric id; quote it, if it is long')

/** Below the folder of the repository: a policy cannot name files of the machine. */
export const path = plainText.refine(
  (text) => !/^[/\\~]|^[A-Za-z]:|\\/.test(text) && !text.split('/').includes('..'),
  'is not a path below the repository',
)

export const date = z.string().refine((text) => {
  const day = /^\d{4}-\d{2}-(\d{2})$/.exec(text)?.[1]
  // A day that the month has not is read as one of the next month.
  return new Date(`${text}T00:00:00Z`).getUTCDate() === Number(day)
}, 'is no date, such as 2027-01-31')

/** Credentials would go with every request; http only to this machine. */
export const httpsOrigin = z.string().refine((text) => {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return false
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback)
}, 'is no https URL of a host')

interface RequireText {
  readonly source?: string | SourceNames | undefined
  readonly signer?: string | SignerNames | { readonly 'any-of': readonly SignerNames[] } | undefined
  readonly level?: number | undefined
  readonly evidence?: readonly string[] | undefined
}
interface SourceNames {
  readonly repository?: string | undefined
  readonly 'repository-id'?: string | number | undefined
  readonly 'owner-id'?: string | number | undefined
}
interface SignerNames {
  readonly workflow?: string | undefined
  readonly key?: string | undefined
  readonly email?: string | undefined
  readonly identity?: string | undefined
  readonly issuer?: string | undefined
}

/**
 * An entry that speaks of source or signer has to name somebody (T-ID-03, T-ID-15): what anybody can have (an issuer, a
 * ref, a runner, `**`) only narrows. And never by what a registry says (T-ID-09).
 */
export function alternativesName(entry: RequireText, context: Context): void {
  const { source, signer, level, evidence } = entry
  for (const part of ['source', 'signer'] as const) {
    if (typeof entry[part] !== 'string') continue
    const hint = 'Name the repository or the signer, or record it in the trust lock.'
    refuse(context, 'IDENTITY_SOURCE_UNTRUSTED', `${part} is taken from elsewhere`, hint, [part])
    return
  }
  if (level !== undefined && evidence !== undefined && !evidence.some((kind) => LEVELLED.includes(kind))) {
    refuse(context, undefined, 'a level needs provenance or vsa among its evidence', undefined, ['level'])
  }
  const signers = typeof signer !== 'object' ? [] : 'any-of' in signer ? signer['any-of'] : [signer as SignerNames]
  if (source === undefined && signers.length === 0) return
  const named = namesSource(source) || (signers.length > 0 && signers.every(namesSigner))
  if (named) return
  const hint = 'Name a repository with its owner, a workflow, a key, or an e-mail address or identity with its issuer.'
  refuse(context, 'POLICY_NO_IDENTITY', 'names nobody: anybody can have that', hint, [
    source === undefined ? 'signer' : 'source',
  ])
}

const LEVELLED = ['provenance', 'training', 'vsa']

function namesSource(source: RequireText['source']): boolean {
  if (typeof source !== 'object') return false
  if (source['repository-id'] !== undefined || source['owner-id'] !== undefined) return true
  return source.repository !== undefined && namesOwner(source.repository)
}

function namesSigner({ workflow, key, email, identity, issuer }: SignerNames): boolean {
  if (workflow !== undefined || key !== undefined) return true
  return (email !== undefined || identity !== undefined) && issuer !== undefined
}
