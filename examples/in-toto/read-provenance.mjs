// node read-provenance.mjs BUNDLE   (reads; verifies nothing)
import { readFileSync } from 'node:fs'
import { PROVENANCE_V1, parseProvenance, parseStatement } from 'cleanbill/in-toto'

const bundle = JSON.parse(readFileSync(process.argv[2], 'utf8'))
// In a program of yours: the bytes that a signature covers, after it was verified.
const statement = parseStatement(Buffer.from(bundle.dsseEnvelope.payload, 'base64'))
if (statement.predicateType !== PROVENANCE_V1) throw new Error(`no provenance: ${statement.predicateType}`)

const { buildDefinition, runDetails } = parseProvenance(statement.predicate)
for (const { name, digest } of statement.subject) console.log('made', name, JSON.stringify(digest))
for (const { name, digest } of buildDefinition.resolvedDependencies ?? [])
  console.log('from', name, JSON.stringify(digest))
console.log('by', runDetails.builder.id)
