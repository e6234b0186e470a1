import type { Count } from "./count.ts";
import { bucketOf, cumulative, type Latencies } from "./latencies.ts";

const EDGES = 12;
const FIRST_EDGE_MS = 4;

/** The buckets at whose upper edges slower requests are counted: 12 from 4 ms to 8 s, each twice the one before. */
export const SLOWDOWN_EDGES: readonly number[] = Array.from({ length: EDGES }, (_, edge) =>
  bucketOf(FIRST_EDGE_MS * 2 ** edge),
);

/** How many of the latencies are beyond each of the edges. */
export function beyondEdges(latencies: Latencies): readonly Count[] {
  const counts = cumulative(latencies);
  const n = counts.at(-1)?.count ?? 0;
  return SLOWDOWN_EDGES.map((edge) => ({
    n,
    k: n - (counts.findLast(({ bucket }) => bucket <= edge)?.count ?? 0),
  }));
}
