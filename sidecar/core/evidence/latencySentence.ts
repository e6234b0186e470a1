import { DISPLAY_ALPHA } from "./display.ts";
import type { LatencyBatch } from "./evidence.ts";
import type { Latencies } from "./latencies.ts";
import { logQuantilesDiffer, quantile, quantileInterval } from "./quantiles.ts";

const SHOWN = 0.95;

/**
 * How long 95 % of the requests took, where that lies with 95 % confidence at every look, and, once requests of both were seen, how likely a
 * quantile of the candidate so far from the primary's is when they are equal: an always-valid p-value. For people, who read a quantile more
 * easily than the shares at twelve edges that are judged.
 */
export function latencyFigures({ primary, candidate }: LatencyBatch): string {
  if (Object.keys(candidate).length === 0) {
    return "no candidate request yet";
  }
  const p = Math.min(1, Math.exp(-logQuantilesDiffer(primary, candidate, { p: SHOWN })));
  const chance = Object.keys(primary).length === 0 ? "" : `; p = ${rounded(p, 2)} were they equal`;
  return `95% of candidate requests took at most ${figure(candidate)} (primary ${figure(primary)}${chance})`;
}

/** "49.1 ms, between 44.5 and 61 ms". */
function figure(latencies: Latencies): string {
  const found = quantile(latencies, SHOWN);
  if (found === undefined) {
    return "?";
  }
  const { from, to } = quantileInterval(latencies, SHOWN, DISPLAY_ALPHA);
  const lower = Math.max(0, from);
  return Number.isFinite(to)
    ? `${rounded(found)} ms, between ${rounded(lower)} and ${rounded(to)} ms`
    : `${rounded(found)} ms, from ${rounded(lower)} ms on`;
}

function rounded(value: number, digits = 3): number {
  return Number(value.toPrecision(digits));
}
