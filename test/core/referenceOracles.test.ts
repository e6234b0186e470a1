import assert from "node:assert/strict";
import { test } from "node:test";
import type { Interval } from "../../sidecar/core/evidence/bernoulliInterval.ts";
import { normalCdf } from "../../sidecar/core/normal.ts";
import {
  diversifiedCapital,
  gridSequence,
  hedgedCapital,
  mixtureBets,
} from "../support/bettingSequences.ts";
import {
  asymptoticRadius,
  bernsteinLower,
  bernsteinSequence,
  hoeffdingSequence,
  normalSequence,
} from "../support/boundedSequences.ts";
import { distributionBand } from "../support/distributionBand.ts";
import { exactMcNemar, logMcNemar } from "../support/mcNemar.ts";
import {
  betaBinomialBound,
  gammaExponentialBound,
  halfNormalBound,
  logBetaBinomial,
  normalBound,
} from "../support/mixtureBounds.ts";
import { close, entry, inputs, main } from "../support/oracles.ts";
import { polynomialBound, quantileRadius } from "../support/stitchingBounds.ts";

// What our own e-processes are held against is itself held against other implementations here.

const { confseq } = main;
const own = main.own_reference_eprocesses;

test("the boundaries of mixtures equal confseq's", () => {
  for (const [v, alpha, vTuned, alphaTuned, isOneSided, oracle] of entry(
    confseq,
    "boundaries.normal_mixture_bound",
  )) {
    const bound = isOneSided ? halfNormalBound : normalBound;
    close(bound(v, alpha, { v: vTuned, alpha: alphaTuned }), oracle);
  }
  for (const [v, alpha, vTuned, scale, oracle] of entry(
    confseq,
    "boundaries.gamma_exponential_mixture_bound",
  )) {
    assert.equal(scale, 1);
    close(gammaExponentialBound(v, alpha, { v: vTuned, alpha: 0.05 }), oracle);
  }
});

test("the beta-binomial mixture of bounded sums and its boundary equal confseq's", () => {
  const ofSum = (isOneSided: boolean, v: number, alpha: number) => ({
    sides: isOneSided ? ("one" as const) : ("two" as const),
    tuning: { v, alpha },
  });
  for (const [s, v, vTuned, g, h, alpha, isOneSided, oracle] of entry(
    confseq,
    "boundaries.beta_binomial_log_mixture",
  )) {
    close(logBetaBinomial(s, v, { g, h, ...ofSum(isOneSided, vTuned, alpha) }), oracle);
  }
  for (const [v, alpha, vTuned, g, h, alphaTuned, isOneSided, oracle] of entry(
    confseq,
    "boundaries.beta_binomial_mixture_bound",
  )) {
    const bound = betaBinomialBound(v, alpha, { g, h, ...ofSum(isOneSided, vTuned, alphaTuned) });
    close(bound, oracle);
  }
});

test("stitched boundaries and bands of quantiles equal confseq's", () => {
  for (const [v, alpha, from, oracle] of entry(confseq, "boundaries.poly_stitching_bound")) {
    close(polynomialBound(v, alpha, from), oracle);
  }
  for (const [n, alpha, from, oracle] of entry(confseq, "quantiles.empirical_process_lil_bound")) {
    close(distributionBand({ n, from }, alpha), oracle);
  }
  const rows: readonly Record<string, never>[] = entry(confseq, "quantile CS");
  const has = (name: string) => rows.filter((row) => name in row);
  const uniform = has("uniform_empirical_process_lil(t_min=100)");
  assert.equal(uniform.length, 4);
  for (const row of uniform) {
    close(distributionBand({ n: 300, from: 100 }, 0.05), entry(row, "uniform_empirical"));
  }
  const stitched = has("double_stitching(t_opt=100)");
  assert.equal(stitched.length, 4);
  for (const row of stitched) {
    const [below, above] = entry(row, "double_stitching");
    const p: number = row.p ?? Number.NaN;
    close(quantileRadius({ n: 300, p: 1 - p }, 0.05, 100), below);
    close(quantileRadius({ n: 300, p }, 0.05, 100), above);
  }
});

for (const { name, sequence, tolerance } of [
  {
    name: "betting.hedged_cs(bounded01",
    sequence: () => hedged(inputs.bounded01, 500),
    tolerance: 1 / 500,
  },
  { name: "betting.hedged_cs(bern", sequence: () => hedged(inputs.bern, 500), tolerance: 1 / 500 },
  {
    name: "betting.dKelly_cs(bounded01",
    sequence: () => diversified(inputs.bounded01, 200),
    tolerance: 1 / 200,
  },
  {
    name: "betting.dKelly_cs(bern",
    sequence: () => diversified(inputs.bern, 200),
    tolerance: 1 / 200,
  },
  {
    name: "predmix.predmix_empbern_twosided_cs(bounded01",
    sequence: () => bernsteinSequence(inputs.bounded01, 0.05),
    tolerance: 1e-9,
  },
  {
    name: "predmix.predmix_empbern_twosided_cs(bern",
    sequence: () => bernsteinSequence(inputs.bern, 0.05),
    tolerance: 1e-9,
  },
  {
    name: "predmix.predmix_hoeffding_cs(bounded01",
    sequence: () => hoeffdingSequence(inputs.bounded01, 0.05),
    tolerance: 1e-9,
  },
  {
    name: "predmix.predmix_hoeffding_cs(bern",
    sequence: () => hoeffdingSequence(inputs.bern, 0.05),
    tolerance: 1e-9,
  },
  {
    name: "conjmix_bounded.conjmix_hoeffding_twosided_cs(bounded01",
    sequence: () => normalSequence(inputs.bounded01, 0.05, 200),
    tolerance: 1e-9,
  },
]) {
  test(`the confidence sequence equals confseq's: ${name})`, () => {
    const { t, lower, upper } = entry(confseq, name);
    assert.equal(t.length, 9);
    const found = sequence();
    for (const [index, n] of t.entries()) {
      close(found[n - 1]?.from ?? Number.NaN, lower[index], tolerance);
      close(found[n - 1]?.to ?? Number.NaN, upper[index], tolerance);
    }
  });
}

/** confseq spends half of alpha on each half of the capital. */
function hedged(values: readonly number[], steps: number): readonly Interval[] {
  const bets = mixtureBets(values, 0.025);
  return gridSequence(values, { steps, alpha: 0.05 }, (m) => hedgedCapital(values, bets, m));
}

function diversified(values: readonly number[], steps: number): readonly Interval[] {
  return gridSequence(values, { steps, alpha: 0.05 }, (m) => diversifiedCapital(values, 10, m));
}

test("bets, and the capital they make, equal confseq's", () => {
  const values: readonly number[] = inputs.bounded01;
  const bets = mixtureBets(values, 0.025);
  const { t, lambda } = entry(confseq, "betting_strategies.lambda_predmix_eb(bounded01");
  for (const [index, n] of t.entries()) {
    close(bets[n - 1] ?? Number.NaN, lambda[index]);
  }
  for (const m of [0.15, 0.25, 0.4]) {
    const { t: times, mart } = entry(confseq, `betting.betting_mart(bounded01,m=${m},`);
    const capital = hedgedCapital(values, bets, m);
    for (const [index, n] of times.entries()) {
      close(capital[n - 1] ?? Number.NaN, mart[index]);
    }
  }
});

test("the lower end by an empirical Bernstein bound equals confseq's, which halves alpha", () => {
  const { t, lower } = entry(confseq, "conjmix_bounded.conjmix_empbern_lower_cs(bounded01");
  const found = bernsteinLower(inputs.bounded01, 0.025, 10);
  for (const [index, n] of t.entries()) {
    close(found[n - 1] ?? Number.NaN, lower[index]);
  }
});

test("the asymptotic half-width equals the reference", () => {
  for (const [, variance, n, alpha, tunedTo, oracle] of entry(own, "asymptotic CS half-width")) {
    close(asymptoticRadius({ n, variance }, alpha, tunedTo), oracle);
  }
});

test("McNemar's e-values equal the reference, and its p-values those of statsmodels", () => {
  for (const [worse, better, oracle] of entry(own, "mcnemar_e one-sided")) {
    close(logMcNemar({ worse, better, tied: 9 }, "one"), oracle);
  }
  for (const [worse, better, oracle] of entry(own, "mcnemar_e two-sided")) {
    close(logMcNemar({ worse, better, tied: 9 }, "two"), oracle);
  }
  for (const row of entry(main, "mcnemar (statsmodels)")) {
    close(exactMcNemar({ worse: row.b, better: row.c }), row.exact_p, 1e-8);
    const corrected = (Math.abs(row.b - row.c) - 1) / Math.sqrt(row.b + row.c);
    close(2 * normalCdf(-Math.abs(corrected)), row.chi2_cc_p);
  }
});
