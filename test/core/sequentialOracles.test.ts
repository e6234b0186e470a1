import assert from "node:assert/strict";
import { test } from "node:test";
import { logMismatch } from "../../sidecar/core/evidence/assignments.ts";
import {
  bernoulliInterval,
  logMixture,
  priorWeight,
} from "../../sidecar/core/evidence/bernoulliInterval.ts";
import { addPast, logBlockBeyond } from "../../sidecar/core/evidence/blocks.ts";
import { logMeanAbove, logMeanBelow } from "../../sidecar/core/evidence/boundedMean.ts";
import { eBenjaminiHochberg } from "../../sidecar/core/evidence/combine.ts";
import { addLatencies, bucketOf, type Latencies } from "../../sidecar/core/evidence/latencies.ts";
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
  quantileRanks,
} from "../../sidecar/core/evidence/quantiles.ts";
import type { RateBatch } from "../../sidecar/core/evidence/rate.ts";
import { close, entry, inputs, main } from "../support/oracles.ts";

const { confseq } = main;
const own = main.own_reference_eprocesses;

test("the interval of a rate equals confseq's", () => {
  const rows = entry(confseq, "boundaries.bernoulli_confidence_interval");
  assert.equal(rows.length, 6);
  for (const [k, n, alpha, tunedTo, from, to] of rows) {
    const found = bernoulliInterval({ n, k }, alpha, priorWeight(tunedTo));
    close(found.from, from, 1e-6);
    close(found.to, to, 1e-6);
  }
});

test("the beta-binomial mixture equals the reference and confseq", () => {
  const rows = entry(own, "closed form betabinom");
  assert.equal(rows.length, 3);
  for (const row of rows) {
    const weight = priorWeight(row.t_opt);
    close(weight, row["k(.05)"]);
    close(logMixture({ n: row.n, k: row.S }, row.p, weight), row.logM);
    close(logMixture({ n: row.n, k: row.S }, row.p, weight), row.confseq);
  }
});

test("the ranks of a quantile's interval equal confseq's, but for an upper end that nothing excludes", () => {
  const rows: readonly Record<string, never>[] = entry(confseq, "quantile CS");
  const fixed = rows.filter((row) => "t_opt" in row);
  assert.equal(fixed.length, 4);
  const found = fixed.map((row) => {
    const n = inputs[row.values ?? ""].length;
    const p: number = row.p ?? Number.NaN;
    const ranks = quantileRanks({ n, p }, row.alpha ?? 0, priorWeight(row.t_opt ?? 0));
    return [p, ranks.from, ranks.to === n ? Number.POSITIVE_INFINITY : ranks.to + 1];
  });
  const expected = fixed.map((row) => {
    const [, , from, to]: readonly number[] = entry(row, "interval_");
    const upper = "note" in row ? Number.POSITIVE_INFINITY : to;
    return [row.p, from, upper];
  });
  assert.deepEqual(found, expected);
});

/** Values by their rank among all, as buckets that nothing rounds. */
function ranked(values: readonly number[], all: readonly number[]): Latencies {
  return values.map((value) => ({ [all.indexOf(value)]: 1 })).reduce<Latencies>(addLatencies, {});
}

test("whether two quantiles differ equals confseq's p-value", () => {
  const { lat_a: ofA, lat_b: ofB }: Record<string, readonly number[]> = inputs;
  assert(ofA !== undefined && ofB !== undefined);
  const all = [...new Set([...ofA, ...ofB])].sort((one, other) => one - other);
  const [a, b] = [ranked(ofA, all), ranked(ofB, all)];
  const rows: readonly (readonly unknown[])[] = entry(confseq, "quantiles.quantile_ab_p_value");
  assert.equal(rows.length, 4);
  for (const row of rows) {
    const [p, tunedTo, oracle] = row.filter((each) => typeof each === "number");
    const other = row[0] === "same" ? a : b;
    const weight = priorWeight(tunedTo ?? 0);
    const logE = logQuantilesDiffer(a, other, { p: p ?? 0, weight });
    close(Math.min(1, Math.exp(-logE)) / (oracle ?? 0), 1);
  }
});

test("quantiles of buckets equal the exact ones and DDSketch's, but for the width of a bucket", () => {
  const values: readonly number[] = inputs.ref_lognormal_ms;
  const seen = values
    .map((value) => ({ [bucketOf(value)]: 1 }))
    .reduce<Latencies>(addLatencies, {});
  const rows = Object.entries<number>(entry(main, "exact_quantiles"));
  assert.equal(rows.length, 6);
  for (const [p, exact] of rows) {
    const found = quantile(seen, Number(p)) ?? Number.NaN;
    close(found / exact, 1, 0.02);
    close(found / entry(main, "ddsketch")[p], 1, 0.01 + 0.02);
  }
});

test("the block e-process equals the reference", () => {
  const points: Record<string, number> = entry(own, "turner_grunwald_block").log_e_after_batch;
  assert.equal(Object.keys(points).length, 6);
  const none = { n: 0, k: 0 };
  let past: RateBatch = { primary: none, candidate: none };
  let logE = 0;
  const after = inputs.canary_batches.map(([n, k, primaryN, primaryK]: readonly number[]) => {
    const batch = {
      candidate: { n: n ?? 0, k: k ?? 0 },
      primary: { n: primaryN ?? 0, k: primaryK ?? 0 },
    };
    logE += logBlockBeyond(past, batch, 1.25);
    past = addPast(past, batch);
    return logE;
  });
  for (const [batches, oracle] of Object.entries(points)) {
    close(after[Number(batches) - 1], oracle);
  }
});

function pairedOf(differences: readonly number[]): Paired {
  return differences
    .map((one) => ({
      worse: Number(one === 1),
      better: Number(one === -1),
      tied: Number(one === 0),
    }))
    .reduce(addPaired, NO_PAIRED);
}

for (const { name, logE, margin } of [
  { name: "paired_bet H0: E[D]<=0.0", logE: logLessAccurate, margin: 0 },
  { name: "paired_bet H0: E[D]<=0.02", logE: logLessAccurate, margin: 0.02 },
  { name: "paired_bet H0: E[D]>=0.01", logE: logAccurateEnough, margin: 0.01 },
  { name: "paired_bet H0: E[D]>=0.15", logE: logAccurateEnough, margin: 0.15 },
]) {
  test(`the accuracy e-process equals the reference: ${name}`, () => {
    const points = Object.entries<number>(own[name].log_e_at_n);
    assert.equal(points.length, 6);
    for (const [n, oracle] of points) {
      close(logE(pairedOf(inputs.paired_diff.slice(0, Number(n))), margin), oracle);
    }
  });
}

for (const { name, logE, limit } of [
  { name: "threshold_bet H0: mean(bounded01)<=0.2", logE: logMeanAbove, limit: 0.2 },
  { name: "threshold_bet H0: mean(bounded01)>=0.35", logE: logMeanBelow, limit: 0.35 },
]) {
  test(`the bounded mean's e-process equals the reference: ${name}`, () => {
    const points = Object.entries<number>(own[name].log_e_at_n);
    assert.equal(points.length, 5);
    for (const [n, oracle] of points) {
      const values: readonly number[] = inputs.bounded01.slice(0, Number(n));
      close(
        logE(
          values.map((value) => ({ value, count: 1 })),
          limit,
        ),
        oracle,
      );
    }
  });
}

test("the assignments' e-value equals savvi's after each batch", () => {
  const rows: readonly { x?: number[]; x3?: number[]; odds: number }[] = entry(
    main,
    "savvi.multinomial",
  );
  const sums = (batches: readonly number[][]) =>
    batches.map((_, last) =>
      (batches[0] ?? []).map((__, cell) =>
        batches.slice(0, last + 1).reduce((sum, batch) => sum + (batch[cell] ?? 0), 0),
      ),
    );
  const two = rows.flatMap(({ x }) => (x === undefined ? [] : [x]));
  const three = rows.flatMap(({ x3 }) => (x3 === undefined ? [] : [x3]));
  const found = [
    ...sums(two).map((counts) => logMismatch(counts, [0.1, 0.9])),
    ...sums(three).map((counts) => logMismatch(counts, [0.5, 0.25, 0.25])),
  ];
  assert.equal(found.length, 5);
  for (const [index, logE] of found.entries()) {
    close(Math.exp(logE), rows[index]?.odds ?? Number.NaN);
  }
});

test("e-BH rejects as the reference", () => {
  const { e, alpha, rejected_indices_sorted: rejected } = entry(main, "e_BH");
  assert.deepEqual(eBenjaminiHochberg(e.map(Math.log), alpha), rejected);
});
