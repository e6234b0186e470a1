import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { incompleteBeta } from "../../sidecar/core/beta.ts";
import {
  bernoulliInterval,
  type Interval,
  logMixture,
  priorWeight,
} from "../../sidecar/core/evidence/bernoulliInterval.ts";
import { meanInterval } from "../../sidecar/core/evidence/boundedMean.ts";
import { logAccurateEnough, logLessAccurate } from "../../sidecar/core/evidence/paired.ts";
import { quantileRanks } from "../../sidecar/core/evidence/quantiles.ts";
import { betsAbove, betsBelow, logThreshold } from "../../sidecar/core/evidence/threshold.ts";
import {
  diversifiedCapital,
  gridSequence,
  hedgedCapital,
  mixtureBets,
} from "../support/bettingSequences.ts";
import {
  asymptoticRadius,
  bernsteinSequence,
  hoeffdingSequence,
  normalSequence,
} from "../support/boundedSequences.ts";
import { distributionBand } from "../support/distributionBand.ts";
import { atMost, logMcNemar } from "../support/mcNemar.ts";
import { logBetaBinomial } from "../support/mixtureBounds.ts";
import { inputs } from "../support/oracles.ts";
import { quantileRadius } from "../support/stitchingBounds.ts";

// Our e-processes and intervals are others than those of the packages, chosen for counters as state. Held against them here.

const widthOf = ({ from, to }: Interval) => to - from;

function ours(values: readonly number[]): Interval {
  return meanInterval(
    values.map((value) => ({ value, count: 1 })),
    0.05,
  );
}

function hedged(values: readonly number[]): readonly Interval[] {
  const bets = mixtureBets(values, 0.025);
  const capitalAt = (m: number) => hedgedCapital(values, bets, m);
  return gridSequence(values, { steps: 200, alpha: 0.05 }, capitalAt);
}

function diversified(values: readonly number[]): readonly Interval[] {
  const capitalAt = (m: number) => diversifiedCapital(values, 10, m);
  return gridSequence(values, { steps: 200, alpha: 0.05 }, capitalAt);
}

for (const { name, sequence, widest } of [
  { name: "hedged capital", sequence: hedged, widest: 1.15 },
  { name: "diversified bets", sequence: diversified, widest: 1.01 },
  {
    name: "empirical Bernstein",
    sequence: (values: readonly number[]) => bernsteinSequence(values, 0.05),
    widest: 1,
  },
  {
    name: "Hoeffding's",
    sequence: (values: readonly number[]) => hoeffdingSequence(values, 0.05),
    widest: 1,
  },
  {
    name: "the normal mixture's",
    sequence: (values: readonly number[]) => normalSequence(values, 0.05, 200),
    widest: 1,
  },
]) {
  test(`a mean's interval meets the one by ${name}, and is at most ${widest} times as wide`, () => {
    for (const values of [inputs.bounded01, inputs.bern]) {
      const reference = sequence(values);
      for (const n of [1, 5, 10, 25, 50, 100, 200, 300, 400]) {
        const [own, other] = [ours(values.slice(0, n)), reference[n - 1] ?? { from: 0, to: 0 }];
        assert(own.from <= other.to && other.from <= own.to, `apart after ${n}`);
        assert(widthOf(own) <= widest * widthOf(other), `${widthOf(own) / widthOf(other)}`);
      }
    }
  });
}

test("a mean's interval is at most twice as wide as the asymptotic one, up to 20,000 values", () => {
  for (const [mean, spread] of [
    [0.02, 1],
    [0.5, 0.5],
    [0.3, 0.2],
  ] as const) {
    for (const n of [1_000, 5_000, 20_000]) {
      const high = Math.min(1, mean + spread);
      const low = Math.max(0, mean - spread);
      const share = (mean - low) / (high - low);
      const variance = share * (1 - share) * (high - low) ** 2;
      const values = [
        { value: high, count: n * share },
        { value: low, count: n * (1 - share) },
      ];
      const ratio = widthOf(meanInterval(values, 0.05)) / 2;
      assert(ratio <= 2 * asymptoticRadius({ n, variance }, 0.05, 5_000), `${mean}, ${n}`);
    }
  }
});

const counts = fc
  .tuple(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([n, share]) => ({ n, k: Math.round(n * share) }));
const chance = fc.double({ min: 0.01, max: 0.99, noNaN: true });

test("the mixture of a rate is the beta-binomial one of a centred sum", () => {
  fc.assert(
    fc.property(counts, chance, fc.integer({ min: 20, max: 5_000 }), ({ n, k }, p, tunedTo) => {
      const variance = p * (1 - p);
      const general = logBetaBinomial(k - n * p, n * variance, {
        g: p,
        h: 1 - p,
        sides: "two",
        tuning: { v: variance * tunedTo, alpha: 0.05 },
      });
      const own = logMixture({ n, k }, p, priorWeight(tunedTo));
      assert(Math.abs(own - general) <= 1e-7 * Math.max(1, Math.abs(general)));
    }),
  );
});

test("a rate's interval meets the mean's, as a rate is the mean of zeros and ones", () => {
  fc.assert(
    fc.property(counts, ({ n, k }) => {
      const rate = bernoulliInterval({ n, k }, 0.05);
      const mean = meanInterval(
        [
          { value: 1, count: k },
          { value: 0, count: n - k },
        ],
        0.05,
      );
      assert(rate.from <= mean.to && mean.from <= rate.to);
      assert(widthOf(mean) <= 1.5 * widthOf(rate), `${widthOf(mean) / widthOf(rate)}`);
    }),
  );
});

test("an e-value never says more than the exact test that looks once", () => {
  fc.assert(
    fc.property(counts, chance, ({ n, k }, limit) => {
      const atLeast = k === 0 ? 1 : incompleteBeta(limit, k, n - k + 1);
      const most = k === n ? 1 : incompleteBeta(1 - limit, n - k, k + 1);
      assert(logThreshold(betsAbove(limit), { n, k }) <= -Math.log(atLeast) + 1e-6);
      assert(logThreshold(betsBelow(limit), { n, k }) <= -Math.log(most) + 1e-6);
    }),
  );
  fc.assert(
    fc.property(counts, ({ n, k: worse }) => {
      const seen = { worse, better: n - worse, tied: 0 };
      const exact = -Math.log(atMost(n - worse, n));
      assert(logLessAccurate(seen, 0) <= exact + 1e-6 && logMcNemar(seen, "one") <= exact + 1e-6);
      assert(logAccurateEnough(seen, 0) <= -Math.log(atMost(worse, n)) + 1e-6);
    }),
  );
});

test("the accuracy e-process at a margin of 0 is as strong as McNemar's, to a factor of 12", () => {
  for (const [worse, better] of [
    [43, 15],
    [10, 2],
    [5, 5],
    [25, 12],
    [300, 200],
  ] as const) {
    const seen = { worse, better, tied: 1_000 };
    const difference = logLessAccurate(seen, 0) - logMcNemar(seen, "one");
    assert(Math.abs(difference) < Math.log(12), `${difference} at ${worse} and ${better}`);
  }
});

test("the ranks of one quantile are inside the bands that hold for all of them", () => {
  for (const p of [0.5, 0.9, 0.95]) {
    for (const n of [300, 3_000, 30_000]) {
      const { from, to } = quantileRanks({ n, p }, 0.05);
      const stitched = {
        below: quantileRadius({ n, p: 1 - p }, 0.05, 100),
        above: quantileRadius({ n, p }, 0.05, 100),
      };
      const radius = distributionBand({ n, from: 100 }, 0.05);
      assert(from >= n * (p - Math.min(radius, stitched.below)) - 1, `${from} of ${n} at ${p}`);
      assert(to <= n * (p + Math.min(radius, stitched.above)) + 1, `${to} of ${n} at ${p}`);
    }
  }
});
