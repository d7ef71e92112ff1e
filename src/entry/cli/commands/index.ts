import type { Command } from '../command.ts'
import { attestCommand } from './attest.ts'
import { discoverCommand } from './discover.ts'
import { gateCommand } from './gate.ts'
import { initCommand } from './init.ts'
import { museumCommand } from './museum.ts'
import { policyCommand } from './policy.ts'
import { runCommand } from './run.ts'
import { signCommand } from './sign.ts'
import { sigstoreCommand } from './sigstore.ts'
import { verifyCommand } from './verify.ts'

/** In the order of `--help`. A new command is one file and one row. */
export const COMMANDS: readonly Command[] = [
  runCommand,
  attestCommand,
  signCommand,
  verifyCommand,
  discoverCommand,
  gateCommand,
  initCommand,
  policyCommand,
  museumCommand,
  sigstoreCommand,
]
