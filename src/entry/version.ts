declare const __CLEANBILL_VERSION__: string | undefined

/** From package.json at build time. */
export const VERSION = typeof __CLEANBILL_VERSION__ === 'string' ? __CLEANBILL_VERSION__ : '0.0.0-source'
