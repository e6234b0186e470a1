import assert from "node:assert/strict";
import { test } from "node:test";
import { gaussian } from "../../sidecar/core/drift/gaussian.ts";
import {
  addFeatures,
  featuresOf,
  type KernelSums,
  kernelOf,
  meanOf,
  mmdSquared,
  type Projection,
  projectionOf,
  squaredDistance,
  startSums,
} from "../../sidecar/core/drift/kernelMean.ts";
import {
  meanDistanceCritical,
  meanDistancePValue,
  meanSpreadOf,
} from "../../sidecar/core/drift/meanSpread.ts";
import { exactMmdSquared } from "../support/exactMmd.ts";
import { close, evidently, inputs } from "../support/oracles.ts";
import { type Random, seeded } from "../support/random.ts";

function sumsOf(projection: Projection, points: readonly ArrayLike<number>[]): KernelSums {
  const sums = startSums();
  for (const point of points) {
    addFeatures(sums, featuresOf(projection, point));
  }
  return sums;
}

function normals(random: Random, count: number, dimensions: number): readonly Float64Array[] {
  return Array.from({ length: count }, () =>
    Float64Array.from({ length: dimensions }, () => gaussian(random)),
  );
}

test("the exact discrepancy equals Evidently's", () => {
  close(
    exactMmdSquared(inputs.emb_ref, inputs.emb_cur, 1 / 6),
    evidently.embedding.mmd2u_rbf_gamma_1_6,
  );
});

test("random features give the exact discrepancy to within their error", () => {
  const random = seeded(11);
  const reference = normals(random, 300, 4);
  const current = normals(random, 200, 4).map((point) => point.map((value) => value + 0.7));
  const { bandwidth } = kernelOf(reference, 1);
  const exact = exactMmdSquared(reference, current, 1 / (2 * bandwidth * bandwidth));
  const found = Array.from({ length: 20 }, (_, seed) => {
    const projection = projectionOf({ seed, bandwidth, dimensions: 4 });
    return mmdSquared(sumsOf(projection, reference), sumsOf(projection, current));
  });
  const mean = found.reduce((sum, value) => sum + value / found.length, 0);
  assert(Math.abs(mean / exact - 1) < 0.05, `${mean} instead of ${exact}`);
});

test("the bandwidth is the median distance", () => {
  const random = seeded(12);
  const { bandwidth } = kernelOf(normals(random, 1_000, 2), 1);
  // Of two normal points in the plane: the root of four times ln 2.
  assert(Math.abs(bandwidth / Math.sqrt(4 * Math.LN2) - 1) < 0.1, `${bandwidth}`);
  assert.equal(kernelOf([[1], [1]], 1).bandwidth, 1);
});

test("the same seed gives the same features", () => {
  const kernel = { seed: 5, bandwidth: 2, dimensions: 3 };
  assert.deepEqual(
    featuresOf(projectionOf(kernel), [1, 0, -2]),
    featuresOf(projectionOf(kernel), [1, 0, -2]),
  );
});

const populations = [
  { name: "independent", draw: (random: Random) => normals(random, 1, 5)[0] ?? [] },
  {
    name: "almost in a line",
    draw: (random: Random) => {
      const along = gaussian(random);
      return [along, along + 0.1 * gaussian(random), along + 0.1 * gaussian(random)];
    },
  },
  {
    name: "with heavy tails",
    draw: (random: Random) => {
      const scale = Math.exp(gaussian(random));
      return [scale * gaussian(random), scale * gaussian(random)];
    },
  },
];

for (const { name, draw } of populations) {
  for (const rows of [50, 150]) {
    test(`p-values of the mean of ${rows} points ${name} are as small as chance makes them`, () => {
      const random = seeded(13);
      let small = 0;
      for (let profile = 0; profile < 4; profile += 1) {
        const reference = Array.from({ length: 1_000 }, () => draw(random));
        const projection = projectionOf(kernelOf(reference, profile));
        const places = reference.map((point) => featuresOf(projection, point));
        const mean = meanOf(sumsOf(projection, reference));
        const spread = meanSpreadOf(places, mean);
        for (let window = 0; window < 50; window += 1) {
          const current = sumsOf(
            projection,
            Array.from({ length: rows }, () => draw(random)),
          );
          const distance = squaredDistance(mean, meanOf(current));
          const sizes = { referenceRows: 1_000, currentRows: rows };
          small += meanDistancePValue(spread, sizes, distance) <= 0.05 ? 1 : 0;
        }
      }
      // 200 windows at 5 %: 10 are expected, with a deviation of 3.1; windows of one reference share its error.
      assert(small >= 1 && small <= 24, `${small} of 200`);
    });
  }
}

test("the critical distance has the p-value that it was asked for", () => {
  const random = seeded(14);
  const reference = normals(random, 500, 3);
  const spread = meanSpreadOf(reference, [0, 0, 0]);
  const sizes = { referenceRows: 500, currentRows: 100 };
  for (const alpha of [0.2, 0.01, 1e-6]) {
    const critical = meanDistanceCritical(spread, sizes, alpha);
    close(meanDistancePValue(spread, sizes, critical) / alpha, 1, 1e-6);
  }
});

test("points that are all equal lie apart by nothing, or beyond chance", () => {
  const spread = meanSpreadOf([[1], [1], [1]], [1]);
  const sizes = { referenceRows: 3, currentRows: 3 };
  assert.equal(meanDistancePValue(spread, sizes, 0), 1);
  assert.equal(meanDistancePValue(spread, sizes, 0.5), 0);
});
