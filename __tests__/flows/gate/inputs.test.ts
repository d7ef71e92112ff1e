import { createHash } from 'node:crypto'
import { renameSync, rmSync, symlinkSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { WorldDescription, WorldModel } from '../../../src/embedded/world/description.ts'
import { buildOmsStatement, sortOmsResources } from '../../../src/model/predicates/oms.ts'
import {
  type GateProject,
  LOCK,
  openGateProject,
  POLICY,
  policyText,
  REVISION,
  served,
} from '../../support/gate-project.ts'
import { envelope, keyPair } from '../../support/real-signer.ts'

let project: GateProject
let lock: string

beforeAll(async () => {
  project = await openGateProject()
  await project.init()
  lock = project.read(LOCK)
})
afterAll(() => project.close())
beforeEach(() => {
  project.restore()
  project.write(LOCK, lock)
  project.world.setDescription(project.good)
  project.world.setFaults([])
  project.world.clearRequests()
  rmSync(project.path('inputs'), { recursive: true, force: true })
})

const model = (change: (model: WorldModel) => WorldModel): WorldDescription => {
  const [bert, ...others] = project.good.models ?? []
  if (bert === undefined) throw new Error('this world has no model')
  return { ...project.good, models: [change(bert), ...others] }
}
const declare = (entry: string) =>
  project.write(POLICY, policyText(project.world, 'recommended', `${entry.trimEnd()}\n`))
const said = (findings: readonly { rule: string; code: string; level: string }[]) =>
  findings.map(({ code, level }) => `${code} ${level}`)
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')
/** Of one service: an image's registry is asked again with the token that its first answer names. */
const askedTwice = (of: string) => {
  const paths = project.world.requests().flatMap(({ path, service }) => (service === of ? [path] : []))
  return paths.filter((path, index) => paths.indexOf(path) !== index)
}

describe('a model on a hub (R14)', () => {
  it('that is pinned and signed is verified, and its list is asked for once', async () => {
    const { of } = await project.gate({ profile: 'strict' })
    expect([of('acme/bert').state, said(of('acme/bert').findings)]).toStrictEqual(['verified', []])
    expect(askedTwice('huggingface')).toStrictEqual([])
    expect(project.world.requests().filter(({ service }) => service === 'huggingface')).toHaveLength(4)
  })

  it('with small files, of which the hub states no digest, is verified with these too', async () => {
    const files = { 'model.safetensors': 'weights', 'config.json': '{}\n' }
    project.world.setDescription(model((one) => ({ ...one, files })))
    expect((await project.gate()).of('acme/bert').state).toBe('verified')
    expect(askedTwice('huggingface')).toStrictEqual([])
  })

  it.each([
    ['a large file', { 'model.safetensors': 'other', 'config.json': '{}\n' }],
    ['a small file', { 'model.safetensors': 'weights', 'config.json': '{"auto_map":1}\n' }],
  ])('T-MF-05: whose signature is about %s that is another one is invalid', async (_, files) => {
    project.world.setDescription(
      model((one) => ({ ...one, files: { 'model.safetensors': 'weights', 'config.json': '{}\n' } })),
    )
    const at = `${project.world.origins.huggingface}/acme/bert/resolve/${REVISION}/model.sig`
    const signature = await (await fetch(at)).text()
    project.world.setDescription(
      model(({ signed: _signed, ...one }) => ({ ...one, files: { ...files, 'model.sig': signature } })),
    )
    const { of } = await project.gate()
    expect(of('acme/bert').state).toBe('invalid')
    expect(said(of('acme/bert').findings)).toContain('SUBJECT_MISMATCH fail')
  })

  it('T-MF-13: that is named by a branch is not pinned', async () => {
    project.edit(POLICY, (text) => text.replace(`acme/bert@${REVISION}`, 'acme/bert@main'))
    expect(said((await project.gate()).of('acme/bert').findings)).toContain('REVISION_MUTABLE warn')
  })

  it('T-MF-13: whose name somebody else has now fails', async () => {
    project.world.setDescription(model((one) => ({ ...one, ownerId: 'f'.repeat(24) })))
    expect((await project.gate()).fails).toContain('pinned-models OWNER_CHANGED acme/bert')
  })

  it('that is not signed any more is lost', async () => {
    project.world.setDescription(model(({ signed: _, ...one }) => one))
    const { of, fails } = await project.gate()
    expect(of('acme/bert').state).toBe('lost')
    expect(fails).toStrictEqual(['no-downgrade ATTESTATION_LOST acme/bert'])
    expect(said(of('acme/bert').findings)).toContain('MODEL_UNSIGNED warn')
  })

  it('whose hub is away is unreachable, and what stands behind it not known', async () => {
    project.world.setFaults([{ match: 'huggingface', kind: 'status', status: 503 }])
    const { of } = await project.gate()
    expect(of('acme/bert').state).toBe('unreachable')
    expect(said(of('acme/bert').findings)).toContain('CONTEXT_UNKNOWN warn')
  })

  it('may be a data set', async () => {
    const [bert] = project.good.models ?? []
    const data: WorldModel = {
      ...(bert as WorldModel),
      name: 'acme/data',
      type: 'datasets',
      files: { 'train.parquet': '1' },
    }
    project.world.setDescription({ ...project.good, models: [...(project.good.models ?? []), data] })
    declare(`  - role: dataset\n    ref: hf://datasets/acme/data@${REVISION}`)
    expect((await project.gate()).of('acme/data')).toMatchObject({ state: 'verified', findings: [] })
  })
})

describe('an input that lies in the project', () => {
  const FILES = { 'train/a.jsonl': 'a\n', 'train/b.jsonl': 'b\n', 'config.json': '{}\n' }
  const DATA = '  - role: dataset\n    ref: inputs/data\n'

  /** Somebody whose repository, commit and run are in good order. */
  const signer = () => {
    const signed = project.good.models?.[0]?.signed
    if (signed === undefined) throw new Error('nobody signs models in this world')
    return signed
  }
  const lay = async (signed: Readonly<Record<string, string>> | undefined = FILES) => {
    for (const [name, text] of Object.entries(FILES)) project.write(`inputs/data/${name}`, text)
    const resources = Object.entries(signed).map(([name, text]) => ({
      ...{ name, digest: sha256(text) },
      algorithm: 'sha256' as const,
    }))
    const statement = buildOmsStatement('data', sortOmsResources(resources))
    const bundle = await project.world.state.sign(statement, signer())
    project.write('inputs/data/model.sig', JSON.stringify(bundle))
    declare(DATA)
  }
  const judged = async () => (await project.gate()).of('inputs/data')

  it('with a signature in it is verified by its own bytes, and nobody is asked', async () => {
    await lay()
    expect(await judged()).toMatchObject({ state: 'verified', findings: [] })
  })

  it.each([
    ['a file is another one', 'train/a.jsonl', 'A\n', 'SUBJECT_MISMATCH'],
    ['a file is there that nobody signed', 'train/c.jsonl', 'c\n', 'FILE_UNLISTED'],
  ])('is invalid when %s', async (_, name, text, code) => {
    await lay()
    project.write(`inputs/data/${name}`, text)
    const { state, findings } = await judged()
    expect([state, said(findings)[0]]).toStrictEqual(['invalid', `${code} fail`])
  })

  it('with a signature that is none is invalid, not unsigned', async () => {
    await lay()
    project.write('inputs/data/model.sig', '{"mediaType":')
    expect((await judged()).state).toBe('invalid')
  })

  it('without a signature has none', async () => {
    project.write('inputs/data/train.jsonl', 'a\n')
    declare(DATA)
    const { state, findings } = await judged()
    expect([state, said(findings)]).toStrictEqual(['absent', ['MODEL_UNSIGNED warn', 'ATTESTATION_ABSENT note']])
  })

  it('that is not there yet is unreadable, and no pass under strict', async () => {
    declare(DATA)
    expect((await judged()).state).toBe('unreadable')
    expect((await project.gate({ profile: 'strict' })).fails).toContain(
      'valid-evidence EVIDENCE_UNREADABLE inputs/data',
    )
  })

  it('that leads out of the project is refused (T-SU-11)', async () => {
    project.write('inputs/.keep', '')
    symlinkSync('/etc', project.path('inputs/data'))
    declare(DATA)
    const { state, findings } = await judged()
    expect([state, said(findings)[0]]).toStrictEqual(['invalid', 'PATH_UNSAFE fail'])
  })

  const FILE = '  - role: model\n    ref: inputs/weights.safetensors\n'
  const weights = async (about = 'weights') => {
    const subject = { name: 'weights.safetensors', digest: { sha256: sha256(about) } }
    const { bundle } = await project.world.state.attest(subject, signer())
    project.write('inputs/weights.safetensors', 'weights')
    project.write('inputs/weights.safetensors.sigstore.json', JSON.stringify(bundle))
  }

  it('as one file with a bundle beside it is verified, and invalid with that of another one', async () => {
    await weights()
    declare(FILE)
    expect((await project.gate()).of('inputs/weights.safetensors').state).toBe('verified')
    await weights('other')
    expect((await project.gate()).of('inputs/weights.safetensors').state).toBe('invalid')
  })

  it('with a digest that the policy pins is that or refused, whatever is signed beside it', async () => {
    await weights()
    declare(`${FILE}    sha256: ${sha256('weights')}\n    bytes: 7`)
    expect((await project.gate()).of('inputs/weights.safetensors').state).toBe('verified')
    for (const pin of [`sha256: ${sha256('other')}`, `sha256: ${sha256('weights')}\n    bytes: 8`]) {
      declare(`${FILE}    ${pin}`)
      const { state, findings } = (await project.gate()).of('inputs/weights.safetensors')
      expect([state, said(findings)[0]]).toStrictEqual(['invalid', 'SUBJECT_MISMATCH fail'])
    }
  })

  it('that is another one than is pinned has no use for what a folder says about the pinned one', async () => {
    const subject = { name: 'weights.safetensors', digest: { sha256: sha256('weights') } }
    const { bundle } = await project.world.state.attest(subject, signer())
    project.write('evidence/weights.sigstore.json', JSON.stringify(bundle))
    project.write('inputs/weights.safetensors', 'weights')
    declare(`${FILE}    sha256: ${sha256('weights')}`)
    const evidence = project.path('evidence')
    const state = async () => (await project.gate({ evidence })).of('inputs/weights.safetensors').state
    expect(await state()).toBe('verified')
    project.write('inputs/weights.safetensors', 'changed')
    expect(await state()).toBe('invalid')
  })

  it('has no bundle in what a link beside it leads to', async () => {
    await weights()
    const bundle = project.path('inputs/weights.safetensors.sigstore.json')
    renameSync(bundle, project.path('inputs/elsewhere.json'))
    symlinkSync('elsewhere.json', bundle)
    declare(FILE)
    expect((await project.gate()).of('inputs/weights.safetensors').state).toBe('invalid')
  })

  it('is verified with a key that the policy names as its signer, and with no other', async () => {
    const statement = {
      ...{ _type: 'https://in-toto.io/Statement/v1', predicateType: 'https://slsa.dev/provenance/v1' },
      subject: [{ name: 'weights.safetensors', digest: { sha256: sha256('weights') } }],
      predicate: PROVENANCE,
    }
    const { privateKey, pem } = keyPair()
    project.write('inputs/weights.safetensors', 'weights')
    project.write('inputs/weights.safetensors.intoto.jsonl', JSON.stringify(envelope(statement, privateKey)))
    project.write('keys/data.pem', pem)
    declare(FILE)
    expect((await project.gate()).of('inputs/weights.safetensors').state).toBe('invalid')
    project.edit(POLICY, (text) =>
      text.replace('inputs:', '  - match: { kind: model, purl: "**" }\n    signer: { key: keys/data.pem }\ninputs:'),
    )
    expect((await project.gate()).of('inputs/weights.safetensors').state).toBe('verified')
  })
})

const PROVENANCE = {
  buildDefinition: { buildType: 'https://example.org/made', externalParameters: {}, resolvedDependencies: [] },
  runDetails: { builder: { id: 'https://example.org/builder' } },
}

describe('a URL with a digest (T-MF-16)', () => {
  const at = (path = '/plain/-/plain-1.0.0.tgz') => `${project.world.origins.npm}${path}`
  const bytesOf = () => served(project.world, 'npm', 'plain').file
  const judged = async (pin: string, url = at()) => {
    declare(`  - role: dataset\n    ref: ${url}\n${pin}`)
    return (await project.gate()).of(url)
  }
  const right = () => `    sha256: ${bytesOf().digests.sha256}`

  it('that serves these bytes is absent: the policy pins them, and nobody signed them', async () => {
    const { state, findings } = await judged(`${right()}\n    bytes: ${bytesOf().bytes}`)
    expect(state).toBe('absent')
    expect(said(findings)).toStrictEqual(['MODEL_UNSIGNED warn', 'ATTESTATION_ABSENT note'])
    expect(findings.find(({ code }) => code === 'ATTESTATION_ABSENT')?.message).toMatch(/policy pins/)
    expect(askedTwice('npm')).toStrictEqual([])
  })

  it.each([
    ['other bytes', () => `    sha256: ${'a'.repeat(64)}`],
    ['more bytes', () => `${right()}\n    bytes: 3`],
    ['fewer bytes', () => `${right()}\n    bytes: 999999`],
  ])('that serves %s is invalid', async (_, pin) => {
    const { state, findings } = await judged(pin())
    expect([state, said(findings)[0]]).toStrictEqual(['invalid', 'SUBJECT_MISMATCH fail'])
  })

  it.each([404, 410, 500])('that answers %d is unreachable, and not unsigned', async (status) => {
    project.world.setFaults([{ match: '/plain/-/', kind: 'status', status }])
    expect((await judged(right())).state).toBe('unreachable')
  })

  it.each([
    'https://10.0.0.1/data',
    'https://169.254.169.254/latest/meta-data',
    'https://intern.local/data',
    'https://example.org:8443/x',
  ])('at %s is not asked for', async (url) => {
    const { state } = await judged(right(), url)
    expect(state).toBe('unreachable')
  })

  it('without a digest is fetched by nobody here, and moves', async () => {
    const { findings } = await judged('')
    expect(said(findings)).toContain('REVISION_MUTABLE warn')
    expect(project.world.requests().filter(({ path }) => path.includes('.tgz'))).toStrictEqual([])
  })
})
