import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../../src/model/dependency.ts'
import { type Fact, type ModelFact, NOT_ASKED } from '../../../src/model/facts.ts'
import { OMS_SIGNATURE_V1 } from '../../../src/model/predicates/oms.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  askRule,
  attested,
  dependencyOf,
  evidenceOf,
  factsOf,
  gist,
  known,
  lockOf,
  messageOf,
  messagesOf,
  sourceError,
  subjectOf,
  unknown,
} from '../../support/subjects.ts'

const PIN = 'a'.repeat(40)
const SIGNED = evidenceOf({ accepted: [attested({}, { predicateType: OMS_SIGNATURE_V1 })] })
const hub = (version = PIN, more: Partial<Dependency> = {}) =>
  dependencyOf(`pkg:huggingface/Author/Model@${version}`, { kind: 'model', digests: {}, ...more })
const model = (more: Partial<ModelFact> = {}): Fact<ModelFact> =>
  known({ revision: PIN, ownerId: '1001', files: [{ path: 'model.safetensors' }], signed: true, ...more })
const holding = (...paths: string[]) => model({ files: paths.map((path) => ({ path })) })
const ask = (fact: Fact<ModelFact> = model(), more: Partial<Subject> = {}) =>
  gist(
    askRule(
      'pinned-models',
      subjectOf({ dependency: hub(), evidence: SIGNED, facts: factsOf({ model: fact }), ...more }),
    ),
  )

describe('pinned-models (R14)', () => {
  it('is quiet for a pinned, signed model of data only, and for everything else', () => {
    expect(ask()).toStrictEqual([])
    expect(ask(NOT_ASKED)).toStrictEqual([])
    expect(ask(holding('m.bin'), { dependency: dependencyOf('pkg:npm/a@1.0.0') })).toStrictEqual([])
  })

  it.each(['main', 'v1', PIN.slice(0, 7), `${PIN}0`])('T-MF-13: fires for the revision %s', (revision) => {
    expect(ask(NOT_ASKED, { dependency: hub(revision) })).toStrictEqual(['REVISION_MUTABLE'])
  })

  it('T-MF-13: takes digests for a pin outside of a hub, a strong one for each file', () => {
    const data = (more: Partial<Dependency>) =>
      ask(NOT_ASKED, { dependency: { ...hub('x', { kind: 'dataset', ecosystem: 'generic', ...more }) } })
    expect(data({})).toStrictEqual(['REVISION_MUTABLE'])
    expect(data({ digests: { md5: 'a'.repeat(32) } })).toStrictEqual(['REVISION_MUTABLE'])
    expect(data({ digests: { sha256: 'a'.repeat(64) } })).toStrictEqual([])
    const file = { url: 'https://a.example/1', digests: { sha256: 'a'.repeat(64) } }
    expect(data({ files: [file] })).toStrictEqual([])
    expect(data({ files: [file, { url: 'https://a.example/2', digests: {} }] })).toStrictEqual(['REVISION_MUTABLE'])
  })

  it('T-MF-13: fires where the name answers with another revision or owner', () => {
    expect(ask(model({ revision: 'b'.repeat(40) }))).toStrictEqual(['REVISION_MUTABLE changed'])
    const lock = lockOf({ best: 'none', signers: [], ownerId: '1001' })
    expect(ask(model(), { lock })).toStrictEqual([])
    expect(ask(model({ ownerId: '2002' }), { lock })).toStrictEqual(['OWNER_CHANGED changed'])
    expect(ask(model({ ownerId: undefined }), { lock })).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
  })

  it('fires where nothing holds that its owner signed, whatever the hub says', () => {
    expect(ask(model({ signed: true }), { evidence: evidenceOf() })).toStrictEqual(['MODEL_UNSIGNED'])
    const test = attested({}, { predicateType: 'https://in-toto.io/attestation/test-result/v0.1' })
    expect(ask(model(), { evidence: evidenceOf({ accepted: [test] }) })).toStrictEqual(['MODEL_UNSIGNED'])
    const silent = evidenceOf({ silent: [], unavailable: [sourceError()] })
    expect(ask(model(), { evidence: silent })).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
  })

  it.each([
    'pytorch_model.bin',
    'model.pt',
    'weights.pkl',
    'a.ckpt',
    'model.h5',
    'loader.py',
    'x/y.PY',
    'run',
    'a.npy',
  ])('T-MF-12: fires for %s beside safetensors', (path) => {
    expect(ask(holding('model.safetensors', path), { evidence: evidenceOf() })).toStrictEqual([
      'MODEL_UNSIGNED',
      'MODEL_CODE',
    ])
    // A signature names its owner and lists it; it runs all the same.
    expect(ask(holding('model.safetensors', path))).toStrictEqual(['MODEL_CODE unusual'])
  })

  it('T-MF-12: knows the formats that are data', () => {
    const paths = ['a/model-00001-of-00002.safetensors', 'config.json', 'README.md', 'LICENSE', '.gitattributes']
    expect(ask(holding(...paths, 'tokenizer.model', 'merges.txt', 'train.parquet', 'model.sig'))).toStrictEqual([])
    expect(ask(holding('safetensors', 'model.safetensors.py'))).toStrictEqual(['MODEL_CODE unusual'])
  })

  it('T-MF-16: fires for pinned files with other bytes, and for those that are gone', () => {
    const file = (name: string) => ({ name, digests: { sha256: 'a'.repeat(64) } })
    const dependency = hub(PIN, { files: [file('a.csv'), file('b.csv'), file('c.csv')] })
    const today = model({
      files: [
        { path: 'a.csv', sha256: 'a'.repeat(64) },
        { path: 'b.csv', sha256: 'b'.repeat(64) },
      ],
    })
    expect(ask(today, { dependency })).toStrictEqual(['INPUT_CHANGED invalid', 'INPUT_MISSING invalid'])
  })

  it('does not know where the hub does not answer', () => {
    expect(ask(unknown())).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
  })

  it('T-MF-16: names the files, and says nothing of those whose digest the hub does not state', () => {
    const pin = (name: string, digests: Dependency['digests'] = { sha256: 'a'.repeat(64) }) => ({ name, digests })
    const dependency = hub(PIN, {
      files: [pin('same.csv'), pin('other.csv'), pin('gone.csv'), pin('silent.csv'), pin('weak.csv', { md5: 'x' })],
    })
    const today = model({
      files: [
        { path: 'same.csv', sha256: 'a'.repeat(64) },
        { path: 'other.csv', sha256: 'b'.repeat(64) },
        { path: 'silent.csv' },
        { path: 'weak.csv', sha256: 'c'.repeat(64) },
      ],
    })
    const facts = factsOf({ model: today })
    const said = askRule('pinned-models', subjectOf({ dependency, evidence: SIGNED, facts })).map(({ message }) =>
      message.split(': ').at(-1),
    )
    expect(said).toStrictEqual(['"other.csv" has other bytes than were pinned', '"gone.csv" is gone'])
  })
})

describe('pinned-models, at its edges', () => {
  const PIN = 'a'.repeat(40)
  const SIGNED = evidenceOf({ accepted: [attested({}, { predicateType: 'https://model_signing/signature/v1.0' })] })
  const model = (more: Partial<ModelFact> = {}): ModelFact => ({ revision: PIN, files: [], signed: true, ...more })
  const ask = (dependency: Dependency, fact?: ModelFact) =>
    gist(
      askRule(
        'pinned-models',
        subjectOf({ dependency, evidence: SIGNED, facts: factsOf(fact && { model: known(fact) }) }),
      ),
    )
  const hub = (version: string, more: Partial<Dependency> = {}) =>
    dependencyOf(`pkg:huggingface/Author/Model@${version}`, { kind: 'model', digests: {}, ...more })

  it('leaves a model of the project itself to its commit', () => {
    expect(ask({ ...hub('x'), ecosystem: 'generic', source: 'file' })).toStrictEqual([])
    expect(ask({ ...hub('x'), ecosystem: 'generic', source: 'url' })).toStrictEqual(['REVISION_MUTABLE'])
  })

  it('takes no digest for the pin of a hub’s reference, which can be moved', () => {
    expect(ask(hub('main', { digests: { sha256: 'a'.repeat(64) } }))).toStrictEqual(['REVISION_MUTABLE'])
  })

  it('compares the revision of a commit only', () => {
    expect(ask(hub('main'), model())).toStrictEqual(['REVISION_MUTABLE'])
    expect(ask(hub('b'.repeat(40)), model())).toStrictEqual(['REVISION_MUTABLE changed'])
  })

  it('looks for pinned files by name or URL, and for no other', () => {
    const digests = { sha256: 'a'.repeat(64) }
    const files = (...all: NonNullable<Dependency['files']>) => ask(hub(PIN, { files: all }), model())
    expect(files({ digests })).toStrictEqual([])
    expect(files({ name: 'a.csv', digests })).toStrictEqual(['INPUT_MISSING invalid'])
    expect(files({ url: 'https://x/a.csv', digests })).toStrictEqual(['INPUT_MISSING invalid'])
  })

  const DATA = [
    ...[
      'LICENSE',
      'licence',
      'NOTICE',
      'README',
      'USAGE_POLICY',
      '.gitattributes',
      '.gitignore',
      'model.sig',
      'a/b/LICENSE',
    ],
    ...'safetensors gguf json jsonl md txt yml yaml toml model tiktoken vocab csv tsv parquet arrow png jpg jpeg gif svg'
      .split(' ')
      .map((extension) => `a.${extension}`),
    ...'webp wav flac mp3 mp4 pdf sig sigstore index JSON'.split(' ').map((extension) => `x/b.${extension}`),
  ]
  it.for(DATA)('T-MF-12: takes %s for data', (path) => {
    expect(ask(hub(PIN), model({ files: [{ path }] }))).toStrictEqual([])
  })

  it.for([
    ...[
      'xlicense',
      'licenxe',
      'LICENSE.py',
      'LICENSE/run',
      'notice.sh',
      'readme.exe',
      'gitignore',
      'json',
      'a.json.py',
    ],
    ...['a.json/x', 'ajson', 'a.jpegs', 'a.yaaml', 'xmodel.sig.py', 'a.mp5', 'a.xjson', 'model_sig'],
  ])('T-MF-12: takes %s for code', (path) => {
    expect(ask(hub(PIN), model({ files: [{ path }] }))).toStrictEqual(['MODEL_CODE unusual'])
  })
})

describe('pinned-models names what can move or run', () => {
  const PIN = 'a'.repeat(40)
  const model = (version: string | undefined, more: object = {}) => ({
    ...dependencyOf(`pkg:huggingface/Author/Model${version === undefined ? '' : `@${version}`}`, {
      kind: 'model',
      digests: {},
      ...more,
    }),
  })
  const signed = evidenceOf({ accepted: [attested({}, { predicateType: 'https://model_signing/signature/v1.0' })] })

  it.for<[string, ReturnType<typeof model>, string]>([
    ['its revision', model('main', { location: 'hf://Author/Model' }), '"main" can be other bytes'],
    ['its location', model(undefined, { location: 'hf://Author/Model' }), '"hf://Author/Model" can be other bytes'],
    ['its name', model(undefined), '"Author/Model" can be other bytes'],
  ])('%s', ([, dependency, text]) => {
    expect(messageOf('pinned-models', subjectOf({ dependency, evidence: signed }))).toContain(`is not pinned: ${text}`)
  })

  it.for<[string, readonly string[], boolean, RegExp]>([
    ['one file', ['x.py'], true, /holds "x\.py", which is code .* when loaded; signed by its owner$/],
    ['two files', ['x.py', 'y.bin'], false, /holds "x\.py", "y\.bin", which are code .* when loaded$/],
  ])('code: %s', ([, paths, isSigned, text]) => {
    const fact = known({ revision: PIN, files: paths.map((path) => ({ path })), signed: isSigned })
    const subject = subjectOf({
      dependency: model(PIN),
      facts: factsOf({ model: fact }),
      ...(isSigned ? { evidence: signed } : {}),
    })
    expect(messagesOf('pinned-models', subject).filter((message) => text.test(message))).toHaveLength(1)
  })
})
