import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const hash = (algorithm: 'sha256' | 'sha512', text: string, encoding: 'hex' | 'base64') =>
  createHash(algorithm).update(text).digest(encoding)

/** Platforms for which a project with binary wheels publishes, about: twelve files a package. */
const WHEELS = [
  ...['cp311', 'cp312', 'cp313'].flatMap((python) => [
    `${python}-${python}-manylinux_2_17_x86_64.manylinux2014_x86_64`,
    `${python}-${python}-macosx_11_0_arm64`,
    `${python}-${python}-win_amd64`,
  ]),
  'cp313-cp313-musllinux_1_2_x86_64',
  'cp313-cp313-macosx_10_13_x86_64',
]

/** A project of so many npm packages (with `node_modules`, as `npm audit signatures` wants it) and Python packages. */
export function writeProject(folder: string, npm: number, python: number): void {
  const names = Array.from({ length: npm }, (_, index) =>
    index % 5 === 0 ? `@scope-${index % 40}/pkg-${index}` : `pkg-${index}`,
  )
  const packages = names.map((name) => [
    `node_modules/${name}`,
    {
      version: '1.2.3',
      resolved: `https://registry.npmjs.org/${name}/-/${name.split('/').pop()}-1.2.3.tgz`,
      integrity: `sha512-${hash('sha512', name, 'base64')}`,
    },
  ])
  const dependencies = Object.fromEntries(names.map((name) => [name, '1.2.3']))
  const root = { name: 'bench', version: '1.0.0', dependencies }
  const write = (path: string, content: object | string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`)
  }
  if (npm > 0) {
    write('package.json', root)
    write('package-lock.json', {
      name: 'bench',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: { '': root, ...Object.fromEntries(packages) },
    })
    for (const name of names) write(`node_modules/${name}/package.json`, { name, version: '1.2.3' })
  }
  if (python > 0) write('uv.lock', uvLock(python))
}

function uvLock(count: number): string {
  const packages = Array.from({ length: count }, (_, index) => {
    const name = `py-pkg-${index}`
    const file = name.replaceAll('-', '_')
    const at = (path: string) =>
      `url = "https://files.pythonhosted.org/packages/${path}", hash = "sha256:${hash('sha256', path, 'hex')}", size = 1000`
    return [
      '[[package]]',
      `name = "${name}"`,
      'version = "2.0.1"',
      'source = { registry = "https://pypi.org/simple" }',
      `sdist = { ${at(`${file}-2.0.1.tar.gz`)} }`,
      'wheels = [',
      ...WHEELS.map((tags) => `    { ${at(`${file}-2.0.1-${tags}.whl`)} },`),
      ']',
      '',
    ].join('\n')
  })
  return `version = 1\nrequires-python = ">=3.11"\n\n${packages.join('\n')}`
}
