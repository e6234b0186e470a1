import { seeded } from "../simulate/random.ts";
import { MISSING } from "./binning.ts";
import { hashNumbers } from "./hash.ts";
import { BUCKETS } from "./logistic.ts";
import type { FeatureCoding, RowCodes } from "./rowCodes.ts";

/** Pairs of features that are looked at together. */
const PAIRS_MAX = 256;

/** Two features' places in a row's codes. */
export type Pair = readonly [number, number];

/** Which pairs of features are looked at together: all, or of more than 256 so many chosen at random. */
export function pairsOf(features: number, seed: number): readonly Pair[] {
  const pairs: Pair[] = [];
  const all = (features * (features - 1)) / 2;
  const random = seeded(seed);
  let wanted = Math.min(all, PAIRS_MAX);
  let left = all;
  for (let one = 0; one < features; one += 1) {
    for (let other = one + 1; other < features; other += 1) {
      // Each of the pairs left is taken with the chance that makes any choice of so many equally likely (Knuth's algorithm S).
      if (random.next() * left < wanted) {
        pairs.push([one, other]);
        wanted -= 1;
      }
      left -= 1;
    }
  }
  return pairs;
}

/** The tokens of a row: for each feature the tenth (the category) that its value is in, for each pair the two thirds. */
export function tokensOf(
  codings: readonly FeatureCoding[],
  pairs: readonly Pair[],
  codes: RowCodes,
): Int32Array {
  const coarse = codings.map((coding, index) => groupOf(coding.coarse, codes[index]));
  return Int32Array.from([
    ...codings.map((coding, index) => single(index, groupOf(coding.fine, codes[index]))),
    ...pairs.map((pair) => double(pair, [coarse[pair[0]] ?? MISSING, coarse[pair[1]] ?? MISSING])),
  ]);
}

/** The group of a bin; MISSING for none. */
export function groupOf(groups: readonly number[], code: number | undefined): number {
  return groups[code ?? MISSING] ?? MISSING;
}

/** The bucket of a feature's group. */
export function single(feature: number, group: number): number {
  return hashNumbers(feature, group) % BUCKETS;
}

/** The bucket of the groups of a pair. */
export function double(pair: Pair, groups: readonly [number, number]): number {
  return hashNumbers(...pair, ...groups) % BUCKETS;
}
