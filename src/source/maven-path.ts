import type { Dependency } from '../model/dependency.ts'

const PART = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}$/

/** `org.slf4j:slf4j-api` 2.0.9 → `org/slf4j/slf4j-api/2.0.9`; undefined for what is no coordinate. */
export function mavenFolder({ name, version = '' }: Dependency): string | undefined {
  const [group = '', artifact = '', ...more] = name.split(':')
  const parts = [...group.split('.'), artifact, version]
  if (more.length > 0 || parts.some((part) => !PART.test(part) || part.includes('..'))) return undefined
  return parts.join('/')
}

/** The file that an artifact has unless its lock says otherwise. */
export function mavenJar({ name, version = '' }: Dependency): string {
  return `${name.slice(name.indexOf(':') + 1)}-${version}.jar`
}
