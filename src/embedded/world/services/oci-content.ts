import { createHash } from 'node:crypto'
import { BUNDLE_V03 } from '../../../model/bundle-schema.ts'
import { IMAGE_INDEX, IMAGE_MANIFEST } from '../../../model/oci.ts'
import { deriveHex } from '../derive.ts'
import type { WorldImage } from '../description.ts'

/** Something a registry keeps under its digest. */
export interface Stored {
  readonly mediaType: string
  readonly bytes: Buffer
  readonly digest: string
}

/** Config of what is no image (OCI image specification v1.1, "Guidance for an Empty Descriptor"). */
export const EMPTY_CONFIG = 'application/vnd.oci.empty.v1+json'
export const PLATFORMS = ['amd64', 'arm64'] as const

export function store(content: object | string, mediaType: string): Stored {
  const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
  return { mediaType, bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
}

export const descriptorOf = ({ mediaType, digest, bytes }: Stored, more: object = {}) => ({
  mediaType,
  digest,
  size: bytes.length,
  ...more,
})

/** An index over a manifest for each platform. Equal names and tags give equal digests. */
export interface ImageContent {
  readonly index: Stored
  readonly platforms: readonly Stored[]
}

export function imageContent({ name, tag = 'latest' }: WorldImage): ImageContent {
  const platforms = PLATFORMS.map((architecture) => {
    const words = [name, tag, architecture]
    return store(
      {
        schemaVersion: 2,
        mediaType: IMAGE_MANIFEST,
        config: {
          mediaType: 'application/vnd.oci.image.config.v1+json',
          digest: `sha256:${deriveHex('config', ...words)}`,
          size: 2,
        },
        layers: [
          {
            mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
            digest: `sha256:${deriveHex('layer', ...words)}`,
            size: 1000,
          },
        ],
      },
      IMAGE_MANIFEST,
    )
  })
  const manifests = platforms.map((one, at) =>
    descriptorOf(one, { platform: { os: 'linux', architecture: PLATFORMS[at] } }),
  )
  return { index: store({ schemaVersion: 2, mediaType: IMAGE_INDEX, manifests }, IMAGE_INDEX), platforms }
}

/** What a world's image is pinned by: `sha256:…` of its index, unless the description says otherwise. */
export const imageDigest = (image: WorldImage): string => image.digest ?? imageContent(image).index.digest

/** A bundle as cosign and actions/attest attach it. Source: cosign BUNDLE_SPEC (formats.md §20). */
export function referrerOf(
  bundle: object,
  predicateType: string,
  subject: object,
): { blob: Stored; manifest: Stored; artifactType: string } {
  const blob = store(bundle, BUNDLE_V03)
  const config = store('{}', EMPTY_CONFIG)
  const manifest = store(
    {
      schemaVersion: 2,
      mediaType: IMAGE_MANIFEST,
      artifactType: BUNDLE_V03,
      config: descriptorOf(config),
      layers: [descriptorOf(blob)],
      subject,
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': predicateType,
      },
    },
    IMAGE_MANIFEST,
  )
  return { blob, manifest, artifactType: BUNDLE_V03 }
}
