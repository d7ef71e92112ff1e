import type { Dependency } from '../../src/model/dependency.ts'
import type { EvidenceClientOptions } from '../../src/source/http-client.ts'
import type { SourceSession } from '../../src/source/source.ts'
import { testClient, virtualHost } from './evidence-server.ts'

/** A run's session over the real transport, its origins as given. */
export function testSession(
  origins: Readonly<Record<string, string>>,
  more: Partial<EvidenceClientOptions> = {},
): SourceSession {
  return {
    client: testClient('', { origins, ...more }),
    origin: (name) => {
      const url = origins[name]
      if (url === undefined) throw new RangeError(`no origin for ${name}`)
      return url
    },
    now: virtualHost().now,
    repositoriesOf: () => [],
  }
}

/** A locked registry package, by ecosystem and `name@version`. */
export function locked(ecosystem: string, spec: string, more: Partial<Dependency> = {}): Dependency {
  const at = spec.lastIndexOf('@')
  return {
    id: `pkg:${ecosystem}/${spec}`,
    kind: 'package',
    ecosystem,
    name: spec.slice(0, at),
    version: spec.slice(at + 1),
    digests: {},
    file: 'lock',
    line: 1,
    scope: 'runtime',
    source: 'registry',
    ...more,
  }
}
