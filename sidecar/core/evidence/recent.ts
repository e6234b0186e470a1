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
  /** Whether each of the last requests failed, the latest last. */
  readonly outcomes: Readonly<Record<Variant, boolean[]>>;
  /** Request ids in two sets, so that the older half can be let go at once. */
  readonly requestIds: { newer: RequestIds; older: RequestIds };
  /** What the breaker saw when it tripped; it does once. */
  trip: Trip | undefined;
};

/** Hashes of request ids, and when the latest of their windows began. */
type RequestIds = { readonly ids: Set<number>; lastBeginMs: number };

/** The last requests of both variants that tripped the breaker. */
export type Trip = { readonly candidate: Count; readonly primary: Count };

/** Nothing seen. */
export function noRecent(): Recent {
  return {
    outcomes: { primary: [], candidate: [] },
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
  own.push(request.isFailed);
  if (own.length > (request.served === "candidate" ? breaker.requests : BREAKER_PRIMARY)) {
    own.shift();
  }
  if (request.served !== "candidate" || !request.isFailed || own.length < breaker.requests) {
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
 * Whether a request of this id was seen in an open window before; remembers the latest. The first to be reported counts: of
 * retries the one that failed, of hedged requests the one that was answered first, as the user saw it.
 */
export function isRepeated(recent: Recent, requestId: string, beginMs: number): boolean {
  if (requestId === "") {
    return false;
  }
  const id = hashOf(requestId);
  const { requestIds } = recent;
  if (requestIds.newer.ids.has(id) || requestIds.older.ids.has(id)) {
    return true;
  }
  if (requestIds.newer.ids.size >= REQUEST_IDS_MAX / 2) {
    requestIds.older = requestIds.newer;
    requestIds.newer = noIds();
  }
  requestIds.newer.ids.add(id);
  requestIds.newer.lastBeginMs = Math.max(requestIds.newer.lastBeginMs, beginMs);
  return false;
}

/** Forgets the request ids of windows that are closed, once all that were remembered with them are. */
export function forgetRequestIds({ requestIds }: Recent, closedUntilMs: number): void {
  if (requestIds.older.lastBeginMs < closedUntilMs) {
    requestIds.older = noIds();
  }
  if (requestIds.newer.lastBeginMs < closedUntilMs) {
    requestIds.newer = noIds();
  }
}

function noIds(): RequestIds {
  return { ids: new Set(), lastBeginMs: Number.NEGATIVE_INFINITY };
}

/** FNV-1a, 30 bits of it: two ids are taken for one in a few of a million requests, whatever they were answered. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}

function countOf(outcomes: readonly boolean[]): Count {
  return { n: outcomes.length, k: outcomes.filter((isFailed) => isFailed).length };
}
