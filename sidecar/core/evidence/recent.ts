import type { Observation, Variant } from "../observation.ts";
import type { Breaker } from "../plan/plan.ts";
import type { Count } from "./count.ts";
import { failed } from "./outcome.ts";

/** Request ids that are remembered. */
export const REQUEST_IDS_MAX = 4_096;

/** How many of the primary's last requests the breaker looks at. */
export const BREAKER_PRIMARY = 200;
/**
 * The breaker trips only where the candidate fails so many times as often as the primary. Where many requests fail anyway, chance alone
 * would trip it sooner or later, and what both suffer is not the candidate's; there the evidence decides, and is quick.
 */
const BREAKER_RATIO = 8;

/** What is known of the last requests: for the breaker, and to count a retry once. Bounded. */
export type Recent = {
  /** Whether each of the last requests failed. */
  readonly outcomes: Readonly<Record<Variant, Outcomes>>;
  /** Request ids in two sets, so that the older half can be let go at once. */
  readonly requestIds: { newer: RequestIds; older: RequestIds };
  /** What the breaker saw when it tripped; it does once. */
  trip: Trip | undefined;
};

/** In a ring: the oldest is at `next`, once there are as many as are looked at. */
type Outcomes = { readonly failures: boolean[]; next: number };

/** Hashes of request ids, from 1 on, each at the first free slot from its own; and when the latest of their windows began. */
type RequestIds = { slots: Int32Array; count: number; lastBeginMs: number };

/** The last requests of both variants that tripped the breaker. */
export type Trip = { readonly candidate: Count; readonly primary: Count };

/** Nothing seen. */
export function noRecent(): Recent {
  return {
    outcomes: { primary: { failures: [], next: 0 }, candidate: { failures: [], next: 0 } },
    requestIds: { newer: noIds(), older: noIds() },
    trip: undefined,
  };
}

/** Lets the breaker see one more user request. */
export function watchBreaker(
  recent: Recent,
  breaker: Breaker | undefined,
  request: { readonly served: Variant; readonly isFailed: boolean },
): void {
  if (breaker === undefined || recent.trip !== undefined) {
    return;
  }
  const own = recent.outcomes[request.served];
  pushOutcome(
    own,
    request.isFailed,
    request.served === "candidate" ? breaker.requests : BREAKER_PRIMARY,
  );
  if (
    request.served !== "candidate" ||
    !request.isFailed ||
    own.failures.length < breaker.requests
  ) {
    return;
  }
  const trip = { candidate: countOf(own), primary: countOf(recent.outcomes.primary) };
  const share = trip.candidate.k / trip.candidate.n;
  const primaryShare = trip.primary.n === 0 ? 0 : trip.primary.k / trip.primary.n;
  if (share >= breaker.failures && share >= primaryShare * BREAKER_RATIO) {
    recent.trip = trip;
  }
}

/** As `watchBreaker`, of a request that was observed. */
export function watchRequest(
  recent: Recent,
  breaker: Breaker | undefined,
  { served, answer }: Observation,
): void {
  watchBreaker(recent, breaker, { served, isFailed: failed(answer) });
}

/**
 * Whether a request whose id has this hash was seen in an open window before; remembers the latest. The first to be reported counts: of
 * retries the one that failed, of hedged requests the one that was answered first, as the user saw it.
 */
export function isRepeated({ requestIds }: Recent, hash: number, beginMs: number): boolean {
  const id = (hash ^ (hash >>> 15)) & ID_BITS || 1;
  if (requestIds.newer.count >= REQUEST_IDS_MAX / 2) {
    requestIds.older = requestIds.newer;
    requestIds.newer = noIds();
  }
  const { newer, older } = requestIds;
  const slot = slotOf(newer.slots, id);
  if (newer.slots[slot] === id || older.slots[slotOf(older.slots, id)] === id) {
    return true;
  }
  if (newer.slots === EMPTY) {
    newer.slots = new Int32Array(SLOTS);
  }
  newer.slots[slot] = id;
  newer.count += 1;
  newer.lastBeginMs = Math.max(newer.lastBeginMs, beginMs);
  return false;
}

/** Forgets the request ids of windows that are closed, once all that were remembered with them are. */
export function forgetRequestIds({ requestIds }: Recent, closedUntilMs: number): void {
  if (isOver(requestIds.older, closedUntilMs)) {
    requestIds.older = noIds();
  }
  if (isOver(requestIds.newer, closedUntilMs)) {
    requestIds.newer = noIds();
  }
}

function isOver({ count, lastBeginMs }: RequestIds, closedUntilMs: number): boolean {
  return count > 0 && lastBeginMs < closedUntilMs;
}

/** Twice as many slots as ids, so that a free one is near. */
const SLOTS = REQUEST_IDS_MAX;
const LAST_SLOT = SLOTS - 1;
/** Two ids are taken for one in a few of a million requests, whatever they were answered. */
const ID_BITS = 0x3fffffff;

/** Stands for all that are empty, so that idle rollouts cost nothing; never written to. */
const EMPTY = new Int32Array(SLOTS);

function noIds(): RequestIds {
  return { slots: EMPTY, count: 0, lastBeginMs: Number.NEGATIVE_INFINITY };
}

/** Where an id is, or would be. */
function slotOf(slots: Int32Array, id: number): number {
  let at = id & LAST_SLOT;
  for (let held = slots[at]; held !== 0 && held !== id; held = slots[at]) {
    at = (at + 1) & LAST_SLOT;
  }
  return at;
}

function pushOutcome(outcomes: Outcomes, isFailed: boolean, max: number): void {
  outcomes.failures[outcomes.next] = isFailed;
  outcomes.next = (outcomes.next + 1) % max;
}

function countOf({ failures }: Outcomes): Count {
  return { n: failures.length, k: failures.filter((isFailed) => isFailed).length };
}
