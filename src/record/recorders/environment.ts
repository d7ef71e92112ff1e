import { cpus, release, totalmem } from 'node:os'
import { fileExists, readFileBytes } from '../../io/files.ts'
import type { Limit } from '../../model/error.ts'
import type { JsonObject } from '../../model/json.ts'
import { dropEmpty, type ResourceDescriptor } from '../../model/statement.ts'
import { createMasker } from '../masker.ts'
import { type Recorder, settled } from '../recorder.ts'

/**
 * Variables that change what a build or a training makes. Everything else stays out of the provenance: an environment
 * is where secrets live (T-AC-15).
 */
export const RECORDED_VARIABLES = [
  'CUBLAS_WORKSPACE_CONFIG',
  'CUDA_VISIBLE_DEVICES',
  'MKL_NUM_THREADS',
  'NCCL_ALGO',
  'NODE_ENV',
  'OMP_NUM_THREADS',
  'PYTHONHASHSEED',
  'PYTORCH_CUDA_ALLOC_CONF',
  'SOURCE_DATE_EPOCH',
  'TF_CUDNN_DETERMINISTIC',
  'TF_DETERMINISTIC_OPS',
  'TZ',
  'LANG',
  'LC_ALL',
  'WORLD_SIZE',
  'XLA_FLAGS',
] as const

/** The machine: operating system, kernel, processor, memory, container, and the variables above. */
export const environmentRecorder: Recorder = {
  id: 'environment',
  async start({ host, childEnv }) {
    const masker = createMasker(host.env)
    const [cpu] = cpus()
    const variables = RECORDED_VARIABLES.flatMap((name): [string, string][] => {
      const value = childEnv[name]
      return value === undefined ? [] : [[name, masker.text(value)]]
    })
    const machine = {
      os: await osName(host.platform),
      kernel: release(),
      arch: host.arch,
      cpu: cpu?.model.trim(),
      cpu_count: cpus().length,
      memory_bytes: totalmem(),
      container: await inContainer(),
    }
    return settled({
      internalParameters: {
        machine: dropEmpty(machine) as JsonObject,
        environment: Object.fromEntries(variables),
      },
      ...describeImage(childEnv.CI_JOB_IMAGE),
    })
  },
}

async function osName(platform: NodeJS.Platform): Promise<string> {
  const release = await readFileBytes('/etc/os-release', 64 * 1024).catch(() => undefined)
  const line = /^PRETTY_NAME=(.*)$/m.exec(Buffer.from(release ?? []).toString('utf8'))?.[1]
  return line?.replace(/^"(.*)"$/, '$1') ?? platform
}

async function inContainer(): Promise<boolean> {
  if ((await fileExists('/.dockerenv')) || (await fileExists('/run/.containerenv'))) return true
  const group = await readFileBytes('/proc/1/cgroup', 64 * 1024).catch(() => undefined)
  return /docker|containerd|kubepods|libpod/.test(Buffer.from(group ?? []).toString('utf8'))
}

/** GitLab names the image of the job; GitHub names none, and inside a container its own digest is not to be seen. */
function describeImage(image: string | undefined): { resolvedDependencies?: ResourceDescriptor[]; limits?: Limit[] } {
  if (image === undefined || !/^[\w./:@-]{1,400}$/.test(image)) return {}
  const digest = /@sha256:([0-9a-f]{64})$/.exec(image)?.[1]
  const descriptor = { name: image, uri: `oci://${image}`, annotations: { role: 'container' } }
  if (digest !== undefined) return { resolvedDependencies: [{ ...descriptor, digest: { sha256: digest } }] }
  const message = `the container image ${image} is named by a tag: which image it was is not known`
  return { resolvedDependencies: [descriptor], limits: [{ code: 'CONTAINER_IMAGE_MUTABLE', message }] }
}
