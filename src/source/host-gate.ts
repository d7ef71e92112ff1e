/** Runs work for hosts, so many at once in all and for one host; the rest waits in order. */
export type HostGate = <T>(host: string, work: () => Promise<T>) => Promise<T>

interface Lane {
  running: number
  readonly waiting: (() => void)[]
}

/** Bounded concurrency. A slow host fills its own share and leaves the rest to the others. */
export function makeHostGate(total: number, perHost: number): HostGate {
  const lanes = new Map<string, Lane>()
  let running = 0

  function start(lane: Lane): boolean {
    if (running >= total || lane.running >= perHost) return false
    const next = lane.waiting.shift()
    if (next === undefined) return false
    running++
    lane.running++
    next()
    return true
  }

  /** One from each lane in turn, until nothing fits any more. */
  function startAll(): void {
    for (let started = true; started; ) {
      started = false
      for (const lane of lanes.values()) started = start(lane) || started
    }
  }

  return async (host, work) => {
    const lane = lanes.get(host) ?? { running: 0, waiting: [] }
    lanes.set(host, lane)
    await new Promise<void>((resolve) => {
      lane.waiting.push(resolve)
      start(lane)
    })
    try {
      return await work()
    } finally {
      running--
      lane.running--
      startAll()
    }
  }
}
