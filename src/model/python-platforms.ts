import type { DependencyFile } from './dependency.ts'
import { type PythonFile, parsePythonFile } from './python-file-name.ts'

/** Architecture as wheels write it, by the second half of a platform name. */
const LINUX = new Map([
  ['x64', 'x86_64'],
  ['arm64', 'aarch64'],
  ['ia32', 'i686'],
  ['arm', 'armv7l'],
  ['ppc64', 'ppc64le'],
  ['s390x', 's390x'],
  ['riscv64', 'riscv64'],
])
const MACOS = new Map([
  ['x64', ['x86_64', 'universal2', 'intel', 'fat64', 'universal']],
  ['arm64', ['arm64', 'universal2']],
])
const WINDOWS = new Map([
  ['x64', 'win_amd64'],
  ['arm64', 'win_arm64'],
  ['ia32', 'win32'],
])

/** Does a wheel with this platform tag install there? Undefined: a platform that is not known here. */
function fitsPlatform(tag: string, platform: string): boolean | undefined {
  const [system, cpu = '', libc] = platform.split('-')
  const linux = system === 'linux' ? LINUX.get(cpu) : undefined
  const macos = system === 'darwin' ? MACOS.get(cpu) : undefined
  const windows = system === 'win32' ? WINDOWS.get(cpu) : undefined
  if (linux !== undefined) {
    // Hosted runners and nearly all images have the GNU library; whoever builds on Alpine says so.
    const kinds = libc === 'musl' ? 'musllinux' : 'manylinux'
    return tag === 'any' || new RegExp(`^(?:(?:${kinds})[0-9_]*|linux)_${linux}$`).test(tag)
  }
  if (macos !== undefined) {
    return tag === 'any' || (tag.startsWith('macosx_') && macos.some((name) => tag.endsWith(`_${name}`)))
  }
  return windows === undefined ? undefined : tag === 'any' || tag === windows
}

/** Does CPython `3.12` take a wheel with these tags? PyPy's and other interpreters' wheels are not for it. */
function fitsPython({ pythons, abis }: PythonFile, python: string): boolean {
  const [major = 0, minor = 0] = python.split('.').map(Number)
  return pythons.some((tag) => {
    const [, kind, itsMajor, itsMinor] = /^(py|cp)(\d)(\d*)$/.exec(tag) ?? []
    if (Number(itsMajor) !== major) return false
    if (itsMinor === '') return true
    // `py38` runs on 3.8 and later; `cp38` on 3.8 only, unless it keeps to the stable ABI.
    return kind === 'py' || abis.includes('abi3') || abis.includes('none')
      ? Number(itsMinor) <= minor
      : Number(itsMinor) === minor
  })
}

/**
 * Which files of one entry an installer on these platforms may take; without a platform all of them. Source archives
 * count where no wheel fits. What
 * cannot be told, an unknown platform, a file without a name or with a strange one, counts as installable: the answer
 * may be too long and must not be too short.
 *
 * @param platforms `linux-x64`, `darwin-arm64`, `win32-x64` …; `linux-x64-musl` where the C library is musl
 * @param python `3.12`; absent: any
 * @returns every file exactly once, in its order: `checked` may be installed, `pinned` are the others
 */
export function filesForPlatforms(
  files: readonly DependencyFile[],
  platforms: readonly string[],
  python?: string,
): { readonly checked: readonly DependencyFile[]; readonly pinned: readonly DependencyFile[] } {
  // Nobody said where it runs, so nobody can say what is not installed: a source archive is, with `--no-binary`.
  if (platforms.length === 0) return { checked: files, pinned: [] }
  const parsed = files.map((file) => ({ file, name: file.name === undefined ? undefined : parsePythonFile(file.name) }))
  const checked = new Set<DependencyFile>()
  const sources = parsed.filter(({ name }) => name?.kind === 'sdist')
  for (const { file, name } of parsed) if (name === undefined) checked.add(file)
  for (const platform of platforms) {
    const fitting = parsed.filter(
      ({ name }) =>
        name?.kind === 'wheel' &&
        (python === undefined || fitsPython(name, python)) &&
        name.platforms.some((tag) => fitsPlatform(tag, platform) ?? true),
    )
    const known = fitsPlatform('any', platform) !== undefined
    for (const { file } of fitting.length === 0 || !known ? [...fitting, ...sources] : fitting) checked.add(file)
  }
  return {
    checked: files.filter((file) => checked.has(file)),
    pinned: files.filter((file) => !checked.has(file)),
  }
}
