import type { Recorder } from '../recorder.ts'
import { commandRecorder } from './command.ts'
import { environmentRecorder } from './environment.ts'
import { gitRecorder } from './git.ts'
import { gpuRecorder } from './gpu.ts'
import { inputsRecorder } from './inputs.ts'
import { nodeRecorder } from './node.ts'
import { outputsRecorder } from './outputs.ts'
import { pythonRecorder } from './python.ts'
import { workflowRecorder } from './workflow.ts'

/**
 * Everything that is observed of a run. A new recorder is one file and one row here.
 *
 * In this order, before the command and after it. The workflow comes first, since it can refuse the whole run; the
 * outputs before the inputs, since what the command left behind might still be written to.
 */
export const RECORDERS: readonly Recorder[] = [
  workflowRecorder,
  commandRecorder,
  outputsRecorder,
  inputsRecorder,
  gitRecorder,
  environmentRecorder,
  pythonRecorder,
  nodeRecorder,
  gpuRecorder,
]
