import type { Explained } from './explained.ts'

export const EXPLAINED: readonly Explained[] = []
