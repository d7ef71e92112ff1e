// node build-statement.mjs FILE   (prints a statement about the file; the same bytes can be signed)
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { buildStatement, parseStatement, serializeStatement } from 'cleanbill/in-toto'

const [path] = process.argv.slice(2)
const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
const payload = serializeStatement(
  buildStatement({
    subject: [{ name: basename(path), digest: { sha256 } }],
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    predicate: { result: 'PASSED', configuration: [], passedTests: ['loads'] },
  }),
)
parseStatement(payload) // what is built can be read again
process.stdout.write(`${Buffer.from(payload).toString('utf8')}\n`)
