import type { Discovery, Notice, NoticeCode } from '../model/dependency.ts'
import type { PipelineObjection } from './rule.ts'

/** Notices about what a workflow does: switching their rules off silences them. Every other one is about a lock. */
const ABOUT_WORKFLOWS: readonly NoticeCode[] = ['CACHE_RESTORED', 'GATE_TOO_LATE', 'GATE_SKIPPABLE', 'RUNTIME_DOWNLOAD']

/** What no rule has said is `locked`'s to say: a lock that is wrong is never passed over, each notice is said once. */
export function leftToLocked({ notices }: Discovery, said: readonly PipelineObjection[]): readonly Notice[] {
  const keyOf = ({ code, file, line }: { code: string; file: string; line: number }) =>
    JSON.stringify([code, file, line])
  const keys = new Set(said.map(keyOf))
  return notices.filter((notice) => !ABOUT_WORKFLOWS.includes(notice.code) && !keys.has(keyOf(notice)))
}

/** What the finders noticed in a workflow, as objections of the rule that these codes belong to. */
export function fromNotices({ notices }: Discovery, codes: readonly NoticeCode[]): readonly PipelineObjection[] {
  return notices
    .filter(({ code }) => codes.includes(code))
    .map(({ code, message, hint, file, line }) => ({ outcome: 'fire', code, message, hint, file, line }))
}
