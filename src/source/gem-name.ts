import type { Dependency } from '../model/dependency.ts'

/** `1.2.3`, or `1.2.3-x86_64-linux` where the entry is for one platform: that is how RubyGems tells its files apart. */
export function gemVersion({ id, version = '' }: Dependency): string {
  const query = id.split('#')[0]?.split('?')[1] ?? ''
  const platform = new URLSearchParams(query).get('platform')
  return platform === null || platform === 'ruby' ? version : `${version}-${platform}`
}

export const gemFullName = (dependency: Dependency): string => `${dependency.name}-${gemVersion(dependency)}`
