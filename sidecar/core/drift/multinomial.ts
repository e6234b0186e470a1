import { logMismatch } from "../evidence/assignments.ts";
import { sum } from "./shares.ts";

/** The reference's shares are estimates: a run ends when it has this part of the rows that they were estimated from. */
const RUN_SHARE = 0.1;
/** Half a row is added to every bin of the reference, so that no share is 0 (Krichevsky and Trofimov 1981). */
const PRIOR_ROWS = 0.5;

/** Counts on the reference's bins since the run began; plain JSON, mergeable by addition inside one run. */
export type MultinomialRun = { readonly counts: readonly number[] };

/** A run without rows. */
export function startRun(bins: number): MultinomialRun {
  return { counts: new Array<number>(bins).fill(0) };
}

/** The run after more rows. */
export function addToRun(run: MultinomialRun, counts: readonly number[]): MultinomialRun {
  return { counts: run.counts.map((count, bin) => count + (counts[bin] ?? 0)) };
}

/**
 * ln of the e-process against "each row falls to the bins with these shares": Dirichlet-multinomial over multinomial likelihood (Lindon and Malek,
 * NeurIPS 2022) with a prior of 100 rows. For the right shares the chance that it ever reaches ln(1/alpha) is at most alpha, so it may be
 * looked at after every row.
 */
export function logRunEvidence(run: MultinomialRun, shares: readonly number[]): number {
  return logMismatch(run.counts, shares);
}

/** The shares that a run is held against: the reference's, with half a row more in every bin. */
export function runShares(reference: readonly number[]): readonly number[] {
  const total = sum(reference) + PRIOR_ROWS * reference.length;
  return reference.map((count) => (count + PRIOR_ROWS) / total);
}

/** Whether a run must end and the next one begin: later its evidence would speak of the reference's own noise. */
export function runEnds(run: MultinomialRun, reference: readonly number[]): boolean {
  return sum(run.counts) >= RUN_SHARE * sum(reference);
}
