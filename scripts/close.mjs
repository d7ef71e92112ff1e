import { readFileSync } from 'node:fs'

// The closing line of a CI run. The JSON report alone is not enough: a failing import or hook shows as nothing failed,
// and an unhandled rejection as success, so the exit code counts too.
const [file, code, extra] = process.argv.slice(2)
let passed = 0
let failed = Number(extra ?? 0)
let skipped = 0
try {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const broken = report.testResults.filter(
    (one) => one.status === 'failed' && !one.assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length
  passed = report.numPassedTests
  skipped = report.numPendingTests + report.numTodoTests
  const red = report.numFailedTests + broken
  failed += red > 0 ? red : Number(code) !== 0 || !report.success || passed === 0 ? 1 : 0
} catch (error) {
  console.error(`no test report: ${error.message}`)
  failed += 1
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed > 0 ? 1 : 0
