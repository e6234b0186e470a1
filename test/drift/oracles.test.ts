import assert from "node:assert/strict";
import { test } from "node:test";
import { chiSquare } from "../../sidecar/core/drift/chiSquare.ts";
import { hellinger } from "../../sidecar/core/drift/hellinger.ts";
import { jensenShannon } from "../../sidecar/core/drift/jensenShannon.ts";
import { ksExactPValue, ksFromCounts, ksPValue, ksStatistic } from "../../sidecar/core/drift/ks.ts";
import { lInfinity } from "../../sidecar/core/drift/lInfinity.ts";
import { quantile, quantileEdges } from "../../sidecar/core/drift/profile.ts";
import { proportionsTest } from "../../sidecar/core/drift/proportions.ts";
import { psi, psiCritical } from "../../sidecar/core/drift/psi.ts";
import { wasserstein } from "../../sidecar/core/drift/wasserstein.ts";
import {
  chiSquaredCritical,
  chiSquaredTail,
  lowerGamma,
  upperGamma,
} from "../../sidecar/core/gamma.ts";
import { kolmogorovTail } from "../../sidecar/core/kolmogorov.ts";
import { type Correction, correctedPValues } from "../support/corrections.ts";
import { countsOver } from "../support/histogram.ts";
import { close, closeRelative, entry, inputs, main } from "../support/oracles.ts";
import {
  cramerVonMises,
  energyDistance,
  mannWhitney,
  totalVariation,
  welch,
} from "../support/twoSample.ts";

/** As loosely typed as the file: what is missing or mistyped is NaN in a comparison, and fails it. */
type Json = typeof inputs;

/** Holds each number of every entry against ours by its name; a name without a check fails, and so does a check that no entry has. */
function holdAll(
  entries: readonly Json[],
  described: readonly string[],
  checks: Readonly<Record<string, (given: Json, oracle: Json) => void>>,
): void {
  const met = new Set<string>();
  for (const given of entries) {
    for (const name of Object.keys(given).filter((key) => !described.includes(key))) {
      const check = checks[name];
      assert(check !== undefined, `no test of ${name}`);
      check(given, given[name]);
      met.add(name);
    }
  }
  assert.deepEqual(met, new Set(Object.keys(checks)));
}

const sorted = (name: string): readonly number[] =>
  inputs[name].toSorted((a: number, b: number) => a - b);
const sizes = (a: readonly unknown[], b: readonly unknown[]) => ({
  reference: a.length,
  current: b.length,
});

test("the incomplete gamma function and its chi-squared distribution equal scipy's", () => {
  const special = entry(main, "special");
  for (const [a, x, oracle] of special["gammainc_lower_reg(a,x)"]) {
    closeRelative(lowerGamma(a, x), oracle);
    close(upperGamma(a, x), 1 - oracle);
  }
  for (const [x, df, oracle] of special["chi2_sf(x,df)"]) {
    closeRelative(chiSquaredTail(x, df), oracle);
  }
  for (const [p, df, oracle] of special["chi2_ppf(p,df)"]) {
    closeRelative(chiSquaredCritical(1 - p, df), oracle);
  }
  for (const [z, oracle] of special["kolmogorov_sf(kstwobign)"]) {
    closeRelative(kolmogorovTail(z), oracle);
  }
});

test("every KS statistic and both p-values equal scipy's, with ties too", () => {
  const rows = main.ks_2samp;
  for (const { a, b, call, statistic, pvalue } of rows) {
    const [one, other] = [sorted(a), sorted(b)];
    closeRelative(ksStatistic(one, other), statistic);
    const pValue = call.includes("exact") ? ksExactPValue : ksPValue;
    closeRelative(pValue(ksStatistic(one, other), sizes(one, other)), pvalue);
  }
  assert.equal(rows.length, 10);
});

test("every statistic of categories equals scipy's and statsmodels's", () => {
  const rows = main.categorical;
  const cells = (given: Json) => ({
    reference: given.ref_counts,
    current: given.cur_counts,
  });
  const counted = (distance: typeof hellinger) => (given: Json, oracle: number) =>
    closeRelative(distance(given.ref_counts, given.cur_counts), oracle);
  const contingency = (correction: "yates" | "none") => (given: Json, oracle: Json) => {
    const found = chiSquare(cells(given), correction);
    closeRelative(found?.statistic ?? -1, oracle.stat);
    closeRelative(found?.pValue ?? -1, oracle.p);
    assert.equal(found?.dof, given.keys.length - 1);
  };
  holdAll(rows, ["ref", "cur", "keys", "ref_counts", "cur_counts"], {
    "chi2_contingency(default correction)": contingency("yates"),
    "chi2_contingency(correction=False)": contingency("none"),
    "chisquare(f_obs=cur,f_exp=ref*n_cur/n_ref) (evidently)": (given, oracle) => {
      const scale =
        given.cur_counts.reduce((sum: number, count: number) => sum + count, 0) /
        given.ref_counts.reduce((sum: number, count: number) => sum + count, 0);
      const parts: readonly number[] = given.ref_counts.map(
        (count: number, cell: number) =>
          (given.cur_counts[cell] - count * scale) ** 2 / (count * scale),
      );
      const statistic = parts.reduce((sum, part) => sum + part, 0);
      closeRelative(statistic, oracle.stat);
      closeRelative(chiSquaredTail(statistic, parts.length - 1), oracle.p);
    },
    jensenshannon_distance_base_e: counted((p, q) => jensenShannon(p, q, "natural")),
    jensenshannon_distance_base_2: counted((p, q) => jensenShannon(p, q, "binary")),
    l_inf: counted(lInfinity),
    tvd: counted(totalVariation),
    hellinger: counted(hellinger),
    "statsmodels proportions_ztest (pooled)": (_, { k, n, z, p }) => {
      const found = proportionsTest({ k: k[0], n: n[0] }, { k: k[1], n: n[1] });
      closeRelative(found.z, z);
      closeRelative(found.pValue, p);
    },
  });
});

test("PSI on deciles, its critical value, and what the same bins say of KS and Jensen-Shannon equal numpy's", () => {
  const rows = entry(main, "psi_quantile_bins");
  holdAll(rows, ["ref", "cur", "bins", "eps"], {
    inner_edges: ({ ref }, edges) => {
      const { deciles } = quantileEdges(sorted(ref));
      assert.equal(deciles.length, edges.length);
      for (const [index, decile] of deciles.entries()) {
        close(decile, edges[index]);
      }
    },
    ref_counts: ({ ref }, counts) => assert.deepEqual(deciledCounts(ref, ref), counts),
    cur_counts: ({ ref, cur }, counts) => assert.deepEqual(deciledCounts(ref, cur), counts),
    psi: ({ ref_counts, cur_counts }, oracle) => closeRelative(psi(ref_counts, cur_counts), oracle),
    "critical_0.999=(1/n_ref+1/n_cur)*chi2.ppf(.999,B-1)": ({ ref, cur, ref_counts }, oracle) =>
      closeRelative(
        psiCritical({ ...sizes(inputs[ref], inputs[cur]), bins: ref_counts.length }, 0.001),
        oracle,
      ),
    ks_on_grid: ({ ref_counts, cur_counts }, oracle) =>
      closeRelative(ksFromCounts(ref_counts, cur_counts).statistic, oracle),
    js_base2: ({ ref_counts, cur_counts }, oracle) =>
      closeRelative(jensenShannon(ref_counts, cur_counts), oracle),
  });
});

function deciledCounts(reference: string, current: string): readonly number[] {
  return countsOver(quantileEdges(sorted(reference)).deciles, inputs[current]);
}

test("Wasserstein's distance equals scipy's, and so do the references of what the product leaves out", () => {
  const both = (
    found: { statistic: number; pValue: number },
    oracle: readonly [number, number],
  ) => {
    closeRelative(found.statistic, oracle[0]);
    closeRelative(found.pValue, oracle[1]);
  };
  const deviation = (values: readonly number[]): number => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  };
  holdAll(main.distances, ["a", "b"], {
    "scipy.stats.wasserstein_distance": ({ a, b }, oracle) =>
      closeRelative(wasserstein(sorted(a), sorted(b)), oracle),
    "normed_by_std_ref_ddof0 (evidently)": ({ a, b }, oracle) =>
      closeRelative(wasserstein(sorted(a), sorted(b)) / deviation(inputs[a]), oracle),
    "scipy.stats.energy_distance": ({ a, b }, oracle) =>
      closeRelative(energyDistance(sorted(a), sorted(b)), oracle),
    mannwhitneyu_two_sided_asymp: ({ a, b }, oracle) =>
      both(mannWhitney(inputs[a], inputs[b]), oracle),
    // scipy ends the series at a term below 1e-7, so the far tail is near, not equal.
    cramervonmises_2samp_asymp: ({ a, b }, oracle) => {
      const found = cramerVonMises(inputs[a], inputs[b]);
      closeRelative(found.statistic, oracle[0]);
      close(found.pValue, oracle[1]);
    },
    welch_t: ({ a, b }, oracle) => both(welch(inputs[a], inputs[b]), oracle),
    weighted: (_, given) => {
      const repeated = (values: readonly number[], times: readonly number[]) =>
        values.flatMap((value, index) => new Array<number>(times[index] ?? 0).fill(value));
      closeRelative(
        wasserstein(
          repeated(given.u_values, given.u_weights),
          repeated(given.v_values, given.v_weights),
        ),
        given["scipy.stats.wasserstein_distance"],
      );
    },
  });
});

const corrections: Readonly<Record<string, Correction>> = {
  fdr_bh: "benjaminiHochberg",
  fdr_by: "benjaminiYekutieli",
  holm: "holm",
  bonferroni: "bonferroni",
};
for (const { pvals, method, alpha, reject, adjusted } of entry(main, "multipletests")) {
  test(`p-values corrected by ${method} equal statsmodels's`, () => {
    const correction = corrections[method];
    assert(correction !== undefined, `no test of ${method}`);
    const found = correctedPValues(pvals, correction);
    for (const [index, p] of found.entries()) {
      closeRelative(p, adjusted[index]);
    }
    assert.deepEqual(
      found.map((p) => p <= alpha),
      reject,
    );
  });
}

test("quantiles equal numpy's", () => {
  const values = sorted("ref_lognormal_ms");
  for (const [share, oracle] of Object.entries<number>(entry(main, "exact_quantiles"))) {
    closeRelative(quantile(values, Math.round(100 * Number(share)), 100), oracle);
  }
});
