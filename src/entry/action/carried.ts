import { shed } from '../shed.ts'

/** The action always may start a command: its tokens leave the environment before anything else is loaded. */
export const CARRIED = shed(process.argv[1] ?? '')
