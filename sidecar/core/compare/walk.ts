import { indexState, namedState, nameState, type PathState } from "./automaton.ts";
import { canonicalText } from "./canonical.ts";
import type { Contents, Difference } from "./comparison.ts";
import { contentsOf, type Found, kindOf } from "./contents.ts";
import {
  isArray,
  isContainer,
  isObject,
  type JsonObject,
  type JsonValue,
  membersIn,
} from "./jsonValue.ts";
import { closeNumbers, isNumber } from "./number.ts";
import { type Place, pathText } from "./pathText.ts";
import { isSimilar, SIMILARITY_WORK_MAX, type SimilarityWork } from "./similarity.ts";
import { nameOf } from "./tensors.ts";
import { type Arrays, nextUnequal } from "./unequal.ts";
import { matchPairwise, matchTexts, type Unmatched } from "./unordered.ts";

/** Where differences are written. */
export type Differences = {
  /** The first `DIFFERENCES_MAX`. */
  readonly listed: Difference[];
  /** What is there in both, in the same order. */
  readonly contents: Contents[];
  /** All of them, listed or not. */
  count: number;
};

/** Most differences that are listed; the rest are counted. */
export const DIFFERENCES_MAX = 32;
/** Longest unordered arrays whose elements are matched under tolerances; longer ones are matched exactly. */
export const MATCH_LENGTH_MAX = 64;
/** Values that matching under tolerances may look at in one pair of answers; what is unmatched by then differs. */
export const MATCH_WORK_MAX = 100_000;

/** Two values to compare, and the rules for them and what is below them. */
export type Both = {
  readonly primary: JsonValue;
  readonly candidate: JsonValue;
  readonly state: PathState | undefined;
};

type Spot = Both & Place;
/** What is in one place in both documents, or in one of them only. */
type Elements = Found & Place;
type Work = { left: number; readonly similarity: SimilarityWork };
type Search = {
  readonly found: Differences;
  /** Pairs of arrays and pairs of objects that are still to be looked into. */
  readonly queue: Spot[];
  /** Shared with the searches that matching starts inside this one. */
  readonly work: Work;
};

/** Writes every difference of two values, the shallowest first. Without recursion into the documents. */
export function findDifferences(both: Both, found: Differences): void {
  const search: Search = { found, queue: [], work: newWork() };
  begin(search, both);
  for (let head = 0; head < search.queue.length; head += 1) {
    const spot = search.queue[head];
    if (spot !== undefined) {
      lookInto(search, spot);
    }
  }
}

/** Whether two values do not differ under their rules. */
export function equalValues(both: Both): boolean {
  return both.primary === both.candidate || equalWithin(newWork(), both);
}

function newWork(): Work {
  return { left: MATCH_WORK_MAX, similarity: { left: SIMILARITY_WORK_MAX } };
}

/** Stops at the first difference and when the work is spent, which counts as one. */
function equalWithin(work: Work, both: Both): boolean {
  const search: Search = { found: { listed: [], contents: [], count: 0 }, queue: [], work };
  begin(search, both);
  for (let head = 0; head < search.queue.length && search.found.count === 0; head += 1) {
    const spot = search.queue[head];
    if (spot === undefined || !spend(work, sizeOf(spot.primary) + sizeOf(spot.candidate))) {
      return false;
    }
    lookInto(search, spot);
  }
  return search.found.count === 0;
}

function spend(work: Work, cost: number): boolean {
  work.left -= cost;
  return work.left >= 0;
}

function sizeOf(value: JsonValue): number {
  return isContainer(value) ? 1 + Object.keys(value).length : 1;
}

function begin(search: Search, { primary, candidate, state }: Both): void {
  if (primary !== candidate && state?.ignored !== true) {
    compareSpot(search, { parent: undefined, key: "", primary, candidate, state });
  }
}

/** Compares two values that are not the same scalar; containers of one kind are queued. */
function compareSpot(search: Search, spot: Spot): void {
  const { primary, candidate } = spot;
  if (isContainer(primary) && isContainer(candidate) && isArray(primary) === isArray(candidate)) {
    search.queue.push(spot);
  } else if (!agree(search.work, spot)) {
    note(search, spot, spot);
  }
}

const EXACT = { absolute: 0, relative: 0 };

/** Whether two values that are not the same are close enough under their rules. */
function agree(work: Work, { primary, candidate, state }: Spot): boolean {
  if (isNumber(primary) && isNumber(candidate)) {
    return closeNumbers(primary, candidate, state ?? EXACT);
  }
  return (
    state !== undefined &&
    state.similarity < 1 &&
    typeof primary === "string" &&
    typeof candidate === "string" &&
    isSimilar({ a: primary, b: candidate }, state.similarity, work.similarity)
  );
}

function lookInto(search: Search, spot: Spot): void {
  const { primary, candidate } = spot;
  if (isArray(primary) && isArray(candidate)) {
    if (spot.state?.unordered === true) {
      compareUnordered(search, spot, { primary, candidate });
    } else {
      compareArrays(search, spot, { primary, candidate });
    }
  } else if (isObject(primary) && isObject(candidate)) {
    compareObjects(search, spot, { primary, candidate });
  }
}

type Objects = { readonly primary: JsonObject; readonly candidate: JsonObject };

function compareObjects(search: Search, spot: Spot, objects: Objects): void {
  let shared = 0;
  for (const key in objects.primary) {
    const primary = objects.primary[key];
    const candidate = objects.candidate[key];
    if (primary === undefined || primary === candidate) {
      shared += 1;
      continue;
    }
    const isShared = candidate !== undefined && Object.hasOwn(objects.candidate, key);
    shared += Number(isShared);
    const state = nameState(spot.state, key);
    if (state?.ignored !== true) {
      const given = isShared ? candidate : undefined;
      compareElements(search, { parent: spot, key, primary, candidate: given, state });
    }
  }
  if (membersIn(objects.candidate) > shared) {
    findExtra(search, spot, objects);
  }
}

function findExtra(search: Search, spot: Spot, objects: Objects): void {
  for (const key in objects.candidate) {
    const state = nameState(spot.state, key);
    if (!Object.hasOwn(objects.primary, key) && state?.ignored !== true) {
      const candidate = objects.candidate[key];
      note(search, { parent: spot, key }, { primary: undefined, candidate, state });
    }
  }
}

function compareArrays(search: Search, spot: Spot, arrays: Arrays): void {
  const length = Math.max(arrays.primary.length, arrays.candidate.length);
  for (let index = nextUnequal(arrays, 0); index < length; index = nextUnequal(arrays, index + 1)) {
    const primary = arrays.primary.at(index);
    const candidate = arrays.candidate.at(index);
    const key = spot.state?.named === true ? (nameOf(primary ?? candidate) ?? index) : index;
    const state =
      typeof key === "string" ? namedState(spot.state, key, index) : indexState(spot.state, index);
    if (state?.ignored !== true) {
      compareElements(search, { parent: spot, key, primary, candidate, state });
    }
  }
}

function compareElements(search: Search, elements: Elements): void {
  if (isSpot(elements)) {
    compareSpot(search, elements);
  } else {
    note(search, elements, elements);
  }
}

function isSpot(elements: Elements): elements is Spot {
  return elements.primary !== undefined && elements.candidate !== undefined;
}

/** Compares as multisets. Rules for a single index of an array without order mean nothing and are not looked at. */
function compareUnordered(search: Search, spot: Spot, arrays: Arrays): void {
  const state = spot.state?.otherIndex;
  if (state?.ignored === true) {
    return;
  }
  const { missing, extra } = matchElements(search.work, arrays, state);
  for (const key of missing) {
    const primary = arrays.primary[key];
    note(search, { parent: spot, key }, { primary, candidate: undefined, state });
  }
  for (const key of extra) {
    const candidate = arrays.candidate[key];
    note(search, { parent: spot, key }, { primary: undefined, candidate, state });
  }
}

function matchElements(work: Work, arrays: Arrays, state: PathState | undefined): Unmatched {
  const { primary, candidate } = arrays;
  if (state?.tolerant === true && Math.max(primary.length, candidate.length) <= MATCH_LENGTH_MAX) {
    return matchPairwise({
      primaryLength: primary.length,
      candidateLength: candidate.length,
      same: (left, right) =>
        equalWithin(work, {
          primary: primary[left] ?? null,
          candidate: candidate[right] ?? null,
          state,
        }),
    });
  }
  const textOf = (element: JsonValue): string => {
    const text = canonicalText(element, state);
    work.left -= text.length >> 2;
    return text;
  };
  return matchTexts(primary.map(textOf), candidate.map(textOf));
}

function note(search: Search, place: Place, found: Found): void {
  if (search.found.count < DIFFERENCES_MAX) {
    search.found.listed.push({ path: pathText(place), kind: kindOf(found) });
    search.found.contents.push(contentsOf(found));
  }
  search.found.count += 1;
}
