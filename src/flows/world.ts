import type { GithubContext } from '../io/github.ts'
import type { Host } from '../io/host.ts'
import type { Http, HttpStream } from '../io/http.ts'
import type { RunTool } from '../io/process.ts'

/** What a flow is given: the machine, the network, other programs, and the CI job it runs in. */
export interface World {
  readonly host: Host
  readonly http: Http
  readonly httpStream: HttpStream
  /** From [0, 1); see `io/random`. */
  readonly random: () => number
  readonly runTool: RunTool
  /** Undefined outside GitHub Actions. */
  readonly github: GithubContext | undefined
}
