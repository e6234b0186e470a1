import type { Count } from "./count.ts";
import { bucketOf, cumulative, type Latencies } from "./latencies.ts";

const EDGES = 12;
const FIRST_EDGE_MS = 4;

/** The buckets at whose upper edges slower requests are counted: 12 from 4 ms to 8 s, each twice the one before. */
export const SLOWDOWN_EDGES: readonly number[] = Array.from({ length: EDGES }, (_, edge) =>
  bucketOf(FIRST_EDGE_MS * 2 ** edge),
);

/** Requests by the first of the edges that they are not slower than; the last are beyond all. */
export type EdgeCounts = number[];

/** No request yet. */
export function noEdgeCounts(): EdgeCounts {
  return Array.from({ length: EDGES + 1 }, () => 0);
}

/** Counts a request that fell into this bucket. */
export function countAtEdge(counts: EdgeCounts, bucket: number): void {
  const found = SLOWDOWN_EDGES.findIndex((edge) => bucket <= edge);
  const place = found === -1 ? EDGES : found;
  counts[place] = (counts[place] ?? 0) + 1;
}

/** The counts as latencies that all lie at the edges, or just beyond the last: `beyondEdges` of them is what it is of the latencies themselves. */
export function latenciesAtEdges(counts: EdgeCounts): Latencies {
  const beyond = (SLOWDOWN_EDGES.at(-1) ?? 0) + 1;
  const entries = counts.map((count, place) => [SLOWDOWN_EDGES[place] ?? beyond, count] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

/** How many of the latencies are beyond each of the edges. */
export function beyondEdges(latencies: Latencies): readonly Count[] {
  const counts = cumulative(latencies);
  const n = counts.at(-1)?.count ?? 0;
  return SLOWDOWN_EDGES.map((edge) => ({
    n,
    k: n - (counts.findLast(({ bucket }) => bucket <= edge)?.count ?? 0),
  }));
}
