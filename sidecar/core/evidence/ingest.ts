import type { Comparison } from "../compare/comparison.ts";
import type { Observation, Variant } from "../observation.ts";
import type { Plan } from "../plan/plan.ts";
import type { Step } from "../plan/step.ts";
import type { Traffic } from "../traffic.ts";
import {
  type ClosedWindow,
  FUTURE_MS,
  openWindows,
  takeClosed,
  type Windows,
  windowBegin,
  windowOf,
} from "../window.ts";
import { endBatch, showLatencies } from "./batching.ts";
import type { Block } from "./block.ts";
import type { Evidence } from "./evidence.ts";
import { fnv1a } from "./fnv.ts";
import { countInSpan, type LatencySpans, noSpans } from "./latencySpans.ts";
import {
  announceWeight,
  countNewcomers,
  mayBeNew,
  type Newcomers,
  nobodyWaiting,
  noNewcomers,
  noteSubject,
  type Waiting,
} from "./newcomers.ts";
import { observePair } from "./observePair.ts";
import { type Exclusion, nothingExcluded } from "./outcome.ts";
import { addToPace, type Pace, requestsPerSecond } from "./pace.ts";
import { type DifferingPaths, noPaths } from "./paths.ts";
import {
  forgetRequestIds,
  isRepeated,
  noRecent,
  type Recent,
  type Trip,
  watchBreaker,
  watchRequest,
} from "./recent.ts";
import { addTally, emptyTally, type Tally, tallyServed, tallyTest } from "./tally.ts";

/**
 * A rollout's accumulator, from the time its sidecar started to its end: evidence, the windows still open, and what people want to see.
 * Only `observe` and `closeWindows` change it. What is in open windows is lost with the process; that costs evidence, never validity.
 */
export type EvidenceBook = {
  readonly plan: Plan;
  /** All batches that have ended. A value: replaced whenever it grows. */
  evidence: Evidence;
  readonly windows: Windows<OpenWindow>;
  /** Closed windows that are not yet a batch, and when the first of them began. */
  batch: { readonly tally: Tally; readonly beginMs: number } | undefined;
  /** The block that has not ended, and the evidence without it. */
  block: { readonly block: Block; readonly beginMs: number; readonly before: Evidence } | undefined;
  /** What was not counted since the book was opened, by reason. */
  readonly excluded: Record<Exclusion, number>;
  readonly differences: DifferingPaths;
  readonly newcomers: Newcomers;
  readonly recent: Recent;
  pace: Pace;
  /** Generation of the preview's traffic that is asked for; undefined in other steps. */
  previewed: number | undefined;
  /** Undefined when no guardrail is on all latencies. */
  readonly spans: LatencySpans | undefined;
};

type OpenWindow = { readonly tally: Tally; readonly waiting: Waiting };

/** What is known of a rollout besides its evidence, while its book is open. */
export type Live = {
  /** What tripped the breaker, if anything did. */
  readonly trip: Trip | undefined;
  /** User requests per second of late; undefined while none were seen. */
  readonly requestsPerSecond: number | undefined;
};

/** A book that goes on from `evidence` (empty for a new rollout). */
export function openBook(plan: Plan, evidence: Evidence, nowMs: number): EvidenceBook {
  const windows: Windows<OpenWindow> = openWindows(plan.requestTimeoutMs, nowMs);
  const isOnLatencies = plan.guardrails.some(({ kind }) => kind === "slowdown");
  return {
    plan,
    evidence,
    windows,
    spans: isOnLatencies ? noSpans(windows.holdMs + FUTURE_MS) : undefined,
    batch: undefined,
    block: undefined,
    excluded: nothingExcluded(),
    differences: noPaths(plan.compare.samples.perPath),
    newcomers: noNewcomers(evidence.lives + 1),
    recent: noRecent(),
    pace: [],
    previewed: undefined,
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
  if (observation.overridden && !isTest(book, observation)) {
    book.excluded.overridden += 1;
    return;
  }
  const window = openWindow(book, observation.startMs);
  if (window === "late" || window === "future") {
    book.excluded[window] += 1;
    return;
  }
  const { requestId, startMs } = observation;
  const idHash = fnv1a(requestId);
  if (requestId !== "" && isRepeated(book.recent, idHash, windowBegin(book.windows, startMs))) {
    book.excluded.repeated += 1;
    return;
  }
  const { tally, waiting } = window;
  if (observation.overridden) {
    tallyTest(tally, observation);
    return;
  }
  watchRequest(book.recent, book.plan.breaker, observation);
  if (mayBeNew(book.newcomers, waiting, observation)) {
    noteSubject(book.newcomers, waiting, {
      plan: book.plan,
      observation,
      windows: () => [...book.windows.open.values()].map((open) => open.waiting),
    });
  }
  tallyServed(tally, book.plan, observation);
  countInSpan(book.spans, observation);
  observePair(book, tally, { observation, comparison, idHash });
}

/**
 * Says that this traffic is asked for from now on, for the step that it is of. Users are counted only under traffic that was announced, test
 * requests only under that of a preview.
 */
export function announceTraffic(book: EvidenceBook, traffic: Traffic, served?: Step): void {
  announceWeight(book.newcomers, traffic);
  book.previewed = served?.kind === "preview" ? traffic.generation : undefined;
}

/** Whether a request whose variant was chosen for it is one that a preview is for. */
function isTest({ previewed }: EvidenceBook, { generation, served }: Observation): boolean {
  return generation === previewed && served === "candidate";
}

/** What is known besides the evidence. */
export function liveOf({ recent, pace, windows }: EvidenceBook): Live {
  return { trip: recent.trip, requestsPerSecond: requestsPerSecond(pace, windows.widthMs) };
}

/** Counts many requests that began at one time, as if they had been observed one by one in an order drawn before. For simulations. */
export function observeCounts(
  book: EvidenceBook,
  startMs: number,
  counted: {
    readonly tally: Tally;
    readonly outcomes: readonly { readonly served: Variant; readonly isFailed: boolean }[];
  },
): void {
  const window = openWindow(book, startMs);
  if (typeof window === "string") {
    return;
  }
  addTally(window.tally, counted.tally);
  for (const outcome of counted.outcomes) {
    watchBreaker(book.recent, book.plan.breaker, outcome);
  }
}

function openWindow(book: EvidenceBook, startMs: number): OpenWindow | "late" | "future" {
  return windowOf(book.windows, startMs, () => ({
    tally: emptyTally(book.plan),
    waiting: nobodyWaiting(book.newcomers),
  }));
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
  const closed = takeClosed(book.windows, nowMs);
  if (closed.length > 0) {
    book.pace = addToPace(book.pace, closed.map(requestsIn));
    forgetRequestIds(book.recent, book.windows.closedUntilMs);
  }
  for (const { beginMs, value } of closed) {
    const { tally, waiting } = value;
    countNewcomers(book.newcomers, waiting, { plan: book.plan, tally });
    endBatch(book, { untilMs: beginMs, generation: tally.generation });
    if (book.batch === undefined) {
      book.batch = { tally, beginMs };
    } else {
      addTally(book.batch.tally, tally);
    }
  }
  endBatch(book, { untilMs: book.windows.closedUntilMs, generation: 0 });
  showLatencies(book);
  return book.evidence !== before;
}

function requestsIn({ beginMs, value }: ClosedWindow<OpenWindow>): Pace[number] {
  const { primary, candidate } = value.tally.requests;
  return { beginMs, requests: primary + candidate };
}
