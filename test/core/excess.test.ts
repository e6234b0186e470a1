import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import {
  addExcesses,
  countExcess,
  type Excesses,
  excessesNeeded,
  excessOf,
  logExcessBeyond,
  logExcessWithin,
  NO_EXCESSES,
  SLOTS,
} from "../../sidecar/core/evidence/excess.ts";
import { comparisonWith } from "../support/book.ts";
import { seeded } from "../support/random.ts";

const TOLERANCE = 0.005;

/** An answer that differs from the primary's at these paths. */
function differingAt(...paths: readonly string[]): Comparison {
  const differences = paths.map((path) => ({ path, kind: "value" as const }));
  const differencesCount = paths.length;
  return comparisonWith({ equal: differencesCount === 0, differences, differencesCount });
}

const slots = fc.dictionary(fc.nat(SLOTS - 1).map(String), fc.nat(20), {
  maxKeys: 5,
  noNullPrototype: true,
});
const seen = fc
  .tuple(fc.nat(100), slots, slots)
  .map(([more, worse, better]): Excesses => ({ n: 200 + more, worse, better }));

test("what both answers differ in is noise, and counts for neither", () => {
  const noisy = ["$['time']", "$['list'][0]", "$['list'][3]"];
  const excess = excessOf(differingAt(...noisy), differingAt("$['time']", "$['list'][7]"));
  assert.deepEqual(excess, { worse: [], better: [] });
});

test("a place where only one answer differs counts for that one", () => {
  const excess = excessOf(differingAt("$['time']", "$['price']"), differingAt("$['id']"));
  assert.deepEqual([excess?.worse.length, excess?.better.length], [2, 1]);
});

test("a body that was cut before any difference says nothing", () => {
  const cut = comparisonWith({ method: "truncated" });
  assert.equal(excessOf(cut, differingAt("$['a']")), undefined);
  assert.equal(excessOf(differingAt("$['a']"), cut), undefined);
});

test("merging is adding: in any order, with nothing as its zero", () => {
  fc.assert(
    fc.property(seen, seen, (a, b) => {
      assert.deepEqual(addExcesses(a, b), addExcesses(b, a));
      assert.deepEqual(addExcesses(a, NO_EXCESSES), a);
    }),
  );
});

test("no request is no evidence", () => {
  assert.ok(Math.abs(logExcessBeyond(NO_EXCESSES, TOLERANCE)) < 1e-9);
  assert.ok(Math.abs(logExcessWithin(NO_EXCESSES, TOLERANCE)) < 1e-9);
});

test("the e-values of one more request have a mean of at most 1 wherever the candidate is within its limit", () => {
  // One slot, whose four outcomes have chances that add up to 1, with P(worse) - P(better) at most the tolerance; anywhere in the past.
  const chances = fc
    .tuple(
      fc.double({ min: 0, max: 0.45, noNaN: true }),
      fc.double({ min: -0.4, max: 1, noNaN: true }),
    )
    .map(([better, excess]) => ({
      better,
      worse: Math.max(0, better + Math.min(excess, TOLERANCE)),
    }));
  fc.assert(
    fc.property(seen, chances, (past, { better, worse }) => {
      const after = (excess: { worse: number[]; better: number[] }): number =>
        Math.exp(
          logExcessBeyond(addExcesses(past, countExcess(excess)), TOLERANCE) -
            logExcessBeyond(past, TOLERANCE),
        );
      const mean =
        worse * after({ worse: [7], better: [] }) +
        better * after({ worse: [], better: [7] }) +
        (1 - worse - better) * after({ worse: [], better: [] });
      assert.ok(mean <= 1 + 1e-9, `${mean}`);
    }),
  );
});

/** Looks after every request; whether the evidence ever reaches 1 / alpha. */
function everRejects(draw: () => { worse: number[]; better: number[] }, alpha: number): boolean {
  let known = NO_EXCESSES;
  for (let request = 0; request < 600; request += 1) {
    known = addExcesses(known, countExcess(draw()));
    if (logExcessBeyond(known, 0.01) >= -Math.log(alpha)) {
      return true;
    }
  }
  return false;
}

test("A against A: noise at many places rolls back with at most the chance alpha, looked at after every request", () => {
  const source = seeded(41);
  const random = (): number => source.next();
  const hit = (rate: number): boolean => random() < rate;
  const draw = (): { worse: number[]; better: number[] } => {
    const worse: number[] = [];
    const better: number[] = [];
    for (const [slot, rate] of [0.5, 0.9, 0.1, 0.02, 0.3].entries()) {
      const [candidate, secondary] = [hit(rate), hit(rate)];
      (candidate && !secondary ? worse : []).push(slot);
      (secondary && !candidate ? better : []).push(slot);
    }
    return { worse, better };
  };
  const runs = Array.from({ length: 200 }, () => everRejects(draw, 0.05));
  const rejected = runs.filter(Boolean).length;
  assert.ok(rejected <= 15, `${rejected} of 200 at alpha 0.05`);
});

test("one wrong field in fifty answers is found among the noise, and a quiet candidate passes", () => {
  const source = seeded(42);
  const random = (): number => source.next();
  let [wrong, quiet] = [NO_EXCESSES, NO_EXCESSES];
  for (let request = 0; request < 3_000; request += 1) {
    const noise = random() < 0.01 ? { worse: [1], better: [] } : { worse: [], better: [] };
    const worse = random() < 0.02 ? [9, ...noise.worse] : noise.worse;
    wrong = addExcesses(wrong, countExcess({ worse, better: [] }));
    quiet = addExcesses(quiet, countExcess({ worse: [], better: [] }));
  }
  assert.ok(logExcessBeyond(wrong, TOLERANCE) > Math.log(100));
  assert.ok(logExcessWithin(wrong, TOLERANCE) < 0);
  assert.ok(logExcessWithin(quiet, TOLERANCE) > Math.log(20));
});

test("as many requests as are said to be needed are enough", () => {
  const goal = { margin: TOLERANCE, logLimit: Math.log(20) };
  const needed = excessesNeeded(NO_EXCESSES, goal) ?? 0;
  const reached = logExcessWithin({ n: needed, worse: {}, better: {} }, TOLERANCE);
  assert.ok(reached >= goal.logLimit && needed < 2_000, `${needed}`);
  const hopeless = { n: 1_000, worse: { 3: 100 }, better: {} };
  assert.equal(excessesNeeded(hopeless, goal), undefined);
});
