/**
 * The programs that the interop run judges with and signs through, pinned. Raising a version here rebuilds the cached
 * program on the next run; `README.md` says which versions cannot be raised yet and why.
 */
export interface GoProgram {
  /** File name in the cache. */
  readonly name: string
  readonly module: string
  readonly version: string
  /** Main package, below the module. */
  readonly path: string
}

export const GO_PROGRAMS = {
  fulcio: { name: 'fulcio', module: 'github.com/sigstore/fulcio', version: 'v1.8.8', path: '' },
  rekorV2: {
    name: 'rekor-server-posix',
    module: 'github.com/sigstore/rekor-tiles/v2',
    version: 'v2.3.0',
    path: '/cmd/rekor-server/posix',
  },
  rekorV1: { name: 'rekor-server', module: 'github.com/sigstore/rekor', version: 'v1.5.4', path: '/cmd/rekor-server' },
  timestamp: {
    name: 'timestamp-server',
    module: 'github.com/sigstore/timestamp-authority/v2',
    version: 'v2.1.3',
    path: '/cmd/timestamp-server',
  },
  cosign: { name: 'cosign', module: 'github.com/sigstore/cosign/v3', version: 'v3.1.3', path: '/cmd/cosign' },
} as const satisfies Readonly<Record<string, GoProgram>>

export type GoProgramId = keyof typeof GO_PROGRAMS

/** What the virtual environment is made of. Its parts are pinned too, since they parse the bundle. */
export const PYTHON_REQUIREMENTS = ['sigstore==4.5.1', 'sigstore-models==0.0.6', 'rfc3161-client==1.0.9'] as const
export const SIGSTORE_PYTHON_VERSION = '4.5.1'
