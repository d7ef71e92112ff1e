/** From [0, 1), for jitter between retries. Nothing that must not be guessed is made of it. */
export const random = (): number => Math.random()
