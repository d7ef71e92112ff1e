import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { discoverJsonSchema } from '../../src/model/discover-document.ts'
import { gateJsonSchema } from '../../src/model/gate-document.ts'
import { initJsonSchema } from '../../src/model/init-document.ts'
import { museumJsonSchema } from '../../src/model/museum-document.ts'
import { explainJsonSchema, policyTestJsonSchema } from '../../src/model/policy-documents.ts'
import { verifyJsonSchema } from '../../src/model/verify-document.ts'
import { lockJsonSchema } from '../../src/policy/lock-schema.ts'
import { policyJsonSchema } from '../../src/policy/policy-schema.ts'

/** File in `schemas/` → what the code says. A new document is one row. */
const SCHEMAS: Readonly<Record<string, () => unknown>> = {
  'discover-v1': discoverJsonSchema,
  'init-v1': initJsonSchema,
  'lock-v1': lockJsonSchema,
  'museum-v1': museumJsonSchema,
  'policy-explain-v1': explainJsonSchema,
  'policy-test-v1': policyTestJsonSchema,
  'policy-v1': policyJsonSchema,
  'verdict-v1': gateJsonSchema,
  'verify-v1': verifyJsonSchema,
}

/** Every schema file holds what its parser's schema says. With `write` it is written instead. */
export function checkSchemas(root: string, write: boolean): string[] {
  return Object.entries(SCHEMAS).flatMap(([name, build]) => {
    const file = `schemas/${name}.schema.json`
    const path = join(root, file)
    const right = build()
    const written: unknown = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
    if (JSON.stringify(written) === JSON.stringify(right)) return []
    if (!write) return [`${file}: is not what the code says; run node scripts/docs.ts --write`]
    writeFileSync(path, `${JSON.stringify(right, null, 2)}\n`)
    return []
  })
}
