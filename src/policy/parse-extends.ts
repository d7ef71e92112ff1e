/** A policy file in another repository, at one commit. */
export interface ExtendsReference {
  readonly owner: string
  readonly repository: string
  readonly path: string
  readonly commit: string
}

/**
 * Reads `OWNER/REPOSITORY//PATH@COMMIT`.
 *
 * @returns undefined for anything else; a branch or a tag is no commit, since whoever moves it changes the policy
 * @example parseExtends('acme/.github//cleanbill.yml@0123456789abcdef0123456789abcdef01234567')
 */
export function parseExtends(text: string): ExtendsReference | undefined {
  const match = /^([A-Za-z0-9][A-Za-z0-9-]{0,38})\/([A-Za-z0-9._-]{1,100})\/\/([^@\s\\]{1,500})@([0-9a-f]{40})$/.exec(
    text,
  )
  const [, owner = '', repository = '', path = '', commit = ''] = match ?? []
  const strange = path.split('/').some((part) => part === '' || part === '.' || part === '..')
  if (strange || /^\.{1,2}$/.test(repository)) return undefined
  return { owner, repository, path, commit }
}
