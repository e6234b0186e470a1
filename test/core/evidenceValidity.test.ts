import assert from "node:assert/strict";
import { test } from "node:test";
import type { Count } from "../../sidecar/core/evidence/count.ts";
import { type LogEValues, logEValues } from "../../sidecar/core/evidence/eValues.ts";
import type { RateEvidence } from "../../sidecar/core/evidence/evidence.ts";
import { type RateBatch, rateSums } from "../../sidecar/core/evidence/rate.ts";
import {
  type Bet,
  betsAbove,
  betsBelow,
  logThreshold,
} from "../../sidecar/core/evidence/threshold.ts";
import { batchOf, disagreement, evidenceOf, planWith } from "../support/evidence.ts";

/** Chance of each number of events among requests with these chances, independent but not alike. */
function eventsOf(chances: readonly number[]): readonly number[] {
  let sums = [1];
  for (const p of chances) {
    sums = afterOneMore(sums, p);
  }
  return sums;
}

/** Chance of each number of events when one more request with chance p joins. */
function afterOneMore(sums: readonly number[], p: number): number[] {
  return [...sums, 0].map((chance, k) => chance * (1 - p) + (sums[k - 1] ?? 0) * p);
}

/** Every outcome of one batch, with its chance. */
function outcomes(
  candidate: readonly number[],
  primary: readonly number[],
): readonly { readonly chance: number; readonly seen: RateBatch }[] {
  const primaryEvents = eventsOf(primary);
  return eventsOf(candidate).flatMap((candidateChance, candidateK) =>
    primaryEvents.map((primaryChance, primaryK) => ({
      chance: candidateChance * primaryChance,
      seen: {
        candidate: { n: candidate.length, k: candidateK },
        primary: { n: primary.length, k: primaryK },
      },
    })),
  );
}

/** n chances whose mean is p: alike when spread is 0, else as far apart as it says and [0, 1] lets them. */
function chances(n: number, p: number, spread: number): readonly number[] {
  const reach = spread * Math.min(p, 1 - p);
  return Array.from({ length: n }, (_, index) => {
    const paired = index < n - (n % 2);
    return paired ? p + (index % 2 === 0 ? reach : -reach) : p;
  });
}

const sizes = [
  { candidate: 1, primary: 1 },
  { candidate: 1, primary: 9 },
  { candidate: 2, primary: 5 },
  { candidate: 4, primary: 4 },
  { candidate: 6, primary: 1 },
];
const primaryRates = [0.001, 0.01, 0.1, 0.3, 0.6, 0.95];
const spreads = [0, 0.5, 1];

type Null = { readonly margin: number; readonly batch: ReturnType<typeof outcomes> };

/** Batches in which the candidate's mean rate is so many times the margin times the primary's. */
function batchesAt(multiples: readonly number[]): readonly Null[] {
  return [1, 1.25, 1.5, 3].flatMap((margin) =>
    sizes.flatMap(({ candidate, primary }) =>
      primaryRates.flatMap((p) =>
        multiples
          .map((multiple) => p * margin * multiple)
          .filter((rate) => rate <= 1)
          .flatMap((rate) =>
            spreads.map((spread) => ({
              margin,
              batch: outcomes(chances(candidate, rate, spread), chances(primary, p, spread)),
            })),
          ),
      ),
    ),
  );
}

function largestMean(nulls: readonly Null[], side: "beyond" | "below"): number {
  let largest = 0;
  for (const { margin, batch } of nulls) {
    const means = new Array<number>(24).fill(0);
    for (const { chance, seen } of batch) {
      for (const [index, sum] of rateSums({ margin, tolerance: 0 }, [seen])[side].entries()) {
        means[index] = (means[index] ?? 0) + chance * Math.exp(sum);
      }
    }
    largest = Math.max(largest, ...means);
  }
  return largest;
}

test("every bet beyond the margin has a mean of at most 1 while the ratio is within it", () => {
  const nulls = batchesAt([0, 0.2, 0.7, 0.95, 1]);
  assert(nulls.length > 1_000);
  const largest = largestMean(nulls, "beyond");
  assert(largest <= 1 + 1e-12, `${largest}`);
});

test("every bet below the margin has a mean of at most 1 while the ratio is beyond it", () => {
  const nulls = batchesAt([1, 1.05, 1.5, 5, 50]);
  assert(nulls.length > 600);
  const largest = largestMean(nulls, "below");
  assert(largest <= 1 + 1e-12, `${largest}`);
});

test("a bet beyond has a mean of at most 1 after each batch of a block, in either case", () => {
  const margin = 1.5;
  const tolerance = 0.1;
  const first = { candidate: 3, primary: 2 };
  const second = { candidate: 1, primary: 4 };
  for (const { p, q } of [
    { p: 0.02, q: 0.1 },
    { p: 0.4, q: 0.6 },
    { p: 1 / 15, q: 0.1 },
  ]) {
    const means = new Array<number>(24).fill(0);
    for (const one of outcomes(chances(first.candidate, q, 0.5), chances(first.primary, p, 0.5))) {
      for (const two of outcomes(chances(second.candidate, q, 0), chances(second.primary, p, 1))) {
        const { beyond } = rateSums({ margin, tolerance }, [one.seen, two.seen]);
        for (const [bet, sum] of beyond.entries()) {
          means[bet] = (means[bet] ?? 0) + one.chance * two.chance * Math.exp(sum);
        }
      }
    }
    assert(Math.max(...means) <= 1 + 1e-12, `${Math.max(...means)}`);
  }
});

test("the ratio's enumeration would notice bets on the wrong side", () => {
  assert(largestMean(batchesAt([1.5]), "beyond") > 1.01);
  assert(largestMean(batchesAt([0.5]), "below") > 1.01);
});

function logEValuesOf(known: RateEvidence, tolerance: number): LogEValues {
  return logEValues({ guardrails: { known }, segments: [] }, "known", tolerance);
}

/** Largest mean e-value of one batch over candidates placed by `rateOf` relative to the limits. */
function largestOverall(
  side: "bad" | "good",
  rateOf: (limits: { ratio: number; tolerance: number }) => readonly number[],
): number {
  let largest = 0;
  for (const tolerance of [0.005, 0.05, 0.3]) {
    for (const { candidate, primary } of sizes) {
      for (const p of primaryRates) {
        const rates = rateOf({ ratio: 1.5 * p, tolerance }).filter((rate) => rate <= 1);
        for (const rate of rates) {
          const batch = outcomes(chances(candidate, rate, 0.5), chances(primary, p, 0.5));
          const mean = batch.reduce((sum, { chance, seen }) => {
            const known = {
              kind: "rate",
              ...seen,
              sums: rateSums({ margin: 1.5, tolerance }, [seen]),
            } as const;
            return sum + chance * Math.exp(logEValuesOf(known, tolerance)[side]);
          }, 0);
          largest = Math.max(largest, mean);
        }
      }
    }
  }
  return largest;
}

test("a rate's bad e-value has a mean of at most 1 within the ratio's margin or below the tolerance", () => {
  const withinEither = largestOverall("bad", ({ ratio, tolerance }) => {
    const limit = Math.max(ratio, tolerance);
    return [0, 0.5 * limit, 0.9 * limit, Math.min(1, limit)];
  });
  assert(withinEither <= 1 + 1e-12, `${withinEither}`);
  assert(largestOverall("bad", () => [1]) > 2);
});

test("a rate's good e-value has a mean of at most 1 beyond the ratio's margin and above the tolerance", () => {
  const beyondBoth = largestOverall("good", ({ ratio, tolerance }) => {
    const limit = Math.max(ratio, tolerance);
    return [limit, 1.1 * limit, 2 * limit, 1].filter((rate) => rate >= limit);
  });
  assert(beyondBoth <= 1 + 1e-12, `${beyondBoth}`);
  assert(largestOverall("good", () => [0]) > 1.01);
});

test("a bad e-value over three generations has a mean of at most 1", () => {
  const plan = planWith([{ ...disagreement, tolerance: 0.2 }]);
  const counts = eventsOf([0.2, 0.2, 0.2]).map((chance, k) => ({ chance, count: { n: 3, k } }));
  let mean = 0;
  let last = 0;
  for (const first of counts) {
    for (const second of counts) {
      for (const third of counts) {
        const batches = [first, second, third].map(({ count }, index) =>
          batchOf({ generation: index + 1, pairs: count }),
        );
        const { bad } = logEValues(evidenceOf(plan, batches), "disagreement", 0.2);
        mean += first.chance * second.chance * third.chance * Math.exp(bad);
        last = bad;
      }
    }
  }
  assert(mean <= 1 + 1e-12 && mean > 0.999, `${mean}`);
  assert(last > 5, "what always disagrees is strong evidence");
});

/** Exact chance that the threshold e-process ever reaches 1/alpha within n pairs, looked at after each. */
function chanceOfCrossing(
  bets: readonly Bet[],
  process: { readonly rate: number; readonly alpha: number; readonly pairs: number },
): number {
  const limit = -Math.log(process.alpha);
  let alive = [1];
  let crossed = 0;
  for (let n = 1; n <= process.pairs; n += 1) {
    alive = afterOneMore(alive, process.rate).map((chance, k) => {
      const count: Count = { n, k };
      const out = chance > 1e-15 && logThreshold(bets, count) >= limit;
      crossed += out ? chance : 0;
      return out ? 0 : chance;
    });
    while ((alive.at(-1) ?? 1) < 1e-15) {
      alive.pop();
    }
  }
  return crossed;
}

for (const { tolerance, alpha, pairs } of [
  { tolerance: 0.01, alpha: 0.05, pairs: 3_000 },
  { tolerance: 0.15, alpha: 0.05, pairs: 1_500 },
  { tolerance: 0.15, alpha: 0.01, pairs: 1_500 },
  { tolerance: 0.9, alpha: 0.05, pairs: 600 },
]) {
  test(`looking after each of ${pairs} pairs at the tolerance of ${tolerance} errs at most with alpha ${alpha}, by exact computation`, () => {
    const process = { rate: tolerance, alpha, pairs };
    const rollback = chanceOfCrossing(betsAbove(tolerance), process);
    const promotion = chanceOfCrossing(betsBelow(tolerance), process);
    assert(rollback <= alpha, `false rollbacks ${rollback}`);
    assert(promotion <= alpha, `false promotions ${promotion}`);
    assert(rollback > alpha / 10, `needlessly careful: ${rollback}`);
  });
}
