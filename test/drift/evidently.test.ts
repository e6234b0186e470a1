import assert from "node:assert/strict";
import { test } from "node:test";
import { chiSquare } from "../../sidecar/core/drift/chiSquare.ts";
import { hellinger } from "../../sidecar/core/drift/hellinger.ts";
import { jensenShannon } from "../../sidecar/core/drift/jensenShannon.ts";
import { ksStatistic } from "../../sidecar/core/drift/ks.ts";
import { lInfinity } from "../../sidecar/core/drift/lInfinity.ts";
import { wasserstein } from "../../sidecar/core/drift/wasserstein.ts";
import { assessAsEvidently, defaultTest } from "../../sidecar/core/evidently/assess.ts";
import { type EvidentlyTest, score } from "../../sidecar/core/evidently/scores.ts";
import { byBinOrValue, type Column, sturgesEdges } from "../../sidecar/core/evidently/tables.ts";
import { countsOver } from "../support/histogram.ts";
import { close, closeRelative, evidently, inputs, nannyml } from "../support/oracles.ts";

const numeric = (values: readonly number[]): Column => ({
  type: "numeric",
  values: values.toSorted((a, b) => a - b),
});

function categorical(values: readonly unknown[]): Column {
  const counts = new Map<string, number>();
  for (const value of values.map(String)) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return { type: "categorical", counts };
}

type Case = {
  readonly case: string;
  readonly ref: string;
  readonly cur: string;
  readonly type: "num" | "cat";
  readonly method: string;
  readonly name: string;
  readonly score: number;
  readonly drifted_at_default: boolean;
  readonly edges: readonly number[];
};
const cases: readonly Case[] = evidently.cases;

/** The columns of a case: those that carry no names of inputs share them with the first of their case. */
function columnsOf(given: Case) {
  const named = cases.find((one) => one.case === given.case && one.ref !== undefined);
  const column = { num: numeric, cat: categorical }[named?.type ?? "num"];
  return { reference: column(inputs[named?.ref ?? ""]), current: column(inputs[named?.cur ?? ""]) };
}

const tests: Readonly<Record<string, EvidentlyTest>> = {
  ks: "ks",
  chisquare: "chisquare",
  z: "z",
  wasserstein_norm: "wasserstein",
  jensenshannon: "jensenshannon",
  psi: "psi",
  kl_div: "kl_div",
  hellinger: "hellinger",
};

const scored = cases.filter(({ score: oracle }) => oracle !== undefined);
for (const given of scored) {
  test(`${given.method} of ${given.case} equals Evidently's, and so does its verdict`, () => {
    const name = tests[given.method];
    assert(name !== undefined, `no test of ${given.method}`);
    const columns = columnsOf(given);
    const drift = assessAsEvidently([{ name: "x", ...columns }], {
      numeric: name,
      categorical: name,
    });
    // 1 minus a chance near 1 is what Evidently's z-test takes: no more precise than that.
    closeRelative(score(name, columns), given.score, given.method === "z" ? 1e-12 : 1e-9);
    assert.equal(drift.features[0]?.drifted, given.drifted_at_default);
    assert.equal(drift.features[0]?.score, score(name, columns));
  });
}

const chosen = cases.filter(({ method }) => method === "default_stattest");
for (const given of chosen) {
  test(`the default test of ${given.case} is Evidently's`, () => {
    assert.equal(defaultTest(columnsOf(given)), tests[given.name]);
  });
}

const binned = cases.filter(({ method }) => method.startsWith("binned_percents"));
for (const given of binned) {
  test(`the bins of ${given.case} are Evidently's`, () => {
    const { reference, current } = columnsOf(given);
    assert(reference.type === "numeric" && current.type === "numeric");
    for (const [index, edge] of sturgesEdges([reference.values, current.values]).entries()) {
      close(edge, given.edges[index] ?? Number.NaN);
    }
    const cells = byBinOrValue({ reference, current });
    for (const [side, size] of [
      ["reference", 400],
      ["current", 300],
    ] as const) {
      const shares = cells[side].map((count) => Math.max(count / size, 0.0001));
      const oracle: readonly number[] = Reflect.get(given, side.slice(0, 3));
      assert.equal(shares.length, oracle.length);
      for (const [index, share] of shares.entries()) {
        close(share, oracle[index] ?? Number.NaN);
      }
    }
  });
}

test("every case of Evidently's is one of these", () => {
  assert.equal(scored.length + chosen.length + binned.length, cases.length);
});

const large = Array.from({ length: 1_001 }, (_, index) => index);
for (const { name, column, oracle } of [
  { name: "many numbers", column: numeric(large), oracle: "wasserstein" },
  {
    name: "few numbers",
    column: numeric(large.map((value) => value % 5)),
    oracle: "jensenshannon",
  },
  {
    name: "categories",
    column: categorical(large.map((value) => value % 9)),
    oracle: "jensenshannon",
  },
  { name: "few numbers of few rows", column: numeric([1, 2, 3, 3]), oracle: "chisquare" },
  { name: "two numbers of few rows", column: numeric([1, 2, 2]), oracle: "z" },
  { name: "a constant of few rows", column: numeric([1, 1]), oracle: "z" },
]) {
  test(`of ${name} the default is ${oracle}, and the reference does not drift from itself`, () => {
    const columns = { reference: column, current: column };
    assert.equal(defaultTest(columns), oracle);
    const drift = assessAsEvidently([{ name: "x", ...columns }]);
    assert.deepEqual(drift.dataset, { share: 0, drifted: false });
  });
}

test("beside its default test every column has all scores that fit its type", () => {
  const drift = assessAsEvidently([
    { name: "x", reference: numeric(inputs.ref_num), current: numeric(inputs.cur_num) },
    { name: "c", reference: categorical(inputs.ref_cat), current: categorical(inputs.cur_cat) },
  ]);
  const [x, c] = drift.features;
  closeRelative(x?.psi ?? 0, 0.296974715117554);
  closeRelative(x?.ks?.statistic ?? 0, 0.2225);
  closeRelative(x?.wasserstein ?? 0, 0.464498656135105);
  assert.equal(x?.chi2, null);
  assert.deepEqual(c?.chi2, { statistic: null, dof: 4, pValue: 0 });
  closeRelative(c?.js ?? 0, 0.174765576134378);
  assert.deepEqual([c?.ks, c?.wasserstein], [null, null]);
});

test("an empty column has no score and a reason, and half of the columns make the dataset drift", () => {
  const drift = assessAsEvidently([
    { name: "none", reference: numeric([1, 2]), current: numeric([]) },
    { name: "moved", reference: numeric(large), current: numeric(large.map((x) => x + 500)) },
  ]);
  assert.deepEqual(drift.features[0]?.reasons, ["no value in the current data"]);
  assert.equal(drift.features[0]?.score, null);
  assert.deepEqual(drift.dataset, { share: 0.5, drifted: true });
  assert.match(
    drift.features[1]?.reasons[0] ?? "",
    /^wasserstein: the distance 1\.73 reaches 0\.1$/,
  );
});

test("every univariate number of NannyML's is ours on its bins", () => {
  const edgesOf = new Map<string, readonly number[]>();
  const counts = (ref: string, cur: string) => {
    const edges = edgesOf.get(ref) ?? [];
    // NannyML's outermost edges close its bins; what is outside of them is one more bin, empty in the reference.
    const inner = edges.slice(1, -1);
    const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 0];
    const within = inputs[cur].filter((x: number) => x >= low && x <= high);
    return {
      reference: [...countsOver(inner, inputs[ref]), 0],
      current: [...countsOver(inner, within), inputs[cur].length - within.length],
    };
  };
  const byMethod: Readonly<Record<string, (given: typeof nannyml) => number>> = {
    "jensen_shannon continuous": ({ ref, cur, doane_edges }) => {
      edgesOf.set(ref, doane_edges);
      const { reference, current } = counts(ref, cur);
      return jensenShannon(reference, current);
    },
    "hellinger continuous": ({ ref, cur }) => {
      const { reference, current } = counts(ref, cur);
      return hellinger(reference, current);
    },
    "kolmogorov_smirnov continuous": ({ ref, cur }) => ksStatistic(ascending(ref), ascending(cur)),
    "wasserstein continuous": ({ ref, cur }) => wasserstein(ascending(ref), ascending(cur)),
    "jensen_shannon categorical": (given) => overCategories(given, jensenShannon),
    "hellinger categorical": (given) => overCategories(given, hellinger),
    "l_infinity categorical": (given) => overCategories(given, lInfinity),
    "chi2 categorical": (given) =>
      overCategories(given, (reference, current) => {
        const found = chiSquare({ reference, current });
        closeRelative(found?.pValue ?? -1, given.p_value);
        return found?.statistic ?? -1;
      }),
  };
  for (const given of nannyml.univariate) {
    const ours = byMethod[`${given.method} ${given.type}`];
    assert(ours !== undefined, `no test of ${given.method}`);
    closeRelative(ours(given), given.score);
  }
});

const ascending = (name: string): readonly number[] =>
  inputs[name].toSorted((a: number, b: number) => a - b);

function overCategories(
  { ref, cur }: { readonly ref: string; readonly cur: string },
  distance: (reference: readonly number[], current: readonly number[]) => number,
): number {
  const { reference, current } = byBinOrValue({
    reference: categorical(inputs[ref]),
    current: categorical(inputs[cur]),
  });
  return distance(reference, current);
}
