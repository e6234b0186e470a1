import { copyBytes } from "./bytes";
import { addLitter } from "./litter";

/** Capacities of captures; one that outgrows its own moves to the next. */
const CAPACITIES: i32[] = [1024, 4096, 16_384, 65_536, 131_072];
/** Idle captures of all capacities together that are kept for use again. */
const IDLE_BYTES_MAX: i32 = 4 * 1024 * 1024;

/** The largest capture. */
export const CAPTURE_BYTES_MAX: i32 = 131_072;

/** Bytes of a request or an answer that are kept while they are needed. */
export class Capture {
  readonly bytes: StaticArray<u8>;
  readonly rank: i32;
  length: i32 = 0;

  constructor(rank: i32) {
    this.rank = rank;
    this.bytes = new StaticArray<u8>(CAPACITIES[rank]);
  }
}

/** What one rollout's captures take together, and may take. */
export class CaptureBudget {
  held: i32 = 0;
  max: i32;

  constructor(max: i32) {
    this.max = max;
  }
}

const idle: Capture[][] = [[], [], [], [], []];
let idleBytes: i32 = 0;

/** An empty capture for so many bytes; null when that is too many, or over the budget. */
export function takeCapture(budget: CaptureBudget, bytes: i32): Capture | null {
  let rank = 0;
  while (rank < CAPACITIES.length && unchecked(CAPACITIES[rank]) < bytes) rank++;
  if (rank === CAPACITIES.length) return null;
  const capacity = unchecked(CAPACITIES[rank]);
  if (budget.held + capacity > budget.max) return null;
  budget.held += capacity;
  const shelf = unchecked(idle[rank]);
  if (shelf.length === 0) return new Capture(rank);
  const capture = shelf.pop();
  idleBytes -= capacity;
  capture.length = 0;
  return capture;
}

/** Gives a capture back. */
export function releaseCapture(budget: CaptureBudget, capture: Capture): void {
  const capacity = capture.bytes.length;
  budget.held -= capacity;
  if (idleBytes + capacity > IDLE_BYTES_MAX) {
    addLitter(capacity);
    return;
  }
  idleBytes += capacity;
  unchecked(idle[capture.rank]).push(capture);
}

/**
 * Appends bytes, in a larger capture when they do not fit. Returns the capture that now holds
 * all, or null when there was no room for it: the one given is then as it was.
 */
export function appendCapture(
  budget: CaptureBudget,
  capture: Capture,
  from: StaticArray<u8>,
  count: i32,
): Capture | null {
  const length = capture.length + count;
  let target = capture;
  if (length > capture.bytes.length) {
    const larger = takeCapture(budget, length);
    if (larger === null) return null;
    copyBytes(capture.bytes, 0, larger.bytes, 0, capture.length);
    larger.length = capture.length;
    releaseCapture(budget, capture);
    target = larger;
  }
  copyBytes(from, 0, target.bytes, target.length, count);
  target.length = length;
  return target;
}
