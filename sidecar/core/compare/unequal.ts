import { isLongFromNumber, type JsonArray } from "./jsonValue.ts";

/** Two arrays that are compared element by element. */
export type Arrays = { readonly primary: JsonArray; readonly candidate: JsonArray };

/** The first index from `start` on at which two arrays do not hold the same scalar; one that ends there holds nothing. */
export function nextUnequal(arrays: Arrays, start: number): number {
  const { primary, candidate } = arrays;
  const end = Math.max(start, Math.min(primary.length, candidate.length));
  return isLongFromNumber(primary) && isLongFromNumber(candidate)
    ? nextUnequalNumber(arrays, start, end)
    : nextUnequalValue(arrays, start, end);
}

function nextUnequalValue({ primary, candidate }: Arrays, start: number, end: number): number {
  let index = start;
  while (index < end && primary.at(index) === candidate.at(index)) {
    index += 1;
  }
  return index;
}

function nextUnequalNumber({ primary, candidate }: Arrays, start: number, end: number): number {
  let index = start;
  while (index < end && primary[index] === candidate[index]) {
    index += 1;
  }
  return index;
}
