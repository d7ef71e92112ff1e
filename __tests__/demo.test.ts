import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { access, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseProvenance } from '../src/model/predicates/provenance.ts'
import { parseStatement } from '../src/model/statement.ts'

const ROOT = resolve(import.meta.dirname, '..')
const DEMO = join(ROOT, 'scripts/demo.ts')
const VERIFY = join(ROOT, 'examples/verify-offline/verify.mjs')
const MINUTES = 60_000

interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface DemoDocument {
  readonly artifact: string
  readonly bundle: string
  readonly trustedRoot: string
  readonly issuer: string
  readonly identity: string
  readonly refusals: readonly { readonly changed: string; readonly code: string }[]
  readonly gate: { readonly stopped: { readonly code: string } }
}

let scratch: string
let out: string
let demo: Finished

function start(args: readonly string[], path = process.env.PATH ?? ''): ChildProcess {
  // A person's environment, without vitest's own variables.
  const env = { PATH: path, HOME: scratch } as NodeJS.ProcessEnv
  return spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function finish(child: ChildProcess): Promise<Finished> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

const document = () => JSON.parse(readFileSync(join(out, 'demo.json'), 'utf8')) as DemoDocument

function judge(change: Partial<Record<'artifact' | 'bundle' | 'identity' | 'issuer', string>> = {}): Promise<Finished> {
  const { artifact, bundle, trustedRoot, identity, issuer } = document()
  const paths = [join(out, artifact), change.bundle ?? join(out, bundle), join(out, trustedRoot)]
  if (change.artifact !== undefined) paths[0] = change.artifact
  return finish(start([VERIFY, ...paths, change.identity ?? identity, change.issuer ?? issuer]))
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cleanbill-demo-'))
  out = join(scratch, 'demo-out')
  demo = await finish(start([DEMO, '--quick', '--out', out]))
}, 2 * MINUTES)

afterAll(() => rm(scratch, { recursive: true, force: true }))

describe('npm run demo', () => {
  it('shows a pipeline that does not start, since a dependency has another signer than before', () => {
    expect(document().gate.stopped.code).toBe('SIGNER_CHANGED')
    expect(demo.stdout).toMatch(
      /PASSED {2}6 dependencies[\s\S]*FAILED {2}6 dependencies[\s\S]*NOT STARTED {2}SIGNER_CHANGED/,
    )
  })

  it('ends with 0 and shows three refusals, each with its own code', () => {
    expect(demo.code, demo.stdout + demo.stderr).toBe(0)
    expect(document().refusals).toEqual([
      { changed: 'the model', code: 'SUBJECT_MISMATCH' },
      { changed: 'the training data', code: 'INPUT_CHANGED' },
      { changed: "the bundle's payload", code: 'SIGNATURE_INVALID' },
    ])
    for (const { code } of document().refusals) expect(demo.stdout).toContain(code)
  })

  it('prints no escape sequence where nobody watches a terminal', () => {
    expect(demo.stdout).not.toContain('\x1b')
  })

  it('signs provenance with commit, data and toolchain, each with a digest', async () => {
    const bundle = JSON.parse(await readFile(join(out, document().bundle), 'utf8')) as {
      dsseEnvelope: { payload: string }
    }
    const statement = parseStatement(Buffer.from(bundle.dsseEnvelope.payload, 'base64'))
    const { resolvedDependencies = [] } = parseProvenance(statement.predicate).buildDefinition
    expect(resolvedDependencies.every(({ digest }) => Object.keys(digest ?? {}).length > 0)).toBe(true)
    const roles = resolvedDependencies.map(({ annotations }) => annotations?.role)
    expect(roles).toEqual(expect.arrayContaining(['dataset', 'source', 'toolchain']))
    expect(statement.subject.map(({ name }) => name)).toEqual(['out/model.bin', 'out/metrics.json'])
  })

  it('puts every changed byte back: the bundle verifies with the ten-line script', async () => {
    const result = await judge()
    expect(result.code, result.stderr).toBe(0)
  })

  it('suggests commands that work as they are printed', () => {
    const [, next = ''] = demo.stdout.split('Try next:\n')
    expect(next.trim().split('\n')).toHaveLength(4)
    for (const word of next.split(/\s+/)) expect(word).not.toMatch(/^demo-out\//)
  })

  it('leaves a folder alone that it did not make', async () => {
    const foreign = join(scratch, 'foreign')
    await mkdir(foreign)
    await writeFile(join(foreign, 'thesis.txt'), 'years of work')
    const result = await finish(start([DEMO, '--quick', '--out', foreign]))
    expect(result.code).toBe(1)
    expect(await readFile(join(foreign, 'thesis.txt'), 'utf8')).toBe('years of work')
  })

  it(
    'goes on without git, and says that no commit is named',
    async () => {
      const bin = join(scratch, 'bin')
      await mkdir(bin)
      const other = join(scratch, 'without-git')
      const result = await finish(start([DEMO, '--quick', '--out', other], bin))
      expect(result.code, result.stdout + result.stderr).toBe(0)
      expect(result.stdout).toContain('There is no git here')
      expect(result.stdout).toContain('SOURCE_NOT_IN_GIT')
    },
    MINUTES,
  )

  it(
    'ends its Sigstore when it is interrupted',
    async () => {
      const child = start([DEMO, '--out', join(scratch, 'interrupted')])
      const ended = finish(child)
      const url = await new Promise<string>((found) => {
        let text = ''
        child.stdout?.on('data', (chunk) => {
          text += chunk
          const match = /authority on (http:\S+?)\.\n/.exec(text)
          if (match !== null) found(match[1] ?? '')
        })
      })
      expect((await fetch(`${url}/instance`)).status).toBe(200)
      child.kill('SIGINT')
      expect((await ended).code).toBe(130)
      await expect(fetch(`${url}/instance`)).rejects.toThrow()
    },
    MINUTES,
  )
})

describe('examples/verify-offline', () => {
  it('refuses another identity, even one that the real one begins with', async () => {
    const { identity } = document()
    const result = await judge({ identity: identity.slice(0, -1) })
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('signed by')
  })

  it('refuses another issuer', async () => {
    expect((await judge({ issuer: 'https://issuer.cleanbill' })).stderr).toContain('identity issued by')
  })

  it('refuses another file', async () => {
    const result = await judge({ artifact: VERIFY })
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('no subject has sha256:')
  })

  it('refuses a payload that was changed', async () => {
    const changed = join(scratch, 'changed.json')
    const bundle = JSON.parse(await readFile(join(out, document().bundle), 'utf8')) as {
      dsseEnvelope: { payload: string }
    }
    const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('utf8')
    bundle.dsseEnvelope.payload = Buffer.from(payload.replace('"startedOn":"2', '"startedOn":"1')).toString('base64')
    await writeFile(changed, JSON.stringify(bundle))
    expect((await judge({ bundle: changed })).code).toBe(1)
  })
})

describe('examples/train-classifier', () => {
  const TRAIN = join(ROOT, 'examples/train-classifier/train.ts')

  it(
    'gives the same weights for the same seed, and other ones for another',
    async () => {
      const train = async (name: string, seed: string) => {
        const result = await finish(start([TRAIN, '--quick', '--seed', seed, '--out', join(scratch, name)]))
        expect(result.code, result.stderr).toBe(0)
        return readFile(join(scratch, name, 'model.bin'))
      }
      const [first, second, other] = [await train('first', '1'), await train('second', '1'), await train('other', '2')]
      expect(first.equals(second)).toBe(true)
      expect(first.equals(other)).toBe(false)
    },
    MINUTES,
  )

  it('learns: nine of ten digits and more after one quick epoch', async () => {
    const metrics = JSON.parse(await readFile(join(out, dirname(document().artifact), 'metrics.json'), 'utf8'))
    expect(metrics.accuracy).toBeGreaterThan(0.9)
  })

  it('refuses files that are not MNIST', async () => {
    const data = join(scratch, 'bad-data')
    await mkdir(data)
    for (const set of ['train', 't10k']) {
      for (const kind of ['images-idx3', 'labels-idx1']) await copyFile(TRAIN, join(data, `${set}-${kind}-ubyte`))
    }
    const result = await finish(start([TRAIN, '--data', data, '--out', join(scratch, 'never')]))
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('not MNIST')
    await expect(access(join(scratch, 'never'))).rejects.toThrow()
  })
})
