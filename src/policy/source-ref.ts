const TAGS = 'refs/tags/'

/** Is it a tag, and does its name end in this version? `refs/tags/pkg@1.2.3` does for 1.2.3; `v11.2.3` does not. */
export function tagHasVersion(ref: string, version: string): boolean {
  return ref.startsWith(TAGS) && placeOfVersion(ref, version) !== undefined
}

/**
 * What a ref looks like at the next release: a tag with its version as `*`, everything else as it is. Git forbids `*` in
 * a ref, so a pattern is never taken for a name.
 *
 * @example toRefPattern('refs/tags/pkg@1.2.3', '1.2.3') // refs/tags/pkg@*
 */
export function toRefPattern(ref: string, version: string | undefined): string {
  const place = version === undefined || !ref.startsWith(TAGS) ? undefined : placeOfVersion(ref, version)
  return place === undefined ? ref : `${ref.slice(0, place)}*`
}

/**
 * Where in the ref the version begins. It has to stand at the end and apart: `v11.2.3` is not the tag of 1.2.3, nor is
 * `v0.1.2.3`.
 */
function placeOfVersion(ref: string, version: string): number | undefined {
  for (const form of versionForms(version)) {
    const place = ref.length - form.length
    const before = ref[place - 1]
    const separator = /[._-]/.exec(form)?.[0]
    if (form !== '' && ref.endsWith(form) && before !== undefined && !/\d/.test(before)) {
      const partOfLonger = before === separator && /\d/.test(ref[place - 2] ?? '')
      if (place >= TAGS.length && !partOfLonger) return place
    }
  }
  return undefined
}

/** How tags write a version: `1.2.3`, without build metadata, `1_2_3`, `1-2-3`; PEP 440's 1.2.3rc1 as `1.2.3-rc.1`. */
function versionForms(version: string): readonly string[] {
  // Go has the `v` in the version itself; it stays in the pattern.
  const base = /^v\d/.test(version) ? version.slice(1) : version
  const plain = base.split('+')[0] ?? base
  const [, release, word, number] = /^([\d.]*\d)\.?(a|b|rc|post|dev)(\d+)$/.exec(plain) ?? []
  const pep440 =
    release === undefined
      ? []
      : ['', '-', '.'].flatMap((first) => ['', '.'].map((second) => `${release}${first}${word}${second}${number}`))
  return [...new Set([base, plain, plain.replaceAll('.', '_'), plain.replaceAll('.', '-'), ...pep440])]
}
