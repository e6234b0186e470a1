import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketOf, type Latencies } from "../../sidecar/core/evidence/latencies.ts";
import { latencyFigures } from "../../sidecar/core/evidence/latencySentence.ts";

/** Latencies of so many requests, evenly from half to one and a half times a median. */
function around(medianMs: number, n: number): Latencies {
  const latencies: Record<string, number> = {};
  for (let index = 0; index < n; index += 1) {
    const bucket = bucketOf(medianMs * (0.5 + index / n));
    latencies[bucket] = (latencies[bucket] ?? 0) + 1;
  }
  return latencies;
}

test("a slowdown's figures tell where 95% of the latencies lie and whether they differ", () => {
  assert.equal(
    latencyFigures({ primary: around(40, 900), candidate: {} }),
    "no candidate request yet",
  );
  assert.equal(
    latencyFigures({ primary: around(40, 900), candidate: around(40, 300) }),
    "95% of candidate requests took at most 58.8 ms, between 56.5 and 60 ms (primary 58.8 ms, between 57.6 and 60 ms; p = 1 were they equal)",
  );
  assert.match(
    latencyFigures({ primary: around(40, 900), candidate: around(80, 300) }),
    /^95% of candidate requests took at most 118 ms, .*; p = 1e-14 were they equal\)$/,
  );
});

test("what is not known yet of latencies is not made up", () => {
  assert.match(
    latencyFigures({ primary: {}, candidate: around(80, 3) }),
    /^95% of candidate requests took at most 94.5 ms, from 0 ms on \(primary \?\)$/,
  );
});
