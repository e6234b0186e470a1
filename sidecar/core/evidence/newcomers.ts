import type { Observation, Variant } from "../observation.ts";
import type { Plan } from "../plan/plan.ts";
import { ALL_BP, type BasisPoints, type Traffic } from "../traffic.ts";
import { countHit, hits, type Tally } from "./tally.ts";

/** How many users are remembered in a book's life, and how many may wait in open windows. */
export const SUBJECTS_MAX = 10_000;
export const SUBJECTS_OPEN_MAX = 2_000;
/** Generations of traffic whose weight is remembered. */
const WEIGHTS_MAX = 16;

/**
 * Users by their salted hash, each counted once in a rollout: in the first window in which it was seen while the traffic was split at random.
 * Later it tells nothing new of the split, and what it meets there may be its own habit.
 *
 * Bounded. A book counts the users of its own slice of hashes, half of those that the books before it left over, as it can't know whom they
 * counted; the slice is halved when open windows hold too many, and no user is counted any more once too many are remembered. None of
 * this looks at what was answered.
 */
export type Newcomers = {
  /** Which book of the rollout, from 1. */
  readonly life: number;
  readonly seen: Set<number>;
  /** The part of the slice that is looked at. */
  share: number;
  /** Users in open windows. */
  waiting: number;
  isFull: boolean;
  readonly weights: Map<number, BasisPoints>;
};

/** A window's users who may be new, by a number made of their hash. */
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
  return { life, seen: new Set(), share: 1, waiting: 0, isFull: false, weights: new Map() };
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
  if (newcomers.isFull || waiting.isCrowded) {
    return false;
  }
  const candidateBp = newcomers.weights.get(generation) ?? 0;
  const isSplit = candidateBp > 0 && candidateBp < ALL_BP;
  return isSplit && isInSlice(newcomers.life, waiting.share, subject);
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
  const { subject } = observation;
  const id = Number.parseInt(subject.slice(-7), 16);
  let known = waiting.subjects.get(id);
  if (known === undefined) {
    if (newcomers.waiting >= SUBJECTS_OPEN_MAX) {
      crowd(newcomers, request.windows());
      return;
    }
    known = { served: observation.served, generation: observation.generation, hits: 0 };
    waiting.subjects.set(id, known);
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
  if (subjects.size > 0 && newcomers.seen.size + subjects.size > SUBJECTS_MAX) {
    newcomers.isFull = true;
  }
  const { generation } = window.tally;
  const candidateBp = newcomers.weights.get(generation) ?? 0;
  if (newcomers.isFull || candidateBp === 0 || candidateBp === ALL_BP) {
    return;
  }
  const assigned = { generation, candidateBp, primary: 0, candidate: 0 };
  for (const [id, subject] of subjects) {
    if (subject.generation === generation && !newcomers.seen.has(id)) {
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

/** Life k has the hashes from 1 - 2^(1-k) to 1 - 2^-k, or the first `share` of them. */
function isInSlice(life: number, share: number, subject: string): boolean {
  const place = Number.parseInt(subject.slice(0, 4), 16) / 65_536;
  const width = 2 ** -life;
  const begin = 1 - 2 * width;
  return subject.length >= 16 && place >= begin && place < begin + width * share;
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
