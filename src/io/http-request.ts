export interface HttpRequest {
  readonly url: string
  readonly method?: 'GET' | 'POST' | 'PUT' | 'HEAD' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly timeoutMs?: number
  /** Bytes of body read before giving up, as they come and decoded. Default 16 MiB. */
  readonly maxBytes?: number
  /** Refuse a host unless every address of its name is on the internet: for URLs that somebody else wrote (T-NS-04). */
  readonly publicOnly?: boolean
}
