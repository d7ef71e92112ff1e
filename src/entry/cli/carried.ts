import { type Carried, shed } from '../shed.ts'

/** Only `run` starts a command of somebody else's. `verify` and the rest need no second image. */
const startsCommand = process.argv[2] === 'run' || process.argv[2] === '--carried'

export const CARRIED: Carried = startsCommand
  ? shed(process.argv[1] ?? '')
  : { env: { ...process.env }, nodePath: process.execPath, limits: [] }
