import assert from "node:assert/strict";
import { test } from "node:test";
import {
  logBlockAbove,
  logBlockBelow,
  logBlockBeyond,
} from "../../sidecar/core/evidence/blocks.ts";
import type { Count } from "../../sidecar/core/evidence/count.ts";
import type { RateBatch } from "../../sidecar/core/evidence/rate.ts";

/** Chance of k successes in n trials of chance p. */
function binomial({ n, k }: Count, p: number): number {
  let chance = (1 - p) ** (n - k) * p ** k;
  for (let index = 1; index <= k; index += 1) {
    chance *= (n - k + index) / index;
  }
  return chance;
}

/** The mean of exp(logE) over every outcome of a batch in which both variants have one rate each. */
function meanOverBatch(
  size: { readonly primary: number; readonly candidate: number },
  rates: { readonly primary: number; readonly candidate: number },
  logE: (batch: RateBatch) => number,
): number {
  let mean = 0;
  for (let a = 0; a <= size.primary; a += 1) {
    for (let b = 0; b <= size.candidate; b += 1) {
      const batch = {
        primary: { n: size.primary, k: a },
        candidate: { n: size.candidate, k: b },
      };
      const chance =
        binomial(batch.primary, rates.primary) * binomial(batch.candidate, rates.candidate);
      mean += chance * Math.exp(logE(batch));
    }
  }
  return mean;
}

const pasts: readonly RateBatch[] = [
  { primary: { n: 0, k: 0 }, candidate: { n: 0, k: 0 } },
  { primary: { n: 10, k: 5 }, candidate: { n: 10, k: 9 } },
  { primary: { n: 100, k: 50 }, candidate: { n: 20, k: 4 } },
  { primary: { n: 50, k: 2 }, candidate: { n: 50, k: 48 } },
];
const sizes = [
  { primary: 1, candidate: 1 },
  { primary: 5, candidate: 2 },
  { primary: 3, candidate: 8 },
];
const grid = [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99];

function largestBlockMean(
  logE: (past: RateBatch, batch: RateBatch, margin: number) => number,
  isNull: (rates: { primary: number; candidate: number }, margin: number) => boolean,
): { readonly largest: number; readonly cases: number } {
  let [largest, cases] = [0, 0];
  for (const margin of [1, 1.25, 2]) {
    const all = grid.flatMap((primary) =>
      [...grid, margin * primary]
        .filter((candidate) => candidate <= 1)
        .map((candidate) => ({ primary, candidate })),
    );
    for (const rates of all.filter((each) => isNull(each, margin))) {
      for (const past of pasts) {
        for (const size of sizes) {
          cases += 1;
          largest = Math.max(
            largest,
            meanOverBatch(size, rates, (batch) => logE(past, batch, margin)),
          );
        }
      }
    }
  }
  return { largest, cases };
}

test("a block's factor has a mean of at most 1 for every pair of rates in its null, whatever the past", () => {
  const beyond = largestBlockMean(
    logBlockBeyond,
    ({ primary, candidate }, margin) => candidate <= margin * primary,
  );
  const below = largestBlockMean(
    logBlockBelow,
    ({ primary, candidate }, margin) => candidate >= margin * primary,
  );
  assert(beyond.cases > 800 && below.cases > 300, `${beyond.cases} and ${below.cases}`);
  assert(beyond.largest <= 1 + 1e-12, `${beyond.largest}`);
  assert(below.largest <= 1 + 1e-12, `${below.largest}`);
  const above = largestBlockMean(logBlockAbove, ({ candidate }, margin) => candidate <= margin - 1);
  assert(above.cases > 0 && above.largest <= 1 + 1e-12, `${above.largest}`);
});

test("the block enumeration would notice the wrong side", () => {
  assert(
    largestBlockMean(logBlockBeyond, ({ primary, candidate }) => candidate > 2 * primary).largest >
      1.01,
  );
});
