/**
 * Where tools put a bundle beside what it is about, in the order they are tried: `<file>.sigstore.json` (cosign,
 * sigstore-python, our own), `<file>.sigstore` (older sigstore-python and -java), and in a model's folder `model.sig`
 * (OMS v1.0).
 *
 * @param path with `/`
 */
export function bundlesBeside(path: string, kind: 'file' | 'directory'): string[] {
  const names = [`${path}.sigstore.json`, `${path}.sigstore`]
  return kind === 'directory' ? [...names, `${path}/model.sig`] : names
}

/**
 * Names that may be a bundle and are other things too: `.intoto.jsonl` is often bare DSSE envelopes (SLSA generators),
 * `.sig` an OMS signature of one file, or a detached signature of any other kind. Whoever opens them must bear that they
 * are none.
 */
export function perhapsBundlesBeside(path: string): string[] {
  return [`${path}.intoto.jsonl`, `${path}.sig`]
}
