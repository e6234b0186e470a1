import type { Comparison } from "../compare/comparison.ts";
import { logSumExp } from "../special.ts";
import { logAccurateEnough, logLessAccurate, type Paired } from "./paired.ts";

/**
 * Places of answers are told apart by so many slots, fixed in advance: a place is the path of a difference, with any index for every index
 * of a list, and falls to its slot by a hash. Two places that share a slot are judged as one.
 */
export const SLOTS = 256;

/** In which slots just one of two answers differs from the primary's: the candidate's (`worse`), or the primary's own second one (`better`). */
export type Excess = { readonly worse: readonly number[]; readonly better: readonly number[] };

/** Requests with a second answer of the primary, and of these by slot, those in which just one answer differs. */
export type Excesses = {
  readonly n: number;
  readonly worse: Readonly<Record<string, number>>;
  readonly better: Readonly<Record<string, number>>;
};

/** No such request yet. */
export const NO_EXCESSES: Excesses = { n: 0, worse: {}, better: {} };

/**
 * What a request says whose primary's answer was compared with the candidate's, and with its own second one; undefined when a cut body hides
 * whether they differ. Looks at the differences that are listed.
 */
export function excessOf(candidate: Comparison, secondary: Comparison): Excess | undefined {
  if (isHidden(candidate) || isHidden(secondary)) {
    return undefined;
  }
  const ofCandidate = slotsOf(candidate);
  const ofSecondary = slotsOf(secondary);
  return {
    worse: [...ofCandidate].filter((slot) => !ofSecondary.has(slot)),
    better: [...ofSecondary].filter((slot) => !ofCandidate.has(slot)),
  };
}

/** Sums two counts. */
export function addExcesses(a: Excesses, b: Excesses): Excesses {
  return { n: a.n + b.n, worse: addSlots(a.worse, b.worse), better: addSlots(a.better, b.better) };
}

/** The count of one request. */
export function countExcess({ worse, better }: Excess): Excesses {
  return { n: 1, worse: onesOf(worse), better: onesOf(better) };
}

/**
 * ln of the e-process against "in no slot does the candidate's answer differ from the primary's more often, by more than `margin` of the
 * requests, than the primary's second answer does".
 *
 * On one request let X be whether the candidate's answer differs in a slot and Y whether the second one does. Within the limit
 * E[X - Y | past] <= margin, whatever the noise is and however it changes: for equal versions E[X - Y] is 0, as the two are exchangeable.
 * Each slot has the e-process of a bounded difference (`logLessAccurate`); all slots are known in advance and grow by the same requests, so
 * their mean is one too, and reaches 1/alpha with a chance of at most alpha.
 */
export function logExcessBeyond(seen: Excesses, margin: number): number {
  const { used, unused, unusedCount } = slotsIn(seen);
  const logUnused = Math.log(unusedCount) + logLessAccurate(unused, margin);
  const logUsed = used.map((paired) => logLessAccurate(paired, margin));
  return logSumExp([logUnused, ...logUsed]) - Math.log(SLOTS);
}

/** ln of the e-value against "in some slot it does": the least of the slots', as one is enough to be beyond the limit. */
export function logExcessWithin(seen: Excesses, margin: number): number {
  const { used, unused } = slotsIn(seen);
  return used.reduce(
    (least, paired) => Math.min(least, logAccurateEnough(paired, margin)),
    logAccurateEnough(unused, margin),
  );
}

/** The slot in which the candidate differs most beyond the noise. */
export function worstSlot(seen: Excesses): Paired {
  const { used, unused } = slotsIn(seen);
  return used.reduce(
    (worst, slot) => (slot.worse - slot.better > worst.worse - worst.better ? slot : worst),
    unused,
  );
}

const NEEDED_MAX = 1e9;

/** About how many more such requests until `logExcessWithin` reaches the limit, if all goes on as before; undefined when it never would. */
export function excessesNeeded(
  seen: Excesses,
  goal: { readonly margin: number; readonly logLimit: number },
): number | undefined {
  const { worse, better } = worstSlot(seen);
  for (let more = 1; more < NEEDED_MAX; more = Math.ceil(more * 1.05)) {
    const growth = (seen.n + more) / Math.max(1, seen.n);
    const at = { worse: worse * growth, better: better * growth };
    const tied = Math.max(0, seen.n + more - at.worse - at.better);
    if (logAccurateEnough({ ...at, tied }, goal.margin) >= goal.logLimit) {
      return more;
    }
  }
  return undefined;
}

/** The slots in which anything was seen, and one of all the others, which are alike. */
function slotsIn({ n, worse, better }: Excesses): {
  readonly used: readonly Paired[];
  readonly unused: Paired;
  readonly unusedCount: number;
} {
  const slots = new Set([...Object.keys(worse), ...Object.keys(better)]);
  const used = [...slots].map((slot) => {
    const counts = { worse: worse[slot] ?? 0, better: better[slot] ?? 0 };
    return { ...counts, tied: n - counts.worse - counts.better };
  });
  return {
    used,
    unused: { worse: 0, better: 0, tied: n },
    unusedCount: SLOTS - slots.size,
  };
}

function isHidden({ method, equal }: Comparison): boolean {
  return method === "truncated" && equal;
}

function slotsOf({ differences }: Comparison): ReadonlySet<number> {
  return new Set(differences.map(({ path }) => slotOf(path.replaceAll(/\[\d+\]/g, "[*]"))));
}

/** FNV-1a (Fowler, Noll, Vo) over UTF-16 code units. */
function slotOf(place: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < place.length; at += 1) {
    hash = Math.imul(hash ^ place.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) % SLOTS;
}

function onesOf(slots: readonly number[]): Readonly<Record<string, number>> {
  return Object.fromEntries(slots.map((slot) => [slot, 1]));
}

function addSlots(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum: Record<string, number> = { ...a };
  for (const [slot, count] of Object.entries(b)) {
    sum[slot] = (sum[slot] ?? 0) + count;
  }
  return sum;
}
