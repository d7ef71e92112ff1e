import type { Notice } from '../model/dependency.ts'
import { type ScriptCommand, scriptCommands, shown, startsWith, startsWithAny } from './script-commands.ts'

const DOWNLOADS = ['curl', 'wget', 'aria2c', 'Invoke-WebRequest', 'iwr', 'gh release download']

/** Makes a program of a file, or takes programs out of an archive. */
const USES: readonly ((command: ScriptCommand) => boolean)[] = [
  (command) =>
    startsWith(command, 'chmod') && command.words.slice(1, 4).some((word) => /^(?:[ugoa]*\+r?w?x|0?7\d\d)$/.test(word)),
  (command) => startsWith(command, 'tar') && /^(?:-\w{0,20}x|--extract|\w{0,20}x)/.test(command.words[1] ?? ''),
  (command) =>
    startsWithAny(command, [
      'unzip',
      'gunzip',
      '7z x',
      'msiexec',
      'Expand-Archive',
      'dpkg -i',
      'rpm -i',
      'rpm -U',
      'rpm -Uvh',
    ]),
  (command) => startsWith(command, 'install') && command.words.some((word) => word.startsWith('-m')),
]

/** Compares the file with what it ought to be, or asks who signed it. */
const CHECKS: readonly ((command: ScriptCommand) => boolean)[] = [
  ({ words: [program = '', ...rest] }) =>
    /^(?:sha\d{1,3}sum|shasum|b2sum)$/.test(program) &&
    rest.some((word) => /^(?:-\w{0,8}c\w{0,8}|--check)$/.test(word)),
  ({ words: [program = '', ...rest] }) => /^gpg2?$/.test(program) && rest.includes('--verify'),
  (command) =>
    startsWithAny(command, [
      ...['gpgv', 'minisign', 'signify', 'rsign', 'slsa-verifier', 'Get-FileHash', 'openssl dgst', 'sigstore verify'],
      ...['cosign verify', 'cosign verify-blob', 'gh attestation verify', 'gh release verify', 'cleanbill verify'],
    ]),
]

/**
 * Downloads that one script uses as programs, with no check anywhere in it. What is piped into a shell is an install
 * outside a lock and found as that; a download that is only kept is data.
 */
export function downloadNotices(script: string, file: string, firstLine: number): Notice[] {
  const commands = scriptCommands(script, firstLine)
  const lastUse = commands.findLastIndex((command) => USES.some((use) => use(command)))
  if (lastUse < 0 || commands.some((command) => CHECKS.some((check) => check(command)))) return []
  return commands.slice(0, lastUse).flatMap((command) => {
    if (!startsWithAny(command, DOWNLOADS)) return []
    return [
      {
        code: 'RUNTIME_DOWNLOAD' as const,
        message: `a tool is downloaded and used without a check: ${shown(command)}`,
        hint: 'Compare its digest (sha256sum --check), or verify who signed it, before it is used.',
        file,
        line: command.line,
      },
    ]
  })
}
