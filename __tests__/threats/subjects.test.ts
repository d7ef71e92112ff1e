import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli, scratch } from '../support/built.ts'
import { readJson } from '../support/github-job.ts'
import { sha256 } from '../support/real-signer.ts'
import { CLAIMS, provenance } from '../support/verify-bench.ts'
import { type Bench, startBench } from './bench.ts'

let bench: Bench
const folder = scratch()
beforeAll(async () => {
  bench = await startBench()
  bench.write('changed.txt', 'hellp')
})
afterAll(async () => {
  await bench.signer.close()
  folder.remove()
})

const HEX = sha256('hello')
const about = (subject: unknown) => bench.sign({ ...provenance(), subject }, { claims: CLAIMS })
const aboutAll = (subjects: readonly unknown[]) => Promise.all(subjects.map(about))
const named = (digest: object, name = 'artifact.txt') => [{ name, digest }]

describe('a statement', () => {
  it('T-SU-01: is about its own bytes, and about no others', async () => {
    const { code, document } = await bench.verify(bench.good, { artifact: 'changed.txt' })
    expect([code, document.code]).toStrictEqual([10, 'SUBJECT_MISMATCH'])
    const digest = await bench.verify(bench.good, { artifact: `sha256:${sha256('hellp')}` })
    expect([digest.code, digest.document.code]).toStrictEqual([10, 'SUBJECT_MISMATCH'])
    const both = named({ sha256: HEX, sha512: 'a'.repeat(128) })
    expect(await bench.refusals(await aboutAll([both]))).toStrictEqual(['SUBJECT_MISMATCH'])
  })

  it('T-SU-02: is about one package and one version, in either spelling of its scope', async () => {
    const scoped = await about(named({ sha256: HEX }, 'pkg:npm/%40acme/app@1.0.0'))
    const ask = async (purl: string) => {
      const { code, document } = await bench.verify(scoped, { more: ['--purl', purl] })
      return [code, document.code]
    }
    expect(await ask('pkg:npm/@acme/app@1.0.0')).toStrictEqual([0, null])
    for (const purl of ['pkg:npm/%40acme/app@1.0.1', 'pkg:npm/app@1.0.0', 'pkg:pypi/app@1.0.0']) {
      expect(await ask(purl)).toStrictEqual([10, 'SUBJECT_NAME_MISMATCH'])
    }
  })

  it('T-SU-03: is about something: no list, an empty one, null, and a statement that is null', async () => {
    const { subject: _, ...missing } = provenance()
    const signed = [...(await aboutAll([[], null])), await bench.sign(missing, { claims: CLAIMS })]
    expect(await bench.refusals(signed)).toStrictEqual(['SUBJECT_EMPTY', 'SUBJECT_EMPTY', 'SUBJECT_EMPTY'])
    const odd = await Promise.all(['null', '[]', '""', '{}'].map((text) => bench.sign(text, { claims: CLAIMS })))
    expect(await bench.refusals(odd)).toStrictEqual(Array(4).fill('STATEMENT_MALFORMED'))
  })

  it('T-SU-04: names a file by a digest that nobody can collide', async () => {
    const weak = [
      { md5: 'a'.repeat(32) },
      { sha1: 'a'.repeat(40) },
      { gitCommit: 'a'.repeat(40) },
      { sha224: 'a'.repeat(56) },
    ]
    expect(await bench.refusals(await aboutAll(weak.map((digest) => named(digest))))).toStrictEqual(
      weak.map(() => 'DIGEST_WEAK'),
    )
  })

  it('T-SU-05: has a thousand subjects at most, and one of them has the name and the digest', async () => {
    const many = Array.from({ length: 1025 }, (_, n) => ({ name: `f${n}`, digest: { sha256: HEX } }))
    expect(await bench.refusals(await aboutAll([many]))).toStrictEqual(['SUBJECT_LIMIT'])
    const split = [
      ...named({ sha256: HEX }, 'pkg:npm/b@1.0.0'),
      ...named({ sha256: sha256('other') }, 'pkg:npm/a@1.0.0'),
    ]
    const refused = await bench.refusals(await aboutAll([split]), { more: ['--purl', 'pkg:npm/a@1.0.0'] })
    expect(refused).toStrictEqual(['SUBJECT_NAME_MISMATCH'])
  })

  it('T-SU-06: writes a digest in one way: hex of the right length', async () => {
    const spellings = [HEX.slice(1), `${HEX}0`, ` ${HEX}`, `0x${HEX}`, 'g'.repeat(64)]
    const base64 = Buffer.from(HEX, 'hex').toString('base64')
    const signed = await aboutAll([...spellings, base64, ''].map((digest) => named({ sha256: digest })))
    expect(await bench.refusals(signed)).toStrictEqual(signed.map(() => 'DIGEST_MALFORMED'))
    // Capitals are the same number, and make no other one pass.
    const [upper, otherUpper] = await aboutAll(
      [HEX, sha256('other')].map((hex) => named({ sha256: hex.toUpperCase() })),
    )
    expect((await bench.verify(upper)).code).toBe(0)
    expect(await bench.refusals([otherUpper])).toStrictEqual(['SUBJECT_MISMATCH'])
    for (const artifact of ['sha256:abc', `sha256:${base64}`, `md5:${'a'.repeat(32)}`]) {
      const { code } = await bench.verify(bench.good, { artifact })
      expect([artifact, code]).toStrictEqual([artifact, 2])
    }
  })
})

/** `run --no-sign` in a workspace with these files: its exit, the code it printed, and the recorded outputs. */
async function record(outputs: readonly string[], script: string, prepare: (workspace: string) => void = () => {}) {
  const workspace = folder.path()
  prepare(workspace)
  const flags = outputs.flatMap((output) => ['--output', output])
  const argv = ['run', '--no-sign', '--json-file', 'result.json', ...flags, '--', 'sh', '-c', script]
  const { code } = await runCli(argv, { cwd: workspace, env: { HOME: workspace } })
  const document = readJson(join(workspace, 'result.json'))
  const paths = (document.outputs ?? []).map(({ path }: { path: string }) => path)
  return { result: [code, document.code ?? null], paths: paths as readonly string[] }
}

describe('what is to be signed', () => {
  it('T-SU-07: is called by names that stay in the workspace and can be told apart', async () => {
    for (const output of ['model:../x', 'model:/etc/hostname', 'model:a/../../x']) {
      expect((await record([output], 'true')).result).toStrictEqual([2, 'PATTERN_UNSAFE'])
    }
    for (const script of [
      'echo 1 > a.bin; echo 1 > A.bin',
      'echo 1 > "$(printf "\\303\\251").bin"; echo 1 > "$(printf "e\\314\\201").bin"',
    ]) {
      expect((await record(['model:*.bin'], script)).result).toStrictEqual([2, 'PATH_UNSAFE'])
    }
  })

  it('T-SU-08: has to be there: nothing is signed about a path that is not, or about an empty folder', async () => {
    for (const output of ['model:mistyped.bin', 'model:out/*.bin']) {
      expect((await record([output], 'true')).result).toStrictEqual([2, 'PATTERN_NO_MATCH'])
    }
    expect((await record(['model:out'], 'mkdir out')).result).toStrictEqual([2, 'SUBJECT_EMPTY'])
    const key = ['--signing-key', 'none.pem', '--predicate', 'p.json', '--predicate-type', 'https://example.com/t']
    const { code } = await bench.cli(['attest', ...key, 'mistyped.bin'])
    expect(code).toBe(2)
  })

  it('T-SU-09: has names that are paths, so that two files of one name stay two', async () => {
    const both = await record(['model:*/m.bin'], 'mkdir a b; echo 1 > a/m.bin; echo 2 > b/m.bin')
    expect(both).toStrictEqual({ result: [0, null], paths: ['a/m.bin', 'b/m.bin'] })
    const twice = await record(['model:m.bin', 'binary:m.bin'], 'echo 1 > m.bin')
    expect(twice.result).toStrictEqual([2, 'SUBJECT_NAME_DUPLICATE'])
  })

  it('T-SU-10: cannot be called by one name that somebody gives', async () => {
    const named = ['attest', '--predicate', 'p.json', '--predicate-type', 'https://example.com/t']
    const { code, stderr } = await bench.cli([...named, '--subject-name', 'model', 'a.bin', 'b.bin'])
    expect([code, stderr]).toStrictEqual([2, expect.stringContaining('ARGUMENT_INVALID')])
    expect((await record(['model:*.bin'], 'echo 1 > a.bin; echo 2 > b.bin')).paths).toStrictEqual(['a.bin', 'b.bin'])
  })

  it('T-SU-11: is no link that leads out of the workspace, by itself, in a folder or behind one', async () => {
    const outside = folder.path()
    writeFileSync(join(outside, 'secret'), 'x')
    const links = (workspace: string) => {
      symlinkSync('/etc/hostname', join(workspace, 'file'))
      symlinkSync(outside, join(workspace, 'folder'))
      mkdirSync(join(workspace, 'tree'))
      symlinkSync(outside, join(workspace, 'tree/inner'))
    }
    for (const output of ['model:file', 'model:folder', 'model:folder/secret', 'model:tree', 'model:f*']) {
      const { result } = await record([output], 'true', links)
      expect([output, ...result]).toStrictEqual([output, 2, 'PATH_UNSAFE'])
    }
    expect((await record(['model:folder/../secret'], 'true', links)).result).toStrictEqual([2, 'PATTERN_UNSAFE'])
  })
})
