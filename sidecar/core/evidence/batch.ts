import type { Assignment } from "./assignments.ts";
import type { Scores } from "./boundedMean.ts";
import type { Count } from "./count.ts";
import type { LatencyBatch } from "./evidence.ts";
import type { Excesses } from "./excess.ts";
import type { RateBatch } from "./rate.ts";

/**
 * What the requests that began in one span of time did. Batches are cut by time and by numbers of requests alone, never by what was
 * answered; all guardrails of a rollout grow by the same batches, so that their e-processes share one clock and may be averaged.
 */
export type Batch = {
  /** Of the traffic that chose the variants. */
  readonly generation: number;
  readonly requests: { readonly primary: number; readonly candidate: number };
  readonly pairs: number;
  /** Test requests that the candidate answered in a preview, and those of them that failed; none when absent. */
  readonly tests?: Count;
  /** By the guardrail's name: a rate's counts of both variants, a count of pairs, latencies, or scores. */
  readonly rates: Readonly<Record<string, RateBatch>>;
  readonly disagreements: Readonly<Record<string, Count>>;
  readonly latencies: Readonly<Record<string, LatencyBatch>>;
  readonly scores: Readonly<Record<string, Scores>>;
  readonly excesses: Readonly<Record<string, Excesses>>;
  /** Users first seen, where they fell to a variant at random. */
  readonly assigned: readonly Assignment[];
  /** 1 for the first batch of a book that counts users, else 0. */
  readonly lives: number;
};
