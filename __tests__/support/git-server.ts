import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import { close, listen } from './loopback-server.ts'

const backend = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend')

/** Is there git's own server? Without it a printed line says what is left out. */
export const HAS_GIT_SERVER: boolean = existsSync(backend)
if (!HAS_GIT_SERVER) console.log('skipped: everything that fetches from a git server (git http-backend is missing)')

export interface GitServer {
  readonly url: string
  /** `authorization` of every request so far. */
  readonly asked: readonly (string | undefined)[]
  /** From now on every request is sent there instead. */
  readonly redirect: (url: string | undefined) => void
  readonly close: () => Promise<void>
}

export interface GitServerOptions {
  /** An empty folder. */
  readonly folder: string
  /** `owner/name` */
  readonly name: string
  /** Working tree or bare repository that is served under that name. */
  readonly repository: string
  /** Whoever does not show it is asked to. */
  readonly token: string
}

/** git's own smart HTTP server on loopback; as GitHub's, it gives out any commit that a ref reaches. */
export async function startGitServer({ folder, name, repository, token }: GitServerOptions): Promise<GitServer> {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  symlinkSync(repository, join(folder, name))
  const expected = `basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`
  const asked: (string | undefined)[] = []
  let elsewhere: string | undefined
  const server = createServer((incoming, outgoing) => {
    const { authorization } = incoming.headers
    asked.push(authorization)
    if (elsewhere !== undefined) outgoing.writeHead(302, { location: `${elsewhere}${incoming.url}` }).end()
    else if (authorization === expected) answer(folder, incoming, outgoing)
    else outgoing.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
  })
  const url = await listen(server)
  const redirect = (to: string | undefined) => {
    elsewhere = to
  }
  return { url, asked, redirect, close: () => close(server) }
}

function answer(folder: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { pathname, search } = new URL(incoming.url ?? '/', 'http://localhost')
  const child = spawn(backend, {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'uploadpack.allowReachableSHA1InWant',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_CONFIG_KEY_1: 'safe.directory',
      GIT_CONFIG_VALUE_1: '*',
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: incoming.method,
      CONTENT_TYPE: incoming.headers['content-type'],
      HTTP_CONTENT_ENCODING: incoming.headers['content-encoding'],
      GIT_PROTOCOL: String(incoming.headers['git-protocol'] ?? ''),
    } as NodeJS.ProcessEnv,
  })
  child.stdin.on('error', () => undefined)
  incoming.pipe(child.stdin)
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.on('close', () => {
    const all = Buffer.concat(chunks)
    const end = all.indexOf('\r\n\r\n')
    const lines = all.subarray(0, end).toString('latin1').split('\r\n')
    const headers = Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2) as [string, string]))
    const { Status: status = '200', ...rest } = headers
    outgoing.writeHead(Number.parseInt(status, 10), rest).end(all.subarray(end + 4))
  })
}
