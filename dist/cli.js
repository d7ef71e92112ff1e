#!/usr/bin/env node
// No static import: an old Node must get as far as saying that it is too old.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(`cleanbill needs Node 24.15 or newer; this is ${process.versions.node} (NODE_TOO_OLD)`)
  process.exit(1)
}
await import('./main.mjs')
