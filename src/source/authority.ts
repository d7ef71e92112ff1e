import { EVIDENCE_ORIGINS, type EvidenceOrigin } from '../model/policy.ts'
import { type Unavailable, unavailable } from './outcome.ts'
import type { SourceSession } from './source.ts'

/** Asks for something that every honest copy of the public origin has. */
export type Control = (session: SourceSession) => Promise<boolean>

/**
 * May this origin say "there is nothing"? The public one may. A mirror, even one that the policy names, on whatever
 * machine, may only after it has shown in this run that it passes evidence on: many drop it and answer 404 (T-NS-10).
 */
export interface Authority {
  /** `control` is run at most once a run; equal questions wait for it. */
  readonly maySayNone: (session: SourceSession, control: Control) => Promise<boolean>
  /** Also of the public origin. */
  readonly passes: (session: SourceSession, control: Control) => Promise<boolean>
  /** An attestation came from there. */
  readonly seen: (session: SourceSession) => void
  /** Has one? Then another document need not be read to know that they are passed on. */
  readonly hasSeen: (session: SourceSession) => boolean
}

/** One per source: the table of sources is made of constants, what a run has learned hangs on its session. */
export function makeAuthority(name: EvidenceOrigin): Authority {
  const passed = new WeakSet<SourceSession>()
  const controls = new WeakMap<SourceSession, Promise<boolean>>()
  const passes: Authority['passes'] = async (session, control) => {
    if (passed.has(session)) return true
    const running = controls.get(session) ?? control(session)
    controls.set(session, running)
    return (await running) || passed.has(session)
  }
  return {
    passes,
    seen: (session) => void passed.add(session),
    hasSeen: (session) => passed.has(session),
    maySayNone: async (session, control) =>
      session.origin(name) === EVIDENCE_ORIGINS[name] || (await passes(session, control)),
  }
}

/** What the silence of a source means: nothing is there, or a mirror that shows nothing has nothing to say. */
export type Silence = (what: string, session: SourceSession) => Promise<Unavailable | { kind: 'none'; source: string }>

export function makeSilence(name: EvidenceOrigin, authority: Authority, control: Control): Silence {
  return async (what, session) => {
    if (await authority.maySayNone(session, control)) return { kind: 'none', source: name }
    return unavailable(
      name,
      'stripped',
      `${what}: ${new URL(session.origin(name)).host} does not show what every copy of ${EVIDENCE_ORIGINS[name]} has, so its silence proves nothing`,
      `Set evidence.${name} in the policy to the origin that the mirror copies, such as ${EVIDENCE_ORIGINS[name]}.`,
    )
  }
}
