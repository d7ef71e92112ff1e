import type { WorldAnswer } from '../../route.ts'

const DOCS = 'https://docs.github.com/rest'

export function json(status: number, body: object, headers: Readonly<Record<string, string>> = {}): WorldAnswer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body }
}

export const refusal = (status: number, message: string): WorldAnswer =>
  json(status, { message, documentation_url: DOCS, status: String(status) })

export const notFound = (): WorldAnswer => refusal(404, 'Not Found')

export const allowListText = (owner: string): string =>
  `Although you appear to have the correct authorization credentials, the \`${owner}\` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.`
