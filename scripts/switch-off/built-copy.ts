import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeBundles } from '../bundles.ts'
import { POINTER } from './own-dist.ts'
import type { ScratchCopy } from './scratch-copy.ts'

/**
 * What each program begins with: a file beside it names the folder in which it says which checks are off, and where to note
 * which it came by. A copy that a test makes of the programs, to spoil it, has that file too. Without one nothing is off.
 */
const PRELUDE = `
import{readFileSync as __read,appendFileSync as __append}from'node:fs';
{const asked=new Set,off=new Set;let folder;
try{folder=__read(new URL('${POINTER}',import.meta.url),'utf8');for(const id of __read(folder+'/off','utf8').split(' '))off.add(Number(id))}catch{}
globalThis.isSwitchedOff=(id)=>{if(!asked.has(id)){asked.add(id);try{__append(folder+'/asked',id+'\\n')}catch{}}return off.has(id)}}
`

/** Where tests take the programs from, in `__tests__/support/built.ts`. */
const TAKEN = "inject('dist') ?? inRepository"
/** Workers run at the same time, and each has another check off. */
const OWN = '(await import("../../scripts/switch-off/own-dist.ts")).ownDist(inRepository)'

/**
 * Builds the programs of the copy, with switches, and gives it back the sources without: the tests start registries and
 * signers out of those, in which nothing may be off.
 */
export async function buildWithSwitches(root: string, copy: ScratchCopy, files: Iterable<string>): Promise<void> {
  await writeBundles(copy.root, PRELUDE)
  copyFileSync(join(root, 'dist/NOTICE'), join(copy.root, 'dist/NOTICE'))
  for (const file of files) writeFileSync(join(copy.root, file), readFileSync(join(root, file)))
  const built = join(copy.root, '__tests__/support/built.ts')
  const text = readFileSync(built, 'utf8')
  if (!text.includes(TAKEN)) throw new Error(`${built} does not take the programs from: ${TAKEN}`)
  writeFileSync(built, text.replace(TAKEN, OWN))
}
