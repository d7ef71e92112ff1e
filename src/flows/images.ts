import { parseDigest } from '../model/digest.ts'
import type { RecordedOutput } from '../model/recording.ts'
import type { ImageReference } from '../publish/image-reference.ts'
import type { DeclaredOutput } from '../record/recorder.ts'

/** Asks a registry for one image; the digest is of the manifest's bytes. */
export type ImageResolver = (
  image: string,
) => Promise<{ readonly image: ImageReference; readonly digest: string; readonly size: number }>

/** How an output that is an image is written: `image: oci://registry.example/name:tag`. */
export function isImageOutput({ pattern }: DeclaredOutput): boolean {
  return pattern.startsWith('oci://')
}

/**
 * What the registry holds under the names the command pushed to, asked once after the command: a tag is resolved to a
 * digest here and never again.
 *
 * @param resolve asks the registry; the digest is of the manifest's bytes, not a header
 * @throws {CleanbillError} `REGISTRY_DENIED`, `REGISTRY_UNAVAILABLE`, `REGISTRY_MALFORMED`, `ARGUMENT_INVALID`
 */
export async function recordImages(
  outputs: readonly DeclaredOutput[],
  resolve: ImageResolver,
): Promise<RecordedOutput[]> {
  const recorded: RecordedOutput[] = []
  for (const { role, pattern } of imageOutputsOf(outputs)) {
    const { image, digest, size } = await resolve(pattern)
    const { algorithm, hex } = parseDigest(digest)
    const name = `${image.registry}/${image.repository}`
    const same = recorded.find(({ path, digest: seen }) => path.startsWith(name) && seen[algorithm] === hex)
    // Two tags of one image are one subject; two images of one repository are told apart by their tags.
    if (same !== undefined) continue
    const taken = recorded.some(({ path }) => path === name)
    const path = taken && image.tag !== undefined ? `${name}:${image.tag}` : name
    recorded.push({ role, path, kind: 'image', digest: { [algorithm]: hex }, bytes: size })
  }
  return recorded
}

export function imageOutputsOf(outputs: readonly DeclaredOutput[]): readonly DeclaredOutput[] {
  return outputs.filter(isImageOutput)
}
