import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addOutcome,
  type Confusion,
  noConfusion,
} from "../../sidecar/core/performance/confusion.ts";
import {
  accuracyInterval,
  f1Interval,
  macroF1Interval,
} from "../../sidecar/core/performance/f1Interval.ts";
import { seeded } from "../support/random.ts";

/** A two-class stream as it looks at every tenth of its predictions. */
function* looksOf(run: number): Generator<Confusion> {
  const random = seeded(run);
  const confusion = noConfusion(["no", "yes"]);
  for (let n = 1; n <= 400; n += 1) {
    const isPositive = random.next() < 0.3;
    const isRight = random.next() < 0.8;
    const nameOf = (is: boolean) => (is ? "yes" : "no");
    addOutcome(confusion, {
      truth: nameOf(isPositive),
      predicted: nameOf(isPositive === isRight),
    });
    if (n % 10 === 0) {
      yield confusion;
    }
  }
}

/** In how many of the runs an interval did not hold the true value at some look. */
function runsMissed(
  runs: number,
  intervalOf: (confusion: Confusion) => { from: number; to: number },
  truth: number,
): number {
  return Array.from({ length: runs }, (_, run) => run).filter((run) =>
    Array.from(looksOf(run), intervalOf).some(({ from, to }) => truth < from || truth > to),
  ).length;
}

// Of 0.3 positive and 0.8 right: TP .24, FP .14, FN .06, TN .56.
const f1 = { yes: 0.48 / 0.68, no: 1.12 / 1.32 };

test("the intervals of F1 and accuracy hold the true value at every look of nearly all runs", () => {
  const alpha = 0.1;
  const runs = 100;
  const yes = (confusion: Confusion) =>
    f1Interval(
      {
        tp: confusion.cells["1,1"] ?? 0,
        fp: confusion.cells["0,1"] ?? 0,
        fn: confusion.cells["1,0"] ?? 0,
      },
      alpha,
    );
  const missed = [
    runsMissed(runs, yes, f1.yes),
    runsMissed(runs, (confusion) => macroF1Interval(confusion, alpha), (f1.yes + f1.no) / 2),
    runsMissed(runs, (confusion) => accuracyInterval(confusion, alpha), 0.8),
  ];
  for (const each of missed) {
    assert(each <= alpha * runs, `${missed}`);
  }
});

test("an interval without predictions is everything, and narrows with them", () => {
  assert.deepEqual(f1Interval({ tp: 0, fp: 0, fn: 0 }, 0.05), { from: 0, to: 1 });
  assert.deepEqual(macroF1Interval(noConfusion(), 0.05), { from: 0, to: 1 });
  const width = (times: number) => {
    const { from, to } = f1Interval({ tp: 24 * times, fp: 14 * times, fn: 6 * times }, 0.05);
    assert(from < f1.yes && f1.yes < to);
    return to - from;
  };
  assert(width(1) > width(10) && width(10) > width(1_000) && width(1_000) < 0.03);
});
