/** Latencies are rounded up to powers of this, so to at most 2 % more. */
const GAMMA = 1.02;
const LOG_GAMMA = Math.log(GAMMA);
/** The first bucket holds all up to 0.1 ms, the last one all above 300 s. */
const FIRST_MS = 0.1;
const LAST_MS = 300_000;

/** How many buckets there are. */
export const BUCKETS: number = Math.ceil(Math.log(LAST_MS / FIRST_MS) / LOG_GAMMA) + 2;

/**
 * Latencies as counts by bucket (by index; buckets without any are left out): bounded, mergeable by addition, and exact for latencies
 * rounded up to the upper edge of their bucket, as whatever is asked of an edge is answered exactly.
 */
export type Latencies = Readonly<Record<string, number>>;

/** The bucket of a latency: the first whose upper edge is at least it. */
export function bucketOf(latencyMs: number): number {
  if (latencyMs <= FIRST_MS) {
    return 0;
  }
  // An edge itself belongs to the bucket that it ends, whatever its logarithm is rounded to.
  const index = Math.ceil(Math.log(latencyMs / FIRST_MS) / LOG_GAMMA - 1e-9);
  return index < BUCKETS - 1 ? index : BUCKETS - 1;
}

/** The upper edge of a bucket; the last one has none. */
export function edgeMs(bucket: number): number {
  return bucket >= BUCKETS - 1 ? Number.POSITIVE_INFINITY : FIRST_MS * GAMMA ** bucket;
}

/** Sums two counts of latencies. */
export function addLatencies(a: Latencies, b: Latencies): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [bucket, count] of Object.entries(b)) {
    sum[bucket] = (sum[bucket] ?? 0) + count;
  }
  return sum;
}

/** The numbers of latencies up to the upper edge of each bucket that holds any, ascending; the last is that of all. */
export function cumulative(
  latencies: Latencies,
): readonly { readonly bucket: number; readonly count: number }[] {
  let count = 0;
  return Object.entries(latencies)
    .map(([bucket, more]) => ({ bucket: Number(bucket), more }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ bucket, more }) => {
      count += more;
      return { bucket, count };
    });
}
