/** A name for a path that means the same on every machine: `workspace:data/train%20set`. */
export function workspaceUri(path: string): string {
  return `workspace:${path.split('/').map(encodeURIComponent).join('/')}`
}
