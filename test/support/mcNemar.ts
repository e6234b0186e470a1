import { incompleteBeta, logBeta } from "../../sidecar/core/beta.ts";
import type { Paired } from "../../sidecar/core/evidence/paired.ts";

/**
 * ln of McNemar's e-value in closed form: the chance that a discordant pair is `worse` is one half at most (one-sided), or exactly
 * (two-sided), against a uniform prior above it, or anywhere.
 */
export function logMcNemar({ worse, better }: Paired, sides: "one" | "two"): number {
  const both = logBeta(worse + 1, better + 1) + (worse + better) * Math.LN2;
  return sides === "two"
    ? both
    : both + Math.LN2 + Math.log(incompleteBeta(0.5, better + 1, worse + 1));
}

/** The exact p-value of McNemar's test for a fixed number of pairs: twice the smaller tail of a fair coin, at most 1. */
export function exactMcNemar({ worse, better }: Pick<Paired, "worse" | "better">): number {
  const n = worse + better;
  return Math.min(1, 2 * atMost(Math.min(worse, better), n));
}

/** The chance of k heads or fewer in n tosses of a fair coin. */
export function atMost(k: number, n: number): number {
  return k >= n ? 1 : incompleteBeta(0.5, n - k, k + 1);
}
