import { CleanbillError } from '../model/error.ts'
import { OMS_DEFAULT_IGNORES } from '../model/predicates/oms.ts'

/** What a loader executes or obeys. A signer who leaves such a file out has signed a model that does anything. */
const LOADED = new Set(
  `bat bin c cfg cjs ckpt cpp cu dll dylib exe gguf h5 ini jar jinja joblib js json keras mjs model msgpack npy npz onnx
   pb pickle pkl ps1 pt pth py pyc pyd pyx safetensors sh so tflite toml ts wasm yaml yml`.split(/\s+/),
)

/**
 * Names in a manifest are paths below the model root with `/`: nothing else may lead out of it or name a file twice.
 *
 * @throws {CleanbillError} `PATH_UNSAFE`
 */
export function checkResourceName(name: string): void {
  const segments = name.split('/')
  const bad = segments.some((segment) => segment === '' || segment === '.' || segment === '..')
  if (bad || name.includes('\\') || name.includes('\0') || /^[A-Za-z]:/.test(name)) {
    throw new CleanbillError('PATH_UNSAFE', `${JSON.stringify(name.slice(0, 120))} is not a path below the model`)
  }
}

/**
 * `ignore_paths` are chosen by the signer, so they are capped: exact paths below the root, never the root itself.
 *
 * @throws {CleanbillError} `IGNORE_TOO_WIDE`
 */
export function checkIgnorePaths(paths: readonly string[]): string[] {
  return paths.map((path) => {
    const name = path.replace(/^\.\//, '').replace(/\/+$/, '')
    const segments = name.split('/')
    const wide = segments.some((segment) => segment === '' || segment === '.' || segment === '..')
    if (wide || /[*?[\]\\]/.test(name)) {
      throw new CleanbillError('IGNORE_TOO_WIDE', `the signer left out ${JSON.stringify(path.slice(0, 120))}`, {
        hint: 'Such a signature covers nothing or an unknown part of the model.',
      })
    }
    return name
  })
}

/**
 * Which of the present, unlisted files the signer left out on purpose.
 *
 * @throws {CleanbillError} `IGNORE_TOO_WIDE` when one of them is code, configuration or weights
 */
export function hiddenByIgnores(files: readonly string[], ignores: readonly string[]): string[] {
  const own = ignores.filter((path) => !(OMS_DEFAULT_IGNORES as readonly string[]).includes(path))
  const hidden = files.filter((file) => own.some((path) => file === path || file.startsWith(`${path}/`)))
  const loaded = hidden.find((file) => LOADED.has(file.slice(file.lastIndexOf('.') + 1).toLowerCase()))
  if (loaded !== undefined) {
    throw new CleanbillError(
      'IGNORE_TOO_WIDE',
      `the signer left out ${JSON.stringify(loaded.slice(0, 120))}, which a loader may run`,
      {
        hint: 'Leave it out yourself with --ignore-path if you know what it is.',
      },
    )
  }
  return hidden
}
