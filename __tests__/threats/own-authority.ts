import { sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { bundleToJSON } from '@sigstore/bundle'
import { DSSEBundleBuilder, type Signer } from '@sigstore/sign'
import { STATEMENT_PAYLOAD_TYPE } from '../../src/model/statement.ts'
import {
  authority,
  claim,
  codeSigning,
  issueCertificate,
  san,
  type TestExtension,
  uriName,
} from '../support/certificates.ts'
import { type LooseJson, statementAbout, timestampWitness } from '../support/real-signer.ts'
import { CLAIMS, SERVER, WORKFLOW } from '../support/verify-bench.ts'
import type { Bench } from './bench.ts'

const DAY = 86_400_000
const day = (offset: number) => new Date(Date.now() + offset * DAY).toISOString()

/** A CA of our own, which issues what no honest one would, beside the bench's timestamps; it has no log. */
export interface OwnAuthority {
  readonly root: string
  /** About `hello`, and silent about who signed. The certificate is for signing code unless it is said for what. */
  readonly sign: (extensions: readonly TestExtension[], usage?: readonly TestExtension[]) => Promise<LooseJson>
}

export function startOwnAuthority({ signer, write }: Bench): OwnAuthority {
  const validity = { notBefore: day(-2), notAfter: day(2) }
  const ca = issueCertificate({ ...validity, commonName: 'own CA', extensions: [authority] })
  const { timestampAuthorities }: LooseJson = JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8'))
  const rawBytes = Buffer.from(ca.der).toString('base64')
  const entry = { subject: { commonName: 'own CA' }, uri: 'https://ca.example', validFor: { start: day(-2) } }
  const root = write('own-root.json', {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: [{ ...entry, certChain: { certificates: [{ rawBytes }] } }],
    timestampAuthorities,
  })
  return {
    root,
    sign: async (extensions, usage = [codeSigning]) => {
      const leaf = issueCertificate({ ...validity, extensions: [...usage, ...extensions], issuer: ca })
      const own: Signer = {
        sign: async (data) => ({
          signature: sign('sha256', data, leaf.privateKey),
          key: { $case: 'x509Certificate', certificate: leaf.pem },
        }),
      }
      const builder = new DSSEBundleBuilder({ signer: own, witnesses: [timestampWitness(signer.sigstore)] })
      const data = Buffer.from(JSON.stringify(statementAbout('hello')))
      return structuredClone(bundleToJSON(await builder.create({ data, type: STATEMENT_PAYLOAD_TYPE })))
    },
  }
}

const ISSUER = 'https://token.actions.githubusercontent.com'

/** What GitHub's certificate of the expected workflow says, at another server where told. */
export function githubExtensions(server = SERVER, repository = `${server}/acme/app`): readonly TestExtension[] {
  const signer = `${server}/${WORKFLOW}`
  return [
    san(uriName(signer)),
    claim(8, ISSUER),
    claim(9, signer),
    claim(11, 'github-hosted'),
    claim(12, repository),
    claim(13, CLAIMS.sha),
    claim(14, CLAIMS.ref),
    claim(15, CLAIMS.repository_id),
    claim(17, CLAIMS.repository_owner_id),
    claim(18, signer),
    claim(20, CLAIMS.event_name),
  ]
}
