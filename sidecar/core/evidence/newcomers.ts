import type { Observation, Variant } from "../observation.ts";
import type { Plan } from "../plan/plan.ts";
import { ALL_BP, type BasisPoints, type Traffic } from "../traffic.ts";
import { countHit, hits, type Tally } from "./tally.ts";

/** How many users are remembered in a book's life, and how many may wait in open windows. */
export const SUBJECTS_MAX = 8_000;
export const SUBJECTS_OPEN_MAX = 2_000;
/** Generations of traffic whose weight is remembered. */
const WEIGHTS_MAX = 16;

/**
 * Users by their salted hash, each counted once in a rollout: in the first window in which it was seen while the traffic was split at random.
 * Later it tells nothing new of the split, and what it meets there may be its own habit.
 *
 * Bounded. A book counts the users of its own slice of hashes, half of those that the books before it left over, as it can't know whom they
 * counted. The part of the slice that is looked at is halved whenever too many are remembered or wait in open windows; who falls outside can
 * then be forgotten, as he is never looked at again. So it is always a random part of all users, and new ones go on counting. None of this
 * looks at what was answered.
 */
export type Newcomers = {
  /** Which book of the rollout, from 1. */
  readonly life: number;
  readonly seen: Set<number>;
  /** The part of the slice that is looked at; it only shrinks. */
  share: number;
  /** Users in open windows. */
  waiting: number;
  readonly weights: Map<number, BasisPoints>;
};

/** A window's users who may be new, by the number in their observations. */
export type Waiting = {
  readonly share: number;
  readonly subjects: Map<number, Subject>;
  isCrowded: boolean;
};

type Subject = {
  readonly served: Variant;
  readonly generation: number;
  /** The guardrails by user that one of its requests counted against: a bit for each, by its place in the plan. */
  hits: number;
};

/** Nobody seen, in a book's life of this number. */
export function noNewcomers(life: number): Newcomers {
  return { life, seen: new Set(), share: 1, waiting: 0, weights: new Map() };
}

/** A window without users. */
export function nobodyWaiting({ share }: Newcomers): Waiting {
  return { share, subjects: new Map(), isCrowded: false };
}

/** Says which weight a generation of the traffic has. */
export function announceWeight({ weights }: Newcomers, { generation, candidateBp }: Traffic): void {
  weights.set(generation, candidateBp);
  for (const oldest of weights.keys()) {
    if (weights.size <= WEIGHTS_MAX) {
      break;
    }
    weights.delete(oldest);
  }
}

/** Whether a request may be of a user who is to be counted: cheap, for every request. */
export function mayBeNew(
  newcomers: Newcomers,
  waiting: Waiting,
  { generation, subject }: Observation,
): boolean {
  if (waiting.isCrowded) {
    return false;
  }
  const candidateBp = newcomers.weights.get(generation) ?? 0;
  const isSplit = candidateBp > 0 && candidateBp < ALL_BP;
  return isSplit && subject !== undefined && isInSlice(newcomers.life, waiting.share, subject);
}

/** Notes who sent a request that `mayBeNew`; `windows` are all that are open. */
export function noteSubject(
  newcomers: Newcomers,
  waiting: Waiting,
  request: {
    readonly plan: Plan;
    readonly observation: Observation;
    readonly windows: () => Iterable<Waiting>;
  },
): void {
  const { observation, plan } = request;
  const { subject = 0 } = observation;
  let known = waiting.subjects.get(subject);
  if (known === undefined) {
    if (newcomers.waiting >= SUBJECTS_OPEN_MAX) {
      crowd(newcomers, request.windows());
      return;
    }
    known = { served: observation.served, generation: observation.generation, hits: 0 };
    waiting.subjects.set(subject, known);
    newcomers.waiting += 1;
  }
  for (const [place, guardrail] of plan.guardrails.entries()) {
    if ("unit" in guardrail && guardrail.unit === "user" && hits(guardrail, observation)) {
      known.hits |= 1 << place;
    }
  }
}

/** Counts those of a closed window who are new, in its tally. */
export function countNewcomers(
  newcomers: Newcomers,
  { subjects }: Waiting,
  window: { readonly plan: Plan; readonly tally: Tally },
): void {
  newcomers.waiting -= subjects.size;
  const { generation } = window.tally;
  const candidateBp = newcomers.weights.get(generation) ?? 0;
  if (subjects.size === 0 || candidateBp === 0 || candidateBp === ALL_BP) {
    return;
  }
  makeRoom(newcomers, subjects.size);
  const assigned = { generation, candidateBp, primary: 0, candidate: 0 };
  for (const [id, subject] of subjects) {
    const isNew = isInSlice(newcomers.life, newcomers.share, id) && !newcomers.seen.has(id);
    if (subject.generation === generation && isNew) {
      newcomers.seen.add(id);
      assigned[subject.served] += 1;
      countUser(subject, window);
    }
  }
  if (assigned.primary + assigned.candidate > 0) {
    window.tally.assigned = [...window.tally.assigned, assigned];
  }
}

function countUser(
  subject: Subject,
  { plan, tally }: { readonly plan: Plan; readonly tally: Tally },
): void {
  for (const [place, guardrail] of plan.guardrails.entries()) {
    const count = tally.rates[guardrail.name]?.[subject.served];
    if (count !== undefined && "unit" in guardrail && guardrail.unit === "user") {
      countHit(count, (subject.hits & (1 << place)) !== 0);
    }
  }
}

/** Halves the share until so many more can be remembered; at the end of the places there may be none left that fit. */
function makeRoom(newcomers: Newcomers, more: number): void {
  while (newcomers.seen.size + more > SUBJECTS_MAX && newcomers.share > 0) {
    newcomers.share = newcomers.share > SHARE_MIN ? newcomers.share / 2 : 0;
    for (const id of newcomers.seen) {
      if (!isInSlice(newcomers.life, newcomers.share, id)) {
        newcomers.seen.delete(id);
      }
    }
  }
}

const PLACES = 65_536;
const TAILS = 2 ** 15;
/** Below it no place is left in the slice of the first life. */
const SHARE_MIN = 2 / PLACES;

/** A user's place are the first 16 bits of his number; life k has those from 1 - 2^(1-k) to 1 - 2^-k of all, or the first `share` of them. */
function isInSlice(life: number, share: number, subject: number): boolean {
  const width = 2 ** -life;
  const begin = 1 - 2 * width;
  const at = Math.floor(subject / TAILS) / PLACES;
  return at >= begin && at < begin + width * share;
}

/** Too many wait: those in open windows are let go, and later windows look at half of them. */
function crowd(newcomers: Newcomers, windows: Iterable<Waiting>): void {
  newcomers.share /= 2;
  newcomers.waiting = 0;
  for (const waiting of windows) {
    waiting.subjects.clear();
    waiting.isCrowded = true;
  }
}
