import type { Comparison } from "../compare/comparison.ts";
import type { Observation } from "../observation.ts";
import type { Plan } from "../plan/plan.ts";
import { openWindows, takeClosed, type Windows, windowOf } from "../window.ts";
import {
  addBatch,
  type Batch,
  type Block,
  type Evidence,
  emptyBlock,
  withBlock,
} from "./evidence.ts";
import { type Exclusion, failed, pairIn } from "./outcome.ts";
import { countPath, type DifferingPaths, noPaths } from "./paths.ts";
import { addTally, emptyTally, type Tally, tallyPair, tallyServed } from "./tally.ts";

/** A batch ends when it holds this many user requests, or is this long. */
const BATCH_REQUESTS = 50;
const BATCH_MS = 10_000;
/** A block of batches ends when it holds this many, or is this long. */
const BLOCK_REQUESTS = 1_000;
const BLOCK_MS = 30_000;
/** Generations of traffic whose evidence is kept apart; those that come later join the last. */
const SEGMENTS_MAX = 16;

/**
 * A rollout's accumulator, from the time its sidecar started to its end: evidence, the windows still open, and what people want to see.
 * Only `observe` and `closeWindows` change it. What is in open windows is lost with the process; that costs evidence, never validity.
 */
export type EvidenceBook = {
  readonly plan: Plan;
  /** All batches that have ended. A value: replaced whenever it grows. */
  evidence: Evidence;
  readonly windows: Windows<Tally>;
  /** Closed windows that are not yet a batch, and when the first of them began. */
  batch: { readonly tally: Tally; readonly beginMs: number } | undefined;
  /** The block that has not ended, and the evidence without it. */
  block: { readonly block: Block; readonly beginMs: number; readonly before: Evidence } | undefined;
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
    block: undefined,
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

/** Counts many requests that began at one time, as if they had been observed one by one. For simulations. */
export function observeCounts(book: EvidenceBook, startMs: number, counted: Tally): void {
  const tally = windowOf(book.windows, startMs, () => emptyTally(book.plan));
  if (typeof tally !== "string") {
    addTally(tally, counted);
  }
}

/**
 * Closes the windows whose time has come and adds them to the evidence; true when it grew.
 *
 * Closed windows are joined to a batch until it holds 50 requests or spans 10 s. Where the split is random, a batch of n requests keeps
 * 1 - 1/n of what the ratio's e-process can learn; at a few requests a second, windows of 1 s would throw most of it away, as many have
 * no candidate request, and batches of minutes would let the rates change within one. Batches make up a block of 1,000 requests or 30 s
 * (see `rateSums`), and count as they end. A new generation of the traffic begins a new batch and a new block. What was answered never
 * ends one, so the e-processes stay valid.
 */
export function closeWindows(book: EvidenceBook, nowMs: number): boolean {
  const before = book.evidence;
  for (const { beginMs, value } of takeClosed(book.windows, nowMs)) {
    endBatch(book, { untilMs: beginMs, generation: value.generation });
    if (book.batch === undefined) {
      book.batch = { tally: value, beginMs };
    } else {
      addTally(book.batch.tally, value);
    }
  }
  endBatch(book, { untilMs: book.windows.closedUntilMs, generation: 0 });
  return book.evidence !== before;
}

/** Ends the batch if it is full, long enough by `untilMs`, or of an older generation than what comes next. */
function endBatch(
  book: EvidenceBook,
  next: { readonly untilMs: number; readonly generation: number },
): void {
  if (book.batch === undefined) {
    return;
  }
  const { tally, beginMs } = book.batch;
  if (
    tally.requests.primary + tally.requests.candidate >= BATCH_REQUESTS ||
    next.untilMs - beginMs >= BATCH_MS ||
    next.generation > tally.generation
  ) {
    addToBlock(
      book,
      { ...tally, generation: segmentFor(book.evidence, tally.generation) },
      beginMs,
    );
    book.batch = undefined;
  }
}

function addToBlock(book: EvidenceBook, batch: Batch, beginMs: number): void {
  if (book.block === undefined || isOver(book.block, batch, beginMs)) {
    const block = emptyBlock(book.plan, batch.generation);
    book.block = { block, beginMs, before: book.evidence };
  }
  addBatch(book.plan, book.block.block, batch);
  book.evidence = withBlock(book.block.before, book.block.block);
}

function isOver(
  { block, beginMs }: NonNullable<EvidenceBook["block"]>,
  next: Batch,
  nextBeginMs: number,
): boolean {
  return (
    block.requests.primary + block.requests.candidate >= BLOCK_REQUESTS ||
    nextBeginMs - beginMs >= BLOCK_MS ||
    next.generation !== block.generation
  );
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
