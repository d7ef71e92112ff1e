import { baseName } from './finder.ts'

/**
 * Dependency files that nothing here reads. Each that is present becomes one entry of source `unread`, so that it ends in
 * the state `unsupported`: a file that is merely not looked for would be a silent pass (DESIGN §2.1).
 */
const UNREAD_NAMES: ReadonlySet<string> = new Set([
  ...['bun.lockb', 'deno.lock', '.pnp.cjs', 'bower.json', 'jspm.lock', 'rush.json'],
  ...['composer.lock', 'packages.lock.json', 'paket.lock', 'project.assets.json', 'packages.config'],
  ...['mix.lock', 'rebar.lock', 'gleam.toml', 'manifest.toml', 'pubspec.lock', 'shard.lock', 'elm.json', 'spago.lock'],
  ...['Podfile.lock', 'Package.resolved', 'Cartfile.resolved', 'Brewfile', 'Brewfile.lock.json'],
  ...['flake.lock', 'niv.json', 'sources.json', 'guix.scm', 'devbox.lock', 'mise.lock', '.tool-versions', 'aqua.yaml'],
  ...['Chart.lock', 'helmfile.lock', '.terraform.lock.hcl', 'Puppetfile', 'Berksfile.lock', 'requirements.lock'],
  ...['.pre-commit-config.yaml', 'prek.toml', '.gitmodules', 'west.yml', 'vcpkg.json', 'vcpkg-configuration.json'],
  ...['conan.lock', 'conanfile.txt', 'conanfile.py', 'dub.selections.json', 'stack.yaml.lock', 'cabal.project.freeze'],
  ...[
    'renv.lock',
    'packrat.lock',
    'cpanfile.snapshot',
    'opam.locked',
    'esy.lock',
    'buf.lock',
    'pkg.lock',
    'rokit.toml',
  ],
  ...['devcontainer-lock.json', 'devcontainer.json', '.devcontainer.json', 'environment.yml', 'environment.yaml'],
  ...['gradle-wrapper.properties', 'maven-wrapper.properties', 'build.sbt', 'ivy.xml', 'deps.edn', 'project.clj'],
  ...['WORKSPACE', 'WORKSPACE.bazel', 'maven_install.json', 'MODULE.aspect', 'BUCK', 'meson.wrap'],
  ...['.gitlab-ci.yml', 'azure-pipelines.yml', 'Jenkinsfile', '.travis.yml', 'bitbucket-pipelines.yml', '.drone.yml'],
  ...['.woodpecker.yml', 'cloudbuild.yaml', 'buildspec.yml', '.cirrus.yml', 'appveyor.yml', 'pants.lock'],
])

const UNREAD_PATTERNS: readonly RegExp[] = [
  /(?:^|\/)\.circleci\/config\.ya?ml$/,
  /(?:^|\/)\.buildkite\/pipeline\.ya?ml$/,
  /(?:^|\/)\.(?:azure|woodpecker|tekton)\/[^/]+\.ya?ml$/,
  /(?:^|\/)subprojects\/[^/]+\.wrap$/,
  // Templates of Dockerfiles: what they become is not in the tree.
  /(?:^|\/)(?:Docker|Container)file(?:\.[\w-]+)*\.(?:j2|jinja2?|tmpl|tpl|template|in|erb)$/,
  /(?:^|\/)(?:Manifest|JuliaManifest)(?:-v[\d.]+)?\.toml$/,
  /\.(?:csproj|fsproj|vbproj)$/,
]

export function isKnownUnread(path: string): boolean {
  return UNREAD_NAMES.has(baseName(path)) || UNREAD_PATTERNS.some((pattern) => pattern.test(path))
}

/** What installers and version control write into a tree: what is in there was locked, or cloned, by something else. */
const SKIPPED: ReadonlySet<string> = new Set([
  ...['node_modules', 'bower_components', 'jspm_packages', '.pnpm-store', '.yarn'],
  ...['.git', '.hg', '.svn', '.jj', '.dvc', '.venv', 'venv', '__pycache__', 'site-packages', '.tox', '.nox', '.eggs'],
  ...['vendor', 'third_party', 'Pods', 'Carthage', '.terraform', '.gradle', '.bundle', '.cargo', '.direnv', '.pixi'],
])

export const isSkippedFolder = (_path: string, name: string): boolean => SKIPPED.has(name)
