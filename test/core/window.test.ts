import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  FUTURE_MS,
  openWindows,
  REPORT_MS,
  takeClosed,
  WINDOW_MS,
  windowOf,
} from "../../sidecar/core/window.ts";

const requestTimeoutMs = 3_000;
const begin = 1_000_000_000;
const held = WINDOW_MS + requestTimeoutMs + REPORT_MS;

type Count = { n: number };
const one = (): Count => ({ n: 0 });

test("a window stays open until its last request must have been reported", () => {
  const windows = openWindows<Count>(requestTimeoutMs, begin);
  windowOf(windows, begin + 999, one);
  assert.deepEqual(takeClosed(windows, begin + held - 1), []);
  assert.deepEqual(takeClosed(windows, begin + held), [{ beginMs: begin, value: { n: 0 } }]);
  assert.equal(windowOf(windows, begin + 999, one), "late");
  assert.notEqual(windowOf(windows, begin + 1_000, one), "late");
});

test("requests that began before the windows were opened are late", () => {
  const windows = openWindows<Count>(requestTimeoutMs, begin + 1);
  assert.equal(windowOf(windows, begin, one), "late");
  assert.equal(windowOf(windows, begin + 999, one), "late");
  assert.deepEqual(windowOf(windows, begin + 1_000, one), { n: 0 });
});

test("a start is let in up to the bound in the future and refused beyond it", () => {
  const windows = openWindows<Count>(requestTimeoutMs, begin);
  assert.deepEqual(windowOf(windows, begin + FUTURE_MS, one), { n: 0 });
  assert.equal(windowOf(windows, begin + FUTURE_MS + 1, one), "future");
  takeClosed(windows, begin + 1);
  assert.deepEqual(windowOf(windows, begin + FUTURE_MS + 1, one), { n: 0 });
});

test("a start that is no time is refused", () => {
  const windows = openWindows<Count>(requestTimeoutMs, begin);
  for (const startMs of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal(windowOf(windows, startMs, one), "future");
  }
  for (const startMs of [Number.NEGATIVE_INFINITY, -1, 0]) {
    assert.equal(windowOf(windows, startMs, one), "late");
  }
  assert.equal(windows.open.size, 0);
});

test("a clock that goes back opens no closed window", () => {
  const windows = openWindows<Count>(requestTimeoutMs, begin);
  takeClosed(windows, begin + 60_000);
  assert.deepEqual(takeClosed(windows, begin), []);
  assert.equal(windowOf(windows, begin + 1_000, one), "late");
});

const passing = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 4_000 }),
    aheadMs: fc.integer({ min: -9_000, max: 70_000 }),
  }),
  { maxLength: 200 },
);

test("each start is counted once: in a closed window, in an open one, or as refused", () => {
  fc.assert(
    fc.property(passing, (starts) => {
      const windows = openWindows<Count>(requestTimeoutMs, begin);
      let nowMs = begin;
      let refused = 0;
      const closed: { beginMs: number; value: Count }[] = [];
      for (const { afterMs, aheadMs } of starts) {
        nowMs += afterMs;
        closed.push(...takeClosed(windows, nowMs));
        const found = windowOf(windows, nowMs + aheadMs, one);
        const counted = typeof found === "string" ? { n: 0 } : found;
        counted.n += 1;
        refused += typeof found === "string" ? 1 : 0;
      }
      const values = [...closed.map(({ value }) => value), ...windows.open.values()];
      assert.equal(
        values.reduce((sum, { n }) => sum + n, refused),
        starts.length,
      );
      const begins = closed.map(({ beginMs }) => beginMs);
      assert.deepEqual(
        begins,
        [...new Set(begins)].sort((a, b) => a - b),
      );
    }),
  );
});

test("the number of open windows is bounded whatever starts come", () => {
  const max = Math.ceil((held + FUTURE_MS) / WINDOW_MS) + 1;
  fc.assert(
    fc.property(passing, (starts) => {
      const windows = openWindows<Count>(requestTimeoutMs, begin);
      let nowMs = begin;
      for (const { afterMs, aheadMs } of starts) {
        nowMs += afterMs;
        takeClosed(windows, nowMs);
        windowOf(windows, nowMs + aheadMs, one);
        assert(windows.open.size <= max);
      }
    }),
  );
});
