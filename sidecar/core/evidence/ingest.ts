import type { Comparison } from "../compare/comparison.ts";
import type { Observation } from "../observation.ts";
import type { Plan } from "../plan/plan.ts";
import { openWindows, takeClosed, type Windows, windowOf } from "../window.ts";
import { addBatch, type Evidence } from "./evidence.ts";
import { type Exclusion, failed, pairIn } from "./outcome.ts";
import { countPath, type DifferingPaths, noPaths } from "./paths.ts";
import { addTally, emptyTally, type Tally, tallyPair, tallyServed } from "./tally.ts";

/** A batch is cut when it holds this many user requests, */
const BATCH_REQUESTS = 200;
/** or when it is this long. */
const BATCH_MS = 10_000;
/** Generations of traffic whose evidence is kept apart; those that come later join the last. */
const SEGMENTS_MAX = 16;

/**
 * A rollout's accumulator, from the time its sidecar started to its end: evidence, the windows still open, and what people want to see.
 * Only `observe` and `closeWindows` change it. What is in open windows is lost with the process; that costs evidence, never validity.
 */
export type EvidenceBook = {
  readonly plan: Plan;
  /** A value: replaced whenever it grows. */
  evidence: Evidence;
  readonly windows: Windows<Tally>;
  /** Closed windows that are not yet a batch, and when the first of them began. */
  batch: { readonly tally: Tally; readonly beginMs: number } | undefined;
  /** What was not counted since the book was opened, by reason. */
  readonly excluded: Record<Exclusion, number>;
  readonly differences: DifferingPaths;
};

/** A book that goes on from `evidence` (empty for a new rollout). */
export function openBook(plan: Plan, evidence: Evidence, nowMs: number): EvidenceBook {
  return {
    plan,
    evidence,
    windows: openWindows(plan.requestTimeoutMs, nowMs),
    batch: undefined,
    excluded: { late: 0, future: 0, overridden: 0, unanswered: 0, bothFailed: 0, undecided: 0 },
    differences: noPaths(),
  };
}

/**
 * Counts one observation of the book's rollout in the window it began in, with the comparison of its two answers if it has a shadow.
 * Call `closeWindows` first when time has passed: what lies in the future is told by the time heard last.
 */
export function observe(
  book: EvidenceBook,
  observation: Observation,
  comparison: Comparison | undefined,
): void {
  if (observation.overridden) {
    book.excluded.overridden += 1;
    return;
  }
  const tally = windowOf(book.windows, observation.startMs, () => emptyTally(book.plan));
  if (tally === "late" || tally === "future") {
    book.excluded[tally] += 1;
    return;
  }
  tallyServed(tally, book.plan, observation);
  const pair = pairIn(observation);
  if (pair === "pair") {
    observePair(book, tally, { oneFailed: oneFailed(observation), comparison });
  } else if (pair !== "none") {
    book.excluded[pair] += 1;
  }
}

/**
 * Closes the windows whose time has come and adds them to the evidence; true when it grew.
 *
 * Closed windows are joined to one batch until it holds 200 requests or spans 10 s. Where the split is random, a batch of n requests keeps
 * 1 - 1/n of what the ratio's e-process can learn, and the smaller it is, the more the tolerance costs a bet on `beyond`. At a few requests
 * a second, windows of 1 s would throw most of it away, as many have no candidate request; batches of minutes would let the rates change
 * within one. A new generation of the traffic begins a new batch too. What was answered never cuts one, so the e-processes stay valid.
 */
export function closeWindows(book: EvidenceBook, nowMs: number): boolean {
  const before = book.evidence;
  for (const { beginMs, value } of takeClosed(book.windows, nowMs)) {
    cutBatch(book, beginMs);
    if (book.batch !== undefined && value.generation > book.batch.tally.generation) {
      endBatch(book, book.batch.tally);
    }
    if (book.batch === undefined) {
      book.batch = { tally: value, beginMs };
    } else {
      addTally(book.batch.tally, value);
    }
  }
  cutBatch(book, book.windows.closedUntilMs);
  return book.evidence !== before;
}

function cutBatch(book: EvidenceBook, untilMs: number): void {
  if (book.batch === undefined) {
    return;
  }
  const { tally, beginMs } = book.batch;
  const { primary, candidate } = tally.requests;
  if (primary + candidate >= BATCH_REQUESTS || untilMs - beginMs >= BATCH_MS) {
    endBatch(book, tally);
  }
}

function endBatch(book: EvidenceBook, tally: Tally): void {
  const generation = segmentFor(book.evidence, tally.generation);
  book.evidence = addBatch(book.plan, book.evidence, { ...tally, generation });
  book.batch = undefined;
}

/** The segment that a batch of this generation belongs to: none begins before another that has begun, nor beyond the bound. */
function segmentFor({ segments }: Evidence, generation: number): number {
  const last = segments.at(-1)?.generation ?? generation;
  return segments.length < SEGMENTS_MAX ? Math.max(last, generation) : last;
}

function observePair(
  book: EvidenceBook,
  tally: Tally,
  pair: { readonly oneFailed: boolean; readonly comparison: Comparison | undefined },
): void {
  if (!tallyPair(tally, book.plan, pair)) {
    book.excluded.undecided += 1;
  }
  for (const difference of pair.comparison?.differences ?? []) {
    countPath(book.differences, difference);
  }
}

function oneFailed({ answer, shadow }: Observation): boolean {
  return shadow !== undefined && failed(answer) !== failed(shadow);
}
