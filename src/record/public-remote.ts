/**
 * The address of a git remote as it may be published: https form, without user, password, query and port of another
 * protocol, without a trailing `.git`. CI systems put tokens into remotes (`https://x-access-token:…@host/o/r`).
 *
 * @returns undefined for a local path or anything else that names no host
 * @example
 * toPublicRemote('git@github.com:acme/model.git') // https://github.com/acme/model
 */
export function toPublicRemote(remote: string): string | undefined {
  const text = remote.trim()
  if (!text.includes('://')) {
    // scp form: [user@]host:path. One letter before the colon is a drive, a slash before it is a path.
    const scp = /^(?:[^@/\s]+@)?([A-Za-z0-9][A-Za-z0-9.-]+):(?!\/\/)(\S+)$/.exec(text)
    return scp === null ? undefined : toHttps(`https://${scp[1]}/${scp[2]?.replace(/^\/+/, '')}`)
  }
  const url = URL.parse(text)
  if (url === null || !/^(https?|ssh|git|git\+ssh|git\+https):$/.test(url.protocol) || url.hostname === '') {
    return undefined
  }
  const web = url.protocol.startsWith('http') || url.protocol === 'git+https:'
  return toHttps(`${url.protocol === 'http:' ? 'http' : 'https'}://${web ? url.host : url.hostname}${url.pathname}`)
}

function toHttps(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null) return undefined
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '').replace(/\.git$/, '')}`
}
