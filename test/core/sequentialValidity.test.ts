import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  addScores,
  logMeanAbove,
  logMeanBelow,
  meanInterval,
  SCORE_STEPS,
  type Scores,
  stepOf,
  valuesOf,
} from "../../sidecar/core/evidence/boundedMean.ts";
import {
  addLatencies,
  BUCKETS,
  bucketOf,
  edgeMs,
  type Latencies,
} from "../../sidecar/core/evidence/latencies.ts";
import {
  addPaired,
  logAccurateEnough,
  logLessAccurate,
  NO_PAIRED,
  type Paired,
} from "../../sidecar/core/evidence/paired.ts";
import {
  logQuantilesDiffer,
  quantile,
  quantileInterval,
} from "../../sidecar/core/evidence/quantiles.ts";
import { seeded } from "../../sidecar/core/simulate/random.ts";
import { mostOf } from "../support/simulation.ts";

test("an accuracy bet has a mean of at most 1 at and within its margin", () => {
  for (const margin of [0, 0.02, 0.2]) {
    for (const tied of [0, 0.5, 0.9]) {
      for (const difference of [-0.1, 0, margin].filter((one) => one <= 1 - tied)) {
        const worse = Math.max(0, (1 - tied + difference) / 2);
        const outcomes: readonly { chance: number; seen: Paired }[] = [
          { chance: worse, seen: { worse: 1, better: 0, tied: 0 } },
          { chance: 1 - tied - worse, seen: { worse: 0, better: 1, tied: 0 } },
          { chance: tied, seen: { worse: 0, better: 0, tied: 1 } },
        ];
        const mean = outcomes.reduce(
          (sum, { chance, seen }) => sum + chance * Math.exp(logLessAccurate(seen, margin)),
          0,
        );
        assert(difference > margin || mean <= 1 + 1e-12, `${mean} at ${difference}, ${margin}`);
      }
    }
  }
});

test("a bounded mean's bet has a mean of at most 1 at its limit, for a score of any spread", () => {
  for (const limit of [0.01, 0.2, 0.5, 0.9]) {
    for (const { low, high } of [
      { low: 0, high: 1 },
      { low: 0, high: Math.min(1, 2 * limit) },
      { low: limit / 2, high: (1 + limit) / 2 },
    ]) {
      const share = (limit - low) / (high - low);
      const mean = (logE: typeof logMeanAbove) =>
        share * Math.exp(logE([{ value: high, count: 1 }], limit)) +
        (1 - share) * Math.exp(logE([{ value: low, count: 1 }], limit));
      assert(mean(logMeanAbove) <= 1 + 1e-12 && mean(logMeanBelow) <= 1 + 1e-12);
    }
  }
});

const counts = fc.record(
  { worse: fc.nat(50), better: fc.nat(50), tied: fc.nat(50) },
  { noNullPrototype: true },
);
const scores = fc.dictionary(fc.nat(SCORE_STEPS).map(String), fc.integer({ min: 1, max: 9 }), {
  noNullPrototype: true,
});
const latencies = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 60 });

function latenciesOf(values: readonly number[]): Latencies {
  return values.map((value) => ({ [bucketOf(value)]: 1 })).reduce<Latencies>(addLatencies, {});
}

test("counts of pairs, scores and latencies merge by addition, with nothing as zero", () => {
  fc.assert(
    fc.property(counts, counts, (a, b) => {
      assert.deepEqual(addPaired(a, b), addPaired(b, a));
      assert.deepEqual(addPaired(a, NO_PAIRED), a);
    }),
  );
  fc.assert(
    fc.property(scores, scores, (c, d) => {
      assert.deepEqual(addScores(c, d), addScores(d, c));
      assert.deepEqual(addScores(c, {}), { ...c });
    }),
  );
  fc.assert(
    fc.property(latencies, latencies, (e, f) => {
      assert.deepEqual(addLatencies(latenciesOf(e), latenciesOf(f)), latenciesOf([...e, ...f]));
    }),
  );
});

test("the e-value of merged pairs or scores is that of all of them, in any order", () => {
  fc.assert(
    fc.property(counts, counts, scores, scores, (a, b, c: Scores, d: Scores) => {
      const both = addPaired(a, b);
      assert.equal(logAccurateEnough(both, 0.1), logAccurateEnough(addPaired(b, a), 0.1));
      const listed = [...valuesOf(c), ...valuesOf(d)];
      const error = logMeanAbove(valuesOf(addScores(c, d)), 0.3) - logMeanAbove(listed, 0.3);
      assert(Math.abs(error) < 1e-9);
    }),
  );
});

test("scores outside their range count as its ends, and what is no number against the candidate", () => {
  assert.deepEqual([-1, 0, 0.5, 2, Number.NaN].map(stepOf), [0, 0, 128, 256, 256]);
});

test("a bucket's edge is at least the latency and at most 2% more, negative and absent ones included", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 299_000, noNaN: true }), (latency) => {
      const edge = edgeMs(bucketOf(latency));
      assert(edge >= latency * (1 - 1e-9) && edge <= latency * 1.02 * (1 + 1e-9));
    }),
  );
  assert.deepEqual([-5, 0, 0.1].map(bucketOf), [0, 0, 0]);
  assert.deepEqual([1e9, Number.POSITIVE_INFINITY, Number.NaN].map(bucketOf), [
    BUCKETS - 1,
    BUCKETS - 1,
    BUCKETS - 1,
  ]);
  assert(BUCKETS < 800);
});

/** 400 latencies whose median is given, spread over a factor of about 7. */
function sample(random: ReturnType<typeof seeded>, medianMs: number): Latencies {
  return latenciesOf(
    Array.from({ length: 400 }, () => medianMs * Math.exp(2 * (random.next() - 0.5))),
  );
}

test("equal medians are called different, and the median's interval misses it, at most as often as alpha says", () => {
  const runs = 300;
  const most = mostOf(runs, 0.05);
  const random = seeded(21);
  let [different, missed] = [0, 0];
  for (let run = 0; run < runs; run += 1) {
    const [a, b] = [sample(random, 50), sample(random, 50)];
    different += Number(logQuantilesDiffer(a, b, { p: 0.5, weight: 40 }) >= Math.log(20));
    const { from, to } = quantileInterval(a, 0.5, 0.05);
    missed += Number(from > 50 * 1.02 || to < 50);
  }
  assert(different <= most && missed <= most, `${different} and ${missed} of ${runs}`);
  const apart = logQuantilesDiffer(sample(random, 50), sample(random, 70), { p: 0.5, weight: 40 });
  assert(apart > Math.log(20), `${apart}`);
});

test("a quantile that no latency excludes has no end, and one of nothing is everywhere", () => {
  assert.deepEqual(quantileInterval({}, 0.5, 0.05), {
    from: Number.NEGATIVE_INFINITY,
    to: Number.POSITIVE_INFINITY,
  });
  assert.equal(quantileInterval(sample(seeded(1), 10), 0.99, 0.05).to, Number.POSITIVE_INFINITY);
  assert.equal(quantile({}, 0.5), undefined);
});

test("the interval of a mean holds it in runs looked at after every score, but for alpha", () => {
  const random = seeded(9);
  const runs = 100;
  let missed = 0;
  for (let run = 0; run < runs; run += 1) {
    let seen: Scores = {};
    let isMissed = false;
    for (let n = 0; n < 10; n += 1) {
      for (let more = 0; more < 30; more += 1) {
        seen = addScores(seen, { [stepOf(random.next() ** 2)]: 1 });
      }
      const { from, to } = meanInterval(valuesOf(seen), 0.1);
      isMissed ||= from > 1 / 3 || to < 1 / 3;
    }
    missed += Number(isMissed);
  }
  assert(missed <= mostOf(runs, 0.1), `${missed}`);
});
