import type { RuleAnswer } from '../../src/model/museum-document.ts'

/**
 * What every rule must say about every incident: F fires, q stays quiet, u does not know; R0 to R16 from the left. A dot
 * asserts nothing: it depends on a variant or on a fact that is not settled, or there is nothing to say.
 */
export const INCIDENT_TABLE: Readonly<Record<string, string>> = {
  //                                       0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16
  'torchtriton-2022-12': /*              */ 'q  .  .  .  .  .  .  .  .  F  .  .  .  .  .  .  .',
  'xz-utils-2024-03': /*                 */ 'q  q  q  .  .  .  .  .  .  .  .  .  F  .  .  .  .',
  'ultralytics-2024-12/cache': /*        */ 'q  q  q  q  q  .  .  .  .  .  .  .  F  .  .  .  .',
  'ultralytics-2024-12/token': /*        */ 'q  F  .  .  .  .  .  .  .  .  .  .  F  .  .  .  .',
  'tj-actions-2025-03/moved-tags': /*    */ 'q  .  .  .  F  .  .  .  .  .  F  .  .  .  .  .  .',
  'tj-actions-2025-03/sha-pinned': /*    */ 'q  q  q  q  q  q  q  q  q  q  q  q  q  q  q  q  q',
  'tj-actions-2025-03/composite': /*     */ 'q  .  .  .  .  .  .  .  .  .  F  .  .  .  .  .  .',
  'eslint-config-prettier-2025-07': /*   */ 'q  .  .  .  .  .  .  .  .  .  .  .  .  F  .  F  .',
  'nx-s1ngularity-2025-08': /*           */ 'q  F  .  .  .  .  .  .  .  .  .  .  F  F  .  .  .',
  'ghostaction-2025-09': /*              */ 'q  q  q  q  q  F  .  q  .  q  .  .  .  q  .  .  .',
  'hf-namespace-reuse-2025-09': /*       */ 'q  .  F  .  .  .  .  .  .  .  .  .  .  .  F  .  .',
  'chalk-debug-2025-09': /*              */ 'q  q  q  .  .  .  .  F  .  q  .  .  F  q  .  .  .',
  'shai-hulud-2025-09': /*               */ 'q  .  .  .  .  .  .  F  .  .  .  .  .  F  .  .  .',
  'shai-hulud-2-2025-11': /*             */ 'q  .  .  .  .  .  .  F  .  .  .  .  .  F  .  .  .',
  'cline-2026-02': /*                    */ 'q  .  .  .  .  .  .  .  .  .  .  .  .  F  .  .  .',
  'trivy-2026-03/action': /*             */ 'q  .  .  .  F  .  .  .  .  .  F  .  .  .  .  .  .',
  'trivy-2026-03/master': /*             */ 'q  .  .  .  .  .  .  .  .  .  F  .  .  .  .  .  .',
  'litellm-2026-03/1.82.7': /*           */ 'q  q  q  q  q  .  q  F  .  .  .  .  F  q  .  .  .',
  'litellm-2026-03/1.82.8': /*           */ 'q  q  q  q  q  .  q  F  .  .  .  .  F  F  .  .  .',
  'axios-2026-03/v1': /*                 */ 'q  F  .  .  .  .  .  F  .  F  .  .  .  .  .  .  .',
  'axios-2026-03/v0': /*                 */ 'q  q  .  .  .  .  .  F  .  F  .  .  .  .  .  .  .',
  'bitwarden-cli-2026-04': /*            */ 'q  .  .  .  .  .  .  .  .  .  .  .  F  .  .  .  .',
  'lightning-2026-04': /*                */ 'q  .  .  .  .  .  .  F  .  .  .  .  F  q  .  .  .',
  'tanstack-2026-05/after-run': /*       */ 'q  q  q  q  q  .  F  F  .  F  .  .  F  .  .  .  .',
  'tanstack-2026-05/during-run': /*      */ 'q  q  q  q  q  .  u  F  .  F  .  .  F  .  .  .  .',
  'tanstack-2026-05/green-run': /*       */ 'q  q  q  q  q  .  q  F  .  F  .  .  F  .  .  .  .',
  'mistralai-2026-05': /*                */ 'q  .  .  .  .  .  .  F  .  .  .  .  F  q  .  .  .',
  'guardrails-ai-2026-05': /*            */ 'q  .  .  .  .  .  .  F  .  .  .  .  .  .  .  .  .',
  'nx-console-2026-05': /*               */ 'q  .  .  .  F  .  .  .  .  F  .  .  F  .  .  .  .',
  'issues-helper-2026-05/moved': /*      */ 'q  .  .  .  F  .  .  .  .  .  F  .  .  .  .  .  .',
  'issues-helper-2026-05/blocked': /*    */ 'q  .  .  .  u  .  .  .  .  .  F  .  .  .  .  .  .',
  'issues-helper-2026-05/unblocked': /*  */ 'q  .  .  .  F  .  .  .  .  .  F  .  .  .  .  .  .',
  'antv-2026-05/git-dep': /*             */ 'q  .  .  .  F  .  .  F  .  F  .  .  .  .  .  .  .',
  'antv-2026-05/preinstall': /*          */ 'q  .  .  .  .  .  .  F  .  .  .  .  .  F  .  .  .',
  'antv-2026-05/odd-version': /*         */ 'q  .  .  .  .  .  .  F  .  .  .  .  .  .  .  .  .',
  'antv-2026-05/attested (hypothetical)': 'q  .  F  .  .  .  .  F  .  .  .  .  .  F  .  .  .',
  'hf-privacy-filter-2026-05': /*        */ 'q  .  .  .  .  .  .  F  .  .  .  .  .  .  F  .  .',
  'redhat-miasma-2026-06/rewritten': /*  */ 'q  q  .  .  F  F  .  F  .  .  .  .  .  .  .  .  .',
  'redhat-miasma-2026-06/branch': /*     */ 'q  q  .  F  F  F  .  F  .  .  .  .  .  .  .  .  .',
  'snapshot-branch-2026-06': /*          */ 'q  q  .  F  F  .  .  .  .  .  .  .  .  .  .  .  .',
  'phantom-gyp-2026-06': /*              */ 'q  .  .  .  .  .  .  F  .  .  .  .  .  F  .  .  .',
  'hades-pypi-2026-06': /*               */ 'q  .  .  .  .  .  .  F  .  .  .  .  F  F  .  .  .',
  'mastra-2026-06': /*                   */ 'q  F  .  .  .  .  .  F  .  F  .  .  .  q  .  .  .',
  'keyv-cacheable-2026-08/origin': /*    */ 'q  q  q  q  q  F  q  F  q  .  .  .  q  F  .  .  .',
  'keyv-cacheable-2026-08/spread': /*    */ 'q  .  .  .  .  .  .  F  .  .  .  .  .  F  .  .  .',
  'lockfile-injection/other-version': /* */ 'F  q  q  .  q  .  q  .  .  .  .  .  .  .  .  .  .',
  'lockfile-injection/other-host': /*    */ 'F  q  q  .  q  .  q  .  .  F  .  .  .  .  .  .  .',
  'lockfile-injection/mirror': /*        */ 'F  q  q  .  q  .  q  .  .  .  .  .  .  .  .  .  .',
  'url-list-split-view': /*              */ 'q  .  .  .  .  .  .  .  .  .  .  .  .  .  F  .  .',
  'squawk-2026-05 (R16)': /*             */ 'q  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  F',
  'tanstack-2026-05/producer': /*        */ 'q  .  .  .  .  .  .  .  .  .  .  F  .  .  .  .  .',
}

/** Every incident that the museum has to exhibit. */
export const INCIDENTS: readonly string[] = [
  'torchtriton-2022-12',
  'xz-utils-2024-03',
  'ultralytics-2024-12',
  'tj-actions-2025-03',
  'eslint-config-prettier-2025-07',
  'nx-s1ngularity-2025-08',
  'ghostaction-2025-09',
  'hf-namespace-reuse-2025-09',
  'chalk-debug-2025-09',
  'shai-hulud-2025-09',
  'shai-hulud-2-2025-11',
  'cline-2026-02',
  'trivy-2026-03',
  'litellm-2026-03',
  'axios-2026-03',
  'bitwarden-cli-2026-04',
  'lightning-2026-04',
  'tanstack-2026-05',
  'mistralai-2026-05',
  'guardrails-ai-2026-05',
  'nx-console-2026-05',
  'issues-helper-2026-05',
  'antv-2026-05',
  'hf-privacy-filter-2026-05',
  'redhat-miasma-2026-06',
  'snapshot-branch-2026-06',
  'phantom-gyp-2026-06',
  'hades-pypi-2026-06',
  'mastra-2026-06',
  'keyv-cacheable-2026-08',
  'lockfile-injection',
  'url-list-split-view',
]

const ANSWERS: Readonly<Record<string, RuleAnswer>> = { F: 'fire', q: 'quiet', u: 'unknown' }

/** The same by reading, without the dots: `R0` → what it must say. */
export const RULE_ANSWERS_BY_INCIDENT: Readonly<Record<string, Readonly<Record<string, RuleAnswer>>>> =
  Object.fromEntries(
    Object.entries(INCIDENT_TABLE).map(([reading, row]) => [
      reading,
      Object.fromEntries(
        row.split(/\s+/).flatMap((mark, number) => {
          const answer = ANSWERS[mark]
          return answer === undefined ? [] : [[`R${number}`, answer] as const]
        }),
      ),
    ]),
  )
