import type { JsonObject } from '../../model/json.ts'
import { type Recorder, settled } from '../recorder.ts'

const FIELDS = ['name', 'driver_version', 'memory.total', 'vbios_version'] as const

/** GPUs and their driver, where `nvidia-smi` answers. No UUID: it would name the very card, and with it its owner. */
export const gpuRecorder: Recorder = {
  id: 'gpu',
  async start({ runTool, workspace, childEnv }) {
    const result = await runTool(['nvidia-smi', `--query-gpu=${FIELDS.join(',')}`, '--format=csv,noheader'], {
      cwd: workspace,
      env: childEnv,
      timeoutMs: 20_000,
      maxBytes: 1024 * 1024,
    })
    const gpus = (result?.stdout ?? '').split('\n').flatMap(parseGpu)
    return settled(gpus.length === 0 ? {} : { internalParameters: { gpus } })
  },
}

function parseGpu(line: string): JsonObject[] {
  const [name, driver, memory, vbios, ...rest] = line.split(',').map((field) => field.trim())
  if (!name || !driver || !memory || vbios === undefined || rest.length > 0) return []
  return [{ name, driver, memory, vbios }]
}
