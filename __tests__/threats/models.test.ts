import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildOmsStatement, type OmsResource, omsRoot, sortOmsResources } from '../../src/model/predicates/oms.ts'
import { runCli, scratch } from '../support/built.ts'
import { readJson } from '../support/github-job.ts'
import { type LooseJson, sha256 } from '../support/real-signer.ts'
import { CLAIMS, provenance } from '../support/verify-bench.ts'
import { type Bench, startBench } from './bench.ts'
import { checkPolicy } from './gate-bench.ts'

const FILES = { 'config.json': '{}', 'model.json': 'j', 'model/weights.safetensors': 'w', 'model-1.safetensors': 'm' }
let bench: Bench
const folder = scratch()
let count = 0
beforeAll(async () => {
  bench = await startBench()
})
afterAll(async () => {
  await bench.signer.close()
  folder.remove()
})

const resource = (name: string, text: string): OmsResource => ({ name, digest: sha256(text), algorithm: 'sha256' })
const resources = (files: Readonly<Record<string, string>> = FILES) =>
  sortOmsResources(Object.entries(files).map(([name, text]) => resource(name, text)))

/** A model on disk; its name below the bench. */
function model(files: Readonly<Record<string, string>> = FILES): string {
  const name = `m${++count}`
  mkdirSync(join(bench.folder, name))
  for (const [path, text] of Object.entries(files)) bench.write(`${name}/${path}`, text)
  return name
}

/** Signed over these resources as they are listed, with whatever else the signer wrote. */
function signed(list: readonly OmsResource[] = resources(), change: (statement: LooseJson) => unknown = () => {}) {
  const statement: LooseJson = structuredClone(buildOmsStatement('model', resources(), []))
  statement.predicate.resources = list
  statement.subject[0].digest.sha256 = omsRoot(list)
  change(statement)
  return bench.sign(statement, { claims: CLAIMS })
}
const serialization = (more: object) => (statement: LooseJson) => Object.assign(statement.predicate.serialization, more)
const judge = async (artifact: string, bundle: LooseJson, ...more: string[]) => {
  const { code, document } = await bench.verify(bundle, { artifact, more })
  return [code, document.code]
}

describe('a signed model', () => {
  it('T-MF-01: has no file that nobody signed, unless whoever verifies leaves it out', async () => {
    const path = model({ ...FILES, 'modeling_x.py': 'import os' })
    const bundle = await signed()
    expect(await judge(model(), bundle)).toStrictEqual([0, null])
    expect(await judge(path, bundle)).toStrictEqual([10, 'FILE_UNLISTED'])
    expect(await judge(path, bundle, '--ignore-path', 'modeling_x.py')).toStrictEqual([0, null])
  })

  it('T-MF-02: has no code that the signer chose to leave out, and no choice lasts for the next model', async () => {
    const path = model({ ...FILES, 'modeling_x.py': 'import os' })
    const hides = await signed(resources(), serialization({ ignore_paths: ['modeling_x.py'] }))
    expect(await judge(path, hides)).toStrictEqual([10, 'IGNORE_TOO_WIDE'])
    const everything = await Promise.all(
      ['.', '*', '/etc', 'sub/..'].map((ignored) => signed(resources(), serialization({ ignore_paths: [ignored] }))),
    )
    expect(await bench.refusals(everything, { artifact: path })).toStrictEqual(Array(4).fill('IGNORE_TOO_WIDE'))
    expect(await bench.refusals([hides, await signed()], { artifact: path })).toStrictEqual([
      'IGNORE_TOO_WIDE',
      'FILE_UNLISTED',
    ])
  })

  it('T-MF-03: has no links, whatever its signer allows', async () => {
    const allows = await signed(resources(), serialization({ allow_symlinks: true }))
    const targets = { file: 'config.json', folder: 'model', outside: '/etc' }
    for (const [name, target] of Object.entries(targets)) {
      const path = model()
      symlinkSync(target, join(bench.folder, path, name))
      expect([name, ...(await judge(path, allows))]).toStrictEqual([name, 10, 'PATH_UNSAFE'])
    }
  })

  it('T-MF-04: has its files under their own names, and all of them', async () => {
    const bundle = await signed()
    const swapped = model({ ...FILES, 'model.json': 'm', 'model-1.safetensors': 'j' })
    expect(await judge(swapped, bundle)).toStrictEqual([10, 'FILE_NAME_MISMATCH'])
    const { 'model-1.safetensors': _, ...fewer } = FILES
    expect(await judge(model(fewer), bundle)).toStrictEqual([10, 'SUBJECT_MISMATCH'])
  })

  it('T-MF-05: is compared file by file: names are not in its root', async () => {
    const renamed = { ...FILES, 'config.jsoN': '{}' } as Record<string, string>
    delete renamed['config.json']
    const list = resources(renamed)
    expect(omsRoot(list)).toBe(omsRoot(resources()))
    expect(await judge(model(), await signed(list))).toStrictEqual([10, 'SUBJECT_MISMATCH'])
  })

  it('T-MF-06: has a root in either order, and each is that of this folder', async () => {
    const sorted = ['config.json', 'model-1.safetensors', 'model.json', 'model/weights.safetensors'] as const
    const byParts = ['config.json', 'model/weights.safetensors', 'model-1.safetensors', 'model.json'] as const
    const path = model()
    const roots = [sorted, byParts].map((order) => omsRoot(order.map((name) => resource(name, FILES[name]))))
    expect(new Set(roots).size).toBe(2)
    for (const root of roots) {
      const statement = { ...provenance(), subject: [{ name: 'model', digest: { sha256: root } }] }
      const bundle = await bench.sign(statement, { claims: CLAIMS })
      expect(await judge(path, bundle, '--predicate-type', 'https://slsa.dev/provenance/v1')).toStrictEqual([0, null])
    }
  })

  it('T-MF-07: in shards is covered from the first byte to the last, and has no empty file besides', async () => {
    const path = model({ w: 'abcdefg' })
    const shard = (start: number, end: number) => resource(`w:${start}:${end}`, 'abcdefg'.slice(start, end))
    const sharded = (list: readonly OmsResource[]) => signed(list, serialization({ method: 'shards', shard_size: 4 }))
    const whole = await sharded([shard(0, 4), shard(4, 7)])
    expect(await judge(path, whole)).toStrictEqual([0, null])
    const broken = [
      [shard(0, 4)],
      [shard(4, 7)],
      [shard(0, 4), shard(5, 7)],
      [shard(0, 4), shard(3, 7)],
      [shard(0, 3), shard(3, 7)],
    ]
    const bundles = await Promise.all(broken.map(sharded))
    expect(await bench.refusals(bundles, { artifact: path })).toStrictEqual(broken.map(() => 'SUBJECT_MISMATCH'))
    bench.write(`${path}/__init__.py`, '')
    expect(await judge(path, whole)).toStrictEqual([10, 'FILE_UNLISTED'])
  })

  it('T-MF-09: has names that are paths below it, and nothing else', async () => {
    const names = ['../x', '/x', 'a/../b', 'a//b', './a', 'C:\\x', 'a\\b', 'a\u0000b', '']
    const bundles = await Promise.all(names.map((name) => signed([resource(name, 'x')])))
    const codes = await bench.refusals(bundles, { artifact: model() })
    expect(codes.slice(0, -1)).toStrictEqual(names.slice(0, -1).map(() => 'PATH_UNSAFE'))
    expect(codes.at(-1)).toBe('PREDICATE_MALFORMED')
    const twice = await signed([resource('config.json', '{}'), resource('config.json', '{}')])
    expect(await bench.refusals([twice], { artifact: model() })).toStrictEqual(['PREDICATE_MALFORMED'])
    const colon = model({ 'part:0:4': 'abcd' })
    const list = [resource('part:0:4:0:4', 'abcd')]
    const sharded = await signed(list, serialization({ method: 'shards', shard_size: 4 }))
    expect(await judge(colon, sharded)).toStrictEqual([0, null])
  })

  it('T-MF-10: is hashed in a way that is known and can be computed, or refused', async () => {
    const [first = resource('x', 'x'), ...rest] = resources()
    const lists = [
      [{ ...first, algorithm: 'blake3' as const }, ...rest],
      [{ ...first, algorithm: 'md5' }, ...rest],
      [{ ...first, algorithm: 'blake2b' as const }, ...rest],
      [{ ...first, digest: first.digest.slice(2) }, ...rest],
    ]
    const bundles = await Promise.all(lists.map((list) => signed(list as OmsResource[])))
    expect(await bench.refusals(bundles, { artifact: model() })).toStrictEqual([
      'PREDICATE_MALFORMED',
      'PREDICATE_MALFORMED',
      'DIGEST_MALFORMED',
      'DIGEST_MALFORMED',
    ])
  })

  it('T-MF-11: in the form before is that form, and not the one that is asked for', async () => {
    const old = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: resources().map(({ name, digest }) => ({ name, digest: { sha256: digest } })),
      predicateType: 'https://model_signing/Digests/v0.1',
      predicate: {},
    }
    const bundle = await bench.sign(old, { claims: CLAIMS })
    const v1 = ['--predicate-type', 'https://model_signing/signature/v1.0']
    expect(await judge(model(), bundle, ...v1)).toStrictEqual([10, 'PREDICATE_TYPE'])
    const { document } = await bench.verify(bundle, { artifact: model() })
    expect(document.statement?.predicateType).toBe(old.predicateType)
    expect(await judge(model({ ...FILES, extra: 'x' }), bundle)).toStrictEqual([10, 'FILE_UNLISTED'])
  })

  it('T-MF-08: has files: an empty folder, and one with nothing but git in it, are no model', async () => {
    const empty = await signed([])
    for (const files of [{}, { '.git/config': 'x', '.gitattributes': 'x' }]) {
      expect(await judge(model(files), empty)).toStrictEqual([10, 'SUBJECT_EMPTY'])
      const workspace = folder.path()
      const script = Object.keys(files).map((name) => `mkdir -p "$(dirname out/${name})"; echo x > out/${name}`)
      const command = ['mkdir out', ...script].join('; ')
      const argv = ['run', '--no-sign', '--json-file', 'r.json', '--output', 'model:out', '--', 'sh', '-c', command]
      const run = await runCli(argv, { cwd: workspace, env: { HOME: workspace } })
      expect([run.code, readJson(join(workspace, 'r.json')).code]).toStrictEqual([2, 'SUBJECT_EMPTY'])
    }
  })
})

describe('a digest', () => {
  it('T-MF-15: that is called sha256 has 64 digits', async () => {
    const lengths = [32, 40, 63, 65]
    const bundles = await Promise.all(
      lengths.map((length) =>
        bench.sign(
          { ...provenance(), subject: [{ name: 'a', digest: { sha256: 'a'.repeat(length) } }] },
          { claims: CLAIMS },
        ),
      ),
    )
    expect(await bench.refusals(bundles)).toStrictEqual(lengths.map(() => 'DIGEST_MALFORMED'))
    for (const length of lengths) {
      const input = `version: 1\ninputs:\n  - { role: file, ref: x, sha256: ${'a'.repeat(length)} }\n`
      expect((await checkPolicy(bench.folder, input))[0]).toBe(2)
    }
  })
})

describe('several lines', () => {
  it('T-NS-16: are all read, the last one without its end too, and a broken one is said to be', async () => {
    const good = JSON.stringify(bench.good)
    const other = JSON.stringify(await bench.sign(provenance(undefined, 'other'), { claims: CLAIMS }))
    const last = await bench.verify(`${other}\n${good}`)
    expect(last.document.attestations.map(({ code }) => code)).toStrictEqual(['SUBJECT_MISMATCH', null])
    const { code, document } = await bench.verify(`${other}\n${good.slice(0, 500)}\n${other}\n`)
    expect(code).toBe(10)
    expect(document.attestations).toHaveLength(3)
    const broken = document.attestations.find(({ where }) => where.endsWith('line 2'))
    expect(broken?.code).toMatch(/^(?:BUNDLE|JSON)_MALFORMED$/)
  })
})

describe('what flows in', () => {
  it('T-MF-14: is hashed here, pinned elsewhere or only named, and each is said of what it is', async () => {
    const workspace = folder.path()
    const inputs = ['dataset:data.csv', `model:hf://acme/bert@${'a'.repeat(40)}`, 'dataset:https://data.example/x.csv']
    const flags = inputs.flatMap((input) => ['--input', input])
    const argv = ['run', '--no-sign', ...flags, '--output', 'model:m', '--', 'sh', '-c', 'echo 1 > m']
    await runCli(['run', '--no-sign', '--output', 'data:data.csv', '--', 'sh', '-c', 'echo 1 > data.csv'], {
      ...{ cwd: workspace, env: { HOME: workspace } },
    })
    expect((await runCli([...argv], { cwd: workspace, env: { HOME: workspace } })).code).toBe(0)
    const recording = readJson(join(workspace, '.cleanbill/recording.json'))
    const codes = recording.limits.map(({ code }: { code: string }) => code)
    expect(codes).toEqual(expect.arrayContaining(['DATA_PINNED_NOT_HASHED', 'DATA_DECLARED_ONLY']))
    const text = JSON.stringify(recording)
    expect(text).toContain('x.csv')
    // A branch names other bytes tomorrow: it is declared, and nothing about it is pinned.
    const again = folder.path()
    const weak = ['run', '--no-sign', '--input', 'model:hf://acme/bert@main', '--output', 'model:m', '--', 'touch', 'm']
    expect((await runCli(weak, { cwd: again, env: { HOME: again } })).code).toBe(0)
    const declared = readJson(join(again, '.cleanbill/recording.json'))
    const limits = declared.limits.map(({ code }: { code: string }) => code)
    expect(limits).toContain('DATA_DECLARED_ONLY')
    expect(limits).not.toContain('DATA_PINNED_NOT_HASHED')
  })
})
