import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ADWIN,
  type AdwinSettings,
  addAdwin,
  adwinMean,
  insertAdwinSlice,
  lookAtAdwin,
  startAdwin,
} from "../../sidecar/core/drift/adwin.ts";
import {
  addPageHinkley,
  PAGE_HINKLEY,
  startPageHinkley,
} from "../../sidecar/core/drift/pageHinkley.ts";
import { ddm, eddm, hddmA, hddmW } from "../support/errorDetectors.ts";
import { closeRelative, entry, inputs, main } from "../support/oracles.ts";

const rivers: Readonly<Record<string, string>> = {
  clock: "every",
  max_buckets: "bucketsMax",
  min_window_length: "partMin",
  grace_period: "windowMin",
  min_instances: "valuesMin",
  alpha: "keep",
  mode: "direction",
};

for (const given of entry(main, "river_detectors")) {
  const { detector, stream, drift_indices_0based: oracle } = given;
  const params = JSON.stringify(given.params ?? {});
  test(`${detector} ${params} on ${stream} finds changes exactly where river does`, () => {
    const settings = Object.fromEntries(
      Object.entries(given.params ?? {}).map(([name, value]) => [rivers[name] ?? name, value]),
    );
    const values: readonly number[] = inputs[stream];
    const found = {
      ADWIN: () => adwinAlarms(values, { ...ADWIN, ...settings }, given.final),
      PageHinkley: () => {
        const state = startPageHinkley();
        return indices(values, (value) =>
          addPageHinkley(state, value, { ...PAGE_HINKLEY, ...settings }),
        );
      },
      DDM: () => ddm(values),
      EDDM: () => eddm(values),
      HDDM_A: () => hddmA(values),
      HDDM_W: () => hddmW(values),
    };
    const run = new Map(Object.entries(found)).get(detector);
    assert(run !== undefined, `no test of ${detector}`);
    assert.deepEqual(run(), oracle);
  });
}

function adwinAlarms(
  values: readonly number[],
  settings: AdwinSettings,
  final: { width: number; estimation: number; variance_field: number; total: number },
): readonly number[] {
  const state = startAdwin();
  const found = indices(values, (value) => addAdwin(state, value, settings));
  assert.equal(state.n, final.width);
  closeRelative(adwinMean(state), final.estimation);
  closeRelative(state.squares, final.variance_field);
  closeRelative(state.sum, final.total);
  return found;
}

function indices(
  values: readonly number[],
  isChange: (value: number) => boolean,
): readonly number[] {
  return values.flatMap((value, index) => (isChange(value) ? [index] : []));
}

test("both detectors go on from their state as JSON, and stay small", () => {
  const stream: readonly number[] = inputs.stream_bin_shift;
  const [adwin, hinkley] = [startAdwin(), startPageHinkley()];
  let [restored, restoredTest] = [startAdwin(), startPageHinkley()];
  for (const value of stream) {
    restored = JSON.parse(JSON.stringify(restored));
    restoredTest = JSON.parse(JSON.stringify(restoredTest));
    assert.equal(addAdwin(restored, value), addAdwin(adwin, value));
    assert.equal(addPageHinkley(restoredTest, value), addPageHinkley(hinkley, value));
  }
  assert.deepEqual([restored, restoredTest], [adwin, hinkley]);
  for (let more = 0; more < 100_000; more += 1) {
    addAdwin(adwin, (more * 0.61803398875) % 1);
  }
  assert.ok(adwin.levels.length <= Math.log2(adwin.n) + 1);
  assert.ok(JSON.stringify(adwin).length < 10_000);
});

test("a window that is given values in slices holds the same of them, in fewer parts", () => {
  const [one, sliced] = [startAdwin(), startAdwin()];
  const values = Array.from({ length: 4_000 }, (_, index) => (index * 0.61803398875) % 1);
  for (const value of values) {
    addAdwin(one, value, { ...ADWIN, every: Number.POSITIVE_INFINITY });
  }
  for (let from = 0; from < values.length; from += 8) {
    insertAdwinSlice(sliced, values.slice(from, from + 8), 3);
  }
  assert.deepEqual([sliced.n, sliced.seen], [one.n, one.seen]);
  closeRelative(sliced.sum, one.sum);
  closeRelative(sliced.squares, one.squares);
  assert.deepEqual(
    sliced.levels.slice(0, 3).map(({ length }) => length),
    [0, 0, 0],
  );
  assert.deepEqual(JSON.parse(JSON.stringify(sliced)), sliced);
});

test("a change between slices is found, and the window begins anew after it", () => {
  const window = startAdwin();
  for (let slice = 0; slice < 200; slice += 1) {
    const place = slice < 100 ? 0.3 : 0.7;
    const around = [-4, -3, -2, -1, 1, 2, 3, 4].map((off) => place + off / 20);
    insertAdwinSlice(window, around, 3);
  }
  assert.equal(lookAtAdwin(window, ADWIN), true);
  assert.ok(Math.abs(adwinMean(window) - 0.7) < 0.05, `${adwinMean(window)}`);
  insertAdwinSlice(window, new Array<number>(8).fill(0.5), 3);
  assert.equal(window.n, 8);
});
