import { resolve } from 'node:path'
import { runGate } from '../../../flows/gate.ts'
import { checkPolicy, explainDependency, testPolicy } from '../../../flows/policy.ts'
import { CleanbillError } from '../../../model/error.ts'
import { toExplainDocument, toPolicyTestDocument } from '../../../model/policy-documents.ts'
import { schemaUri } from '../../../model/uris.ts'
import { formatExplanation, formatPolicyTest } from '../../../report/explain-report.ts'
import { formatCheckedPolicy } from '../../../report/policy-report.ts'
import { EXIT } from '../../exit-codes.ts'
import { makeWorld } from '../../make-world.ts'
import type { Args, CliContext, Command, CommandResult } from '../command.ts'
import { GATE_OPTIONS, readGateRequest } from '../gate-options.ts'

type Verb = (context: CliContext, args: Args, rest: readonly string[]) => Promise<CommandResult>

/** `cleanbill policy`: read a policy, say what it does to a dependency, hold it to expectations. */
export const policyCommand: Command = {
  name: 'policy',
  summary: 'Check a policy, explain what it does to a dependency, test it against expectations',
  usage: ['policy check [PATH]', 'policy explain DEPENDENCY [PATH]', 'policy test [DIR]'],
  description: `check reads policy and trust lock, and says what is wrong with them. explain gates the project and prints for
one dependency (a name, name@version or package URL) which entries applied, with file and line, and what
each rule said. test judges the made-up dependencies of the *.policy-test.yml files in DIR.`,
  examples: [
    'cleanbill policy check',
    'cleanbill policy explain pkg:npm/left-pad@1.3.0',
    'cleanbill policy test .github',
  ],
  judges: true,
  options: GATE_OPTIONS,
  run: async (context, args) => {
    const [name, ...rest] = args.positionals
    const verb = VERBS.find(([word]) => word === name)?.[1]
    if (verb !== undefined) return verb(context, args, rest)
    throw new CleanbillError('ARGUMENT_INVALID', `policy ${JSON.stringify(name ?? '')} is no command`, {
      hint: `It may be ${VERBS.map(([word]) => word).join(', ')}.`,
    })
  },
}

/** The project is the working directory unless a PATH is given. */
function requestOf(context: CliContext, args: Args, path: string | undefined) {
  const { cwd } = context.host
  return { ...readGateRequest(context, args), root: resolve(cwd, path ?? '.') }
}

async function check(context: CliContext, args: Args, [path]: readonly string[]): Promise<CommandResult> {
  const checked = await checkPolicy(requestOf(context, args, path), await makeWorld(context.host))
  const { policy, lock, policyPath, lockPath, hasPolicy, hasLock } = checked
  return {
    exitCode: EXIT.passed,
    document: {
      schema: schemaUri('policy-check-v1'),
      policy: hasPolicy ? policyPath : null,
      lock: hasLock ? lockPath : null,
      profile: policy.profile,
      entries: {
        require: policy.require.length,
        allow: policy.allow.length,
        waivers: policy.waivers.length,
        lock: lock.entries.length,
      },
    },
    text: formatCheckedPolicy(checked),
  }
}

async function explain(context: CliContext, args: Args, [name, path]: readonly string[]): Promise<CommandResult> {
  if (name === undefined) throw new CleanbillError('ARGUMENT_INVALID', 'policy explain takes a DEPENDENCY')
  const request = { ...requestOf(context, args, path), all: true, base: undefined, updateLock: false }
  const result = await runGate(request, await makeWorld(context.host))
  const explanations = explainDependency(name, result)
  const meta = { policy: result.meta.policy, profile: result.verdict.profile }
  return {
    exitCode: EXIT.passed,
    document: toExplainDocument(explanations, meta),
    text: formatExplanation(explanations, meta, { color: context.color }),
  }
}

async function test(context: CliContext, args: Args, [path]: readonly string[]): Promise<CommandResult> {
  const world = await makeWorld(context.host)
  const checked = await checkPolicy(requestOf(context, args, undefined), world)
  const cases = await testPolicy(resolve(context.host.cwd, path ?? '.github'), checked, world)
  return {
    exitCode: cases.every(({ passed }) => passed) ? EXIT.passed : EXIT.refused,
    document: toPolicyTestDocument(cases),
    text: formatPolicyTest(cases, { color: context.color }),
  }
}

const VERBS: readonly (readonly [string, Verb])[] = [
  ['check', check],
  ['explain', explain],
  ['test', test],
]
