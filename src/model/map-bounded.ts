/**
 * As `Promise.all(items.map(work))`, with at most `limit` in work at once; begun in their order, so that the order of
 * asking can be that of importance. The first fault ends it: what is thrown here is a defect, since faults of the outside
 * world are values.
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries()
  const worker = async () => {
    // One iterator for all workers: each takes the next item that nobody has.
    for (const [index, item] of queue) results[index] = await work(item, index)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
