import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { openDemoWorld, SWAPPED } from './demo/gate.ts'
import { type Environment, type Finished, run, startServer, stopAll } from './demo/processes.ts'
import { bold, dim, green, heading, indent, red, row, say, showCommand } from './demo/speak.ts'
import { withChangedByte, withChangedPayload } from './demo/tamper.ts'
import {
  baseEnvironment,
  commitWorkspace,
  copyExample,
  IDENTITY,
  jobEnvironment,
  remakeFolder,
  type Workspace,
} from './demo/workspace.ts'

// `npm run demo`: the built command line, an embedded Sigstore and a real training. Needs no network.
//   --out DIR   where everything goes (default: demo-out; removed and made anew)
//   --quick     a training of two seconds

const { values: options } = parseArgs({
  options: { out: { type: 'string' }, quick: { type: 'boolean', default: false } },
})
const ROOT = resolve(import.meta.dirname, '..')
const CLI = join(ROOT, 'dist', 'cli.js')
const out = options.out === undefined ? join(ROOT, 'demo-out') : resolve(options.out)

let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted = true
    void stopAll().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143))
  })
}
try {
  await main()
} catch (error) {
  if (!interrupted) say(`\n${red('The demo failed.')} ${(error as Error).message}`)
  process.exitCode = 1
} finally {
  await stopAll()
}

interface Sigstore {
  readonly url: string
  readonly trustedRoot: string
  readonly signingConfig: string
  readonly issuer: string
  readonly tokenUrl: string
  readonly requestToken: string
}

/** What `verify` is asked; changed by nobody. */
interface Signed {
  readonly work: string
  readonly model: string
  readonly bundle: string
  readonly trustedRoot: string
  readonly issuer: string
}

async function main(): Promise<void> {
  const started = performance.now()
  if (!existsSync(CLI)) throw new Error('dist/ is not built: run npm run build first.')
  await remakeFolder(out)
  say(bold('Cleanbill: what flows into a training is judged, the training signed and verified'))

  heading('What flows in, judged first')
  const path = await copyExample(out)
  const gate = await showGate(path)
  const work = await commitWorkspace(path, baseEnvironment(out))

  heading('A Sigstore of our own')
  const sigstore = await startSigstore()

  heading('A training, wrapped')
  const signed = await train(work, sigstore)

  heading('What the signed provenance says')
  await showStatement(signed.bundle)

  heading('Verified')
  await requireVerified(signed)

  heading('One byte changed')
  const refusals = await showRefusals(signed)
  await requireVerified(signed, 'quiet')
  row('all bytes put back', green('VERIFIED'))

  await writeDemoDocument(signed, refusals, gate)
  sayGoodbye(signed, (performance.now() - started) / 1000)
}

interface Stopped {
  readonly dependency: string
  readonly code: string
}

/** A pipeline whose gate passes, and the same pipeline after somebody else has published one of its dependencies. */
async function showGate(path: string): Promise<Stopped> {
  const { world, swapSigner, putBack } = await openDemoWorld(path)
  const env = { ...baseEnvironment(out), GITHUB_TOKEN: world.token }
  const ask = (...args: string[]) => cli([...args, '--no-cache', '--quiet'], path, env, 60)
  try {
    say(
      '   A simulated npm registry and GitHub on loopback. Nothing is installed and nothing runs before the gate passes.',
    )
    showCommand(['cleanbill', 'init'])
    const init = await ask('init')
    if (init.code !== 0) throw new Error(`cleanbill init ended with ${init.code}\n${init.stderr}`)
    say(indent(init.stdout))
    say()
    showCommand(['cleanbill', 'gate'])
    const passed = await ask('gate')
    if (passed.code !== 0) throw new Error(`cleanbill gate ended with ${passed.code}\n${passed.stdout}${passed.stderr}`)
    say(indent(passed.stdout))
    swapSigner()
    say(
      `\n   ${bold(`Somebody else publishes ${SWAPPED.name} ${SWAPPED.version}`)}, with valid provenance of a repository of their own.\n`,
    )
    showCommand(['cleanbill', 'gate'])
    const failed = await ask('gate', '--json-file', join(out, 'gate.json'))
    say(indent(failed.stdout))
    const stopped = await requireStopped(failed.code)
    say()
    row('the training', `${red('NOT STARTED')}  ${bold(stopped.code)}  exit ${failed.code}`)
    putBack()
    const again = await ask('gate')
    if (again.code !== 0) throw new Error('the gate does not pass with the first signer back')
    row('with the first signer', green('PASSED'))
    return stopped
  } finally {
    await world.close()
  }
}

/** Stopped for another reason is not stopped. */
async function requireStopped(code: number): Promise<Stopped> {
  const { findings } = JSON.parse(await readFile(join(out, 'gate.json'), 'utf8')) as {
    findings: readonly { level: string; rule: string; code: string; dependency: string | null }[]
  }
  const failing = findings.filter(({ level }) => level === 'fail')
  const found = failing.find(({ rule }) => rule === 'signer-continuity')
  const only = failing.every(({ dependency }) => dependency?.includes(SWAPPED.name))
  if (code === 10 && only && found?.dependency) return { dependency: found.dependency, code: found.code }
  throw new Error(`the gate ended with ${code} and ${JSON.stringify(failing)}, not because of the signer`)
}

async function startSigstore(): Promise<Sigstore> {
  const state = join(out, 'sigstore')
  const { firstLine } = await startServer([process.execPath, CLI, 'sigstore', '--state', state, '--quiet'], {
    cwd: out,
    env: baseEnvironment(out),
  })
  const sigstore = JSON.parse(firstLine) as Sigstore
  showCommand(['cleanbill', 'sigstore', '--state', shown(state)])
  say(`   Certificate authority, transparency log and timestamp authority on ${sigstore.url}.`)
  say('   For trials, never for trust: a real run uses the public Sigstore or one of your own.')
  return sigstore
}

async function train({ path, commit }: Workspace, sigstore: Sigstore): Promise<Signed> {
  const folder = join(out, 'signed')
  const args = ['run', '--kind', 'train']
  args.push('--input', 'dataset:data', '--output', 'model:out/model.bin', '--output', 'metrics:out/metrics.json')
  args.push('--signing-config', relative(path, sigstore.signingConfig))
  args.push('--trusted-root', relative(path, sigstore.trustedRoot), '--out', relative(path, folder))
  args.push('--', 'node', 'train.ts', '--data', 'data', ...(options.quick ? ['--quick'] : []))
  say(`   The example of examples/train-classifier in ${shown(path)}, as a job of ${IDENTITY.split('/.github')[0]}.`)
  if (commit === undefined) say(red('   There is no git here: the provenance will not name a commit.'))
  showCommand(['cleanbill', ...args])
  const env = await jobEnvironment(out, { path, commit }, sigstore)
  const result = await cli(args, path, env, 300, (line) => say(dim(`   | ${line}`)))
  if (result.code !== 0) throw new Error(`cleanbill run ended with ${result.code}\n${result.stderr}`)
  say()
  say(indent(result.stderr))
  return {
    work: path,
    model: join(path, 'out', 'model.bin'),
    bundle: join(folder, 'attestation.json'),
    trustedRoot: sigstore.trustedRoot,
    issuer: sigstore.issuer,
  }
}

interface Provenance {
  readonly predicateType: string
  readonly predicate: {
    readonly buildDefinition: {
      readonly resolvedDependencies: readonly { readonly name: string; readonly digest?: object }[]
    }
    readonly runDetails: {
      readonly builder: { readonly id: string }
      readonly metadata: Readonly<Record<string, string>>
    }
  }
}

async function showStatement(bundle: string): Promise<void> {
  const { dsseEnvelope } = JSON.parse(await readFile(bundle, 'utf8')) as { dsseEnvelope: { payload: string } }
  const statement = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString('utf8')) as Provenance
  const { buildDefinition, runDetails } = statement.predicate
  row('type', statement.predicateType)
  row('builder', runDetails.builder.id)
  row('run', runDetails.metadata.invocationId ?? '')
  row('from, to', `${runDetails.metadata.startedOn}, ${runDetails.metadata.finishedOn}`)
  const named = buildDefinition.resolvedDependencies.filter(({ digest }) => digest !== undefined)
  row('resolvedDependencies', `${named.map(({ name }) => name).join(', ')} (each with its digest)`)
}

async function requireVerified(signed: Signed, how?: 'quiet'): Promise<void> {
  const args = verifyArguments(signed)
  if (how !== 'quiet')
    showCommand(['cleanbill', ...args.slice(0, -1).map((arg) => (arg.startsWith('/') ? shown(arg) : arg))])
  const result = await cli(args, ROOT, baseEnvironment(out), 60)
  if (result.code !== 0) throw new Error(`verify ended with ${result.code}\n${result.stdout}${result.stderr}`)
  if (how !== 'quiet') say(indent(result.stdout))
}

interface Refusal {
  readonly changed: string
  readonly code: string
}

async function showRefusals(signed: Signed): Promise<readonly Refusal[]> {
  const images = join(signed.work, 'data', 'train-images-idx3-ubyte')
  const refuse = (changed: string, code: string) => () => requireRefusal(signed, changed, code)
  return [
    await withChangedByte(signed.model, refuse('the model', 'SUBJECT_MISMATCH')),
    await withChangedByte(images, refuse('the training data', 'INPUT_CHANGED')),
    await withChangedPayload(signed.bundle, '"startedOn":"2', refuse("the bundle's payload", 'SIGNATURE_INVALID')),
  ]
}

/** A refusal with another code, or none, fails the demo: failing for the wrong reason is passing. */
async function requireRefusal(signed: Signed, changed: string, code: string): Promise<Refusal> {
  const result = await cli([...verifyArguments(signed), '--json'], ROOT, baseEnvironment(out), 60)
  const verdict = JSON.parse(result.stdout) as { verified: boolean; code: string | null; message: string }
  if (result.code !== 10 || verdict.verified || verdict.code !== code) {
    throw new Error(`one byte of ${changed}: expected ${code} and exit 10, got ${verdict.code} and exit ${result.code}`)
  }
  row(`of ${changed}`, `${red('REFUSED')}  ${bold(code)}  exit ${result.code}`)
  row('', dim(verdict.message))
  return { changed, code }
}

function verifyArguments({ model, bundle, trustedRoot, issuer, work }: Signed): readonly string[] {
  const identity = ['--cert-identity', IDENTITY, '--cert-oidc-issuer', issuer]
  return ['verify', model, '--bundle', bundle, '--trusted-root', trustedRoot, ...identity, '--inputs', work, '--quiet']
}

function cli(
  args: readonly string[],
  cwd: string,
  env: Environment,
  seconds: number,
  onLine?: (line: string) => void,
): Promise<Finished> {
  return run([process.execPath, CLI, ...args], { cwd, env, seconds }, onLine)
}

async function writeDemoDocument(signed: Signed, refusals: readonly Refusal[], gate: Stopped): Promise<void> {
  const from = (path: string) => relative(out, path)
  const document = {
    artifact: from(signed.model),
    bundle: from(signed.bundle),
    trustedRoot: from(signed.trustedRoot),
    issuer: signed.issuer,
    identity: IDENTITY,
    refusals,
    gate: { stopped: gate },
  }
  await writeFile(join(out, 'demo.json'), `${JSON.stringify(document, null, 2)}\n`)
}

function sayGoodbye({ model, bundle, trustedRoot, issuer }: Signed, seconds: number): void {
  say(
    `\n${green('Done')} in ${seconds.toFixed(0)} s. Everything lies in ${shown(out)}; ${shown(join(out, 'demo.json'))} lists it.\n`,
  )
  say('Try next:')
  const identity = `--cert-identity ${IDENTITY} --cert-oidc-issuer ${issuer}`
  const files = `${shown(model)} --bundle ${shown(bundle)} --trusted-root ${shown(trustedRoot)}`
  say(`  npx cleanbill verify ${files} ${identity}`)
  say(`  npx cleanbill verify ${files} --repo somebody/else --cert-oidc-issuer ${issuer}   # refused`)
  say(
    `  node examples/verify-offline/verify.mjs ${shown(model)} ${shown(bundle)} ${shown(trustedRoot)} ${IDENTITY} ${issuer}`,
  )
  say('  npx cleanbill run --help')
}

/** A path for people: from the repository's root when it lies below it. */
function shown(path: string): string {
  const short = relative(ROOT, path)
  return short.startsWith('..') ? path : short
}
