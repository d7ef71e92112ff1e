import type { Host } from '../io/host.ts'
import type { RunTool } from '../io/process.ts'
import type { CommandExit, Contribution, RecordedOutput, RunKind } from '../model/recording.ts'

/** One input that the caller declared. */
export interface DeclaredInput {
  readonly role: string
  /** A path in the workspace, or a URI such as `hf://org/name@<40 hex>`, `https://…`, `oci://…`. */
  readonly ref: string
}

/** One output, or several, that the caller declared. */
export interface DeclaredOutput {
  readonly role: string
  /** A path, or a glob with `*`, `**`, `?`, relative to the workspace. */
  readonly pattern: string
}

/** What every recorder may look at. Read-only: a recorder changes nothing but its own notes. */
export interface RecordContext {
  readonly host: Host
  /** Absolute path of the folder that all declared paths are relative to. */
  readonly workspace: string
  readonly kind: RunKind
  readonly argv: readonly string[]
  /** The script, when the command came as one (the action's `run:`); `argv` then starts its interpreter. */
  readonly shell?: string | undefined
  readonly inputs: readonly DeclaredInput[]
  readonly outputs: readonly DeclaredOutput[]
  readonly runTool: RunTool
  /** The environment of the command (see `childEnvironment`). Tools that recorders ask get no other. */
  readonly childEnv: Readonly<Record<string, string>>
  /** Absolute path of the folder that we write to ourselves; no part of the source and no output. */
  readonly out?: string | undefined
}

/** What a recorder has to say once the command ended. */
export interface Recorded extends Contribution {
  readonly outputs?: readonly RecordedOutput[]
  /** References of the inputs that differ from what was hashed before the command. */
  readonly changed?: readonly string[]
}

export interface RecorderSession {
  /**
   * @param after `lenient`: the first try threw although the command succeeded; tell what can be told, throw nothing
   */
  finish(after: { readonly exit: CommandExit; readonly lenient?: boolean }): Promise<Recorded>
}

/**
 * Observes one aspect of a run, before the command (`start`) and after it (`finish`). What it learned before wins: the
 * command may rewrite anything that is looked at afterwards. An aspect that is not there (no Python, no GPU)
 * contributes nothing; one that could not be observed contributes a limit.
 */
export interface Recorder {
  readonly id: string
  start(context: RecordContext): Promise<RecorderSession>
}

/** A session whose whole contribution was known before the command. */
export function settled(recorded: Recorded): RecorderSession {
  return { finish: async () => recorded }
}
