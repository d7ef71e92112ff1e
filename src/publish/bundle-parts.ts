import { BUNDLE_V03 } from '../model/bundle-schema.ts'
import { CleanbillError } from '../model/error.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'

/**
 * Takes the three members of a DSSE bundle v0.3, and refuses one that has another or lacks one: a store keeps what it
 * is given for years.
 *
 * @throws {CleanbillError} `BUNDLE_VERSION`, `BUNDLE_MALFORMED`; both as `tool`: the bundle is our own
 */
export function bundleParts(bundle: JsonObject): {
  mediaType: string
  verificationMaterial: JsonObject
  dsseEnvelope: JsonObject
} {
  const { mediaType, verificationMaterial, dsseEnvelope, ...others } = bundle
  if (mediaType !== BUNDLE_V03) {
    throw new CleanbillError('BUNDLE_VERSION', `only ${BUNDLE_V03} is published`, { as: 'tool' })
  }
  if (!isJsonObject(verificationMaterial) || !isJsonObject(dsseEnvelope) || Object.keys(others).length > 0) {
    throw new CleanbillError(
      'BUNDLE_MALFORMED',
      'a bundle to publish holds mediaType, verificationMaterial and dsseEnvelope, and nothing else',
      { as: 'tool' },
    )
  }
  return { mediaType, verificationMaterial, dsseEnvelope }
}
