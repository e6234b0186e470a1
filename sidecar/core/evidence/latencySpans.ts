import type { Observation, Variant } from "../observation.ts";
import type { LatencyBatch } from "./evidence.ts";
import { addLatencies, BUCKETS, bucketOf, type Latencies } from "./latencies.ts";
import { waitedMs } from "./outcome.ts";

/** Spans that are open at once, at most and but for two. */
const SPANS = 8;

/**
 * Latencies for people, finer than what is judged, by when their requests began: in spans that are wider than windows, as each costs 6 kB. A span
 * ends when all its windows are closed; so quick answers are not seen before slow ones here either.
 */
export type LatencySpans = {
  readonly widthMs: number;
  readonly open: Map<number, Counts>;
};

/** By bucket. */
type Counts = Readonly<Record<Variant, Uint32Array>>;

/** No span yet, for windows that begin within so long a time before they close. */
export function noSpans(openMs: number): LatencySpans {
  return { widthMs: Math.ceil(openMs / SPANS), open: new Map() };
}

/** Counts how long the user of a request in an open window waited, if there are spans. */
export function countInSpan(
  spans: LatencySpans | undefined,
  { startMs, served, answer }: Observation,
): void {
  if (spans === undefined) {
    return;
  }
  const { widthMs, open } = spans;
  const beginMs = Math.floor(startMs / widthMs) * widthMs;
  let counts = open.get(beginMs);
  if (counts === undefined) {
    counts = { primary: new Uint32Array(BUCKETS), candidate: new Uint32Array(BUCKETS) };
    open.set(beginMs, counts);
  }
  const bucket = bucketOf(waitedMs(answer));
  counts[served][bucket] = (counts[served][bucket] ?? 0) + 1;
}

/** Takes the latencies of the spans that end by then; undefined when none does. */
export function takeEnded(
  { widthMs, open }: LatencySpans,
  closedUntilMs: number,
): LatencyBatch | undefined {
  let ended: LatencyBatch | undefined;
  for (const [beginMs, { primary, candidate }] of open) {
    if (beginMs + widthMs <= closedUntilMs) {
      open.delete(beginMs);
      ended = {
        primary: addLatencies(ended?.primary ?? {}, latenciesOf(primary)),
        candidate: addLatencies(ended?.candidate ?? {}, latenciesOf(candidate)),
      };
    }
  }
  return ended;
}

function latenciesOf(counts: Uint32Array): Latencies {
  const entries = [...counts].map((count, bucket) => [bucket, count] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}
