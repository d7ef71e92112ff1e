import type { World } from '../flows/world.ts'
import { readGithubContext } from '../io/github.ts'
import type { Host } from '../io/host.ts'
import { http, httpStream } from '../io/http.ts'
import { runTool } from '../io/process.ts'
import { random } from '../io/random.ts'

/** The world a flow is given, with the real network and real programs. */
export async function makeWorld(host: Host): Promise<World> {
  return { host, http, httpStream, random, runTool, github: await readGithubContext(host) }
}
