import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assessAsEvidently } from "../../sidecar/core/evidently/assess.ts";
import type { Column } from "../../sidecar/core/evidently/tables.ts";
import { closeRelative } from "../support/oracles.ts";

// What is missing or mistyped is NaN in a comparison, and fails it.
const vectors = JSON.parse(
  readFileSync(new URL("../vectors/evidentlyPreset.json", import.meta.url), "utf8"),
);

const columnOf = {
  numeric: (values: readonly number[]): Column => ({
    type: "numeric",
    values: Float64Array.from(values).sort(),
  }),
  categorical: (values: readonly unknown[]): Column => {
    const counts = new Map<string, number>();
    for (const value of values.map(String)) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return { type: "categorical", counts };
  },
};

for (const { name, columns, share } of vectors.datasets) {
  test(`of ${name}, tests, scores, verdicts and share are those of Evidently's preset`, () => {
    const drift = assessAsEvidently(
      columns.map((given: (typeof columns)[0]) => {
        const column = columnOf[given.type === "numeric" ? "numeric" : "categorical"];
        return {
          name: given.name,
          reference: column(given.reference),
          current: column(given.current),
        };
      }),
    );
    for (const [index, found] of drift.features.entries()) {
      const oracle = columns[index];
      assert.deepEqual(
        [found.name, found.test, found.drifted],
        [oracle.name, oracle.test, oracle.drifted],
      );
      // 1 minus a chance near 1 is what Evidently's z-test takes, so it has 7 digits less.
      closeRelative(found.score ?? Number.NaN, oracle.score, found.test === "z" ? 1e-6 : 1e-9);
    }
    closeRelative(drift.dataset.share, share);
  });
}

test("references below and above 1,000 rows, and drift and none, are among them", () => {
  const all = vectors.datasets.flatMap(({ columns }: { columns: unknown }) => columns);
  assert.deepEqual(
    new Set(all.map((one: { test: string; drifted: boolean }) => `${one.test} ${one.drifted}`)),
    new Set([
      "ks false",
      "ks true",
      "chisquare false",
      "z true",
      "jensenshannon false",
      "jensenshannon true",
      "wasserstein false",
      "wasserstein true",
    ]),
  );
});
