import { edgeMs } from "../evidence/latencies.ts";
import { type EdgeCounts, noEdgeCounts, SLOWDOWN_EDGES } from "../evidence/slowdown.ts";
import { normalCdf, normalQuantile } from "../normal.ts";
import type { Random } from "./random.ts";

/** Median and spread of the primary's lognormal latencies in a simulation. */
const MEDIAN_MS = 50;
const SIGMA = 0.5;

/** The share beyond a threshold that a share `rate` is beyond, after all latencies grew by a factor. */
export function shifted(rate: number, factor: number): number {
  return factor === 1 || rate <= 0 || rate >= 1
    ? rate
    : normalCdf(normalQuantile(rate) + Math.log(factor) / SIGMA);
}

/** The shares of both variants' requests that are slower than each edge of a slowdown. */
export function slowdownRates({
  latencyShift,
}: {
  readonly latencyShift: number;
}): readonly { readonly primary: number; readonly candidate: number }[] {
  return SLOWDOWN_EDGES.map((edge) => ({
    primary: slowerThan(edgeMs(edge), 1),
    candidate: slowerThan(edgeMs(edge), latencyShift),
  }));
}

/** So many latencies, as counts between the edges: all that a slowdown looks at. */
export function drawLatencies(n: number, factor: number, random: Random): EdgeCounts {
  const counts = noEdgeCounts();
  let left = n;
  let beyond = 1;
  for (const [place, edge] of SLOWDOWN_EDGES.entries()) {
    const slower = slowerThan(edgeMs(edge), factor);
    const upTo = random.binomial(left, beyond === 0 ? 0 : 1 - slower / beyond);
    counts[place] = upTo;
    left -= upTo;
    beyond = slower;
  }
  counts[SLOWDOWN_EDGES.length] = left;
  return counts;
}

function slowerThan(latencyMs: number, factor: number): number {
  return normalCdf(Math.log((MEDIAN_MS * factor) / latencyMs) / SIGMA);
}
