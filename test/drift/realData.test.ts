import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DRIFT } from "../../sidecar/core/drift/assess.ts";
import { chiSquare } from "../../sidecar/core/drift/chiSquare.ts";
import { hellinger } from "../../sidecar/core/drift/hellinger.ts";
import { jensenShannon } from "../../sidecar/core/drift/jensenShannon.ts";
import { ksExactPValue, ksPValue, ksStatistic } from "../../sidecar/core/drift/ks.ts";
import { lInfinity } from "../../sidecar/core/drift/lInfinity.ts";
import { proportionsTest } from "../../sidecar/core/drift/proportions.ts";
import { psiCritical } from "../../sidecar/core/drift/psi.ts";
import { wasserstein } from "../../sidecar/core/drift/wasserstein.ts";
import { assessFeature, countsOf, numericProfile } from "../support/features.ts";
import { close, closeRelative } from "../support/oracles.ts";

// Real patients, wines and digits; made by test/vectors/realData.py. What is missing or mistyped is NaN in a comparison, and fails it.
const vectors = JSON.parse(
  readFileSync(new URL("../vectors/realData.json", import.meta.url), "utf8"),
);

for (const given of vectors.numeric) {
  const { name, reference, current } = given;
  const feature = numericProfile(name, reference);
  const found = assessFeature(feature, countsOf(feature, current));

  test(`on real data exact KS and Wasserstein equal scipy's: ${name}`, () => {
    const [a, b] = [
      reference.toSorted((x: number, y: number) => x - y),
      current.toSorted((x: number, y: number) => x - y),
    ];
    const sizes = { reference: a.length, current: b.length };
    const statistic = ksStatistic(a, b);
    closeRelative(statistic, given.ks);
    closeRelative(ksExactPValue(statistic, sizes), given.ksExact);
    closeRelative(ksPValue(statistic, sizes), given.ksAsymptotic);
    closeRelative(wasserstein(a, b), given.wasserstein);
    closeRelative(feature.std, given.std);
  });

  test(`on real data PSI, its critical value and Jensen-Shannon of a window equal numpy's: ${name}`, () => {
    for (const [index, decile] of feature.deciles.entries()) {
      close(decile, given.deciles[index]);
    }
    assert.equal(feature.deciles.length, given.deciles.length);
    closeRelative(found.psi ?? -1, given.psi);
    closeRelative(found.js ?? -1, given.js);
    const sizes = { reference: reference.length, current: current.length };
    closeRelative(
      psiCritical({ ...sizes, bins: given.deciles.length + 1 }, 0.001),
      given.psiCritical,
    );
  });

  test(`on real data the counts of a window bound the exact distances: ${name}`, () => {
    assert.ok(found.ks !== null && found.ks.statistic <= given.ks + 1e-12);
    assert.ok(given.ks <= found.ks.statistic + found.ks.bound + 1e-12);
    assert.ok(found.ks.pValue >= given.ksAsymptotic - 1e-12);
    const exact = given.wasserstein / given.std;
    assert.ok(Math.abs((found.wasserstein ?? -9) - exact) <= (found.wassersteinBound ?? 0));
  });
}

for (const given of vectors.categorical) {
  test(`on real data everything about categories equals scipy's and statsmodels's: ${given.name}`, () => {
    const [reference, current] = given.counts;
    const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
    const yates = chiSquare({ reference, current });
    const plain = chiSquare({ reference, current }, "none");
    closeRelative(yates?.statistic ?? -1, given.chi2[0]);
    closeRelative(yates?.pValue ?? -1, given.chi2[1]);
    assert.equal(yates?.dof, given.chi2[2]);
    closeRelative(plain?.statistic ?? -1, given.chi2Plain[0]);
    closeRelative(plain?.pValue ?? -1, given.chi2Plain[1]);
    closeRelative(jensenShannon(reference, current), given.js);
    closeRelative(hellinger(reference, current), given.hellinger);
    closeRelative(lInfinity(reference, current), given.lInfinity);
    const first = proportionsTest(
      { n: total(reference), k: reference[0] },
      { n: total(current), k: current[0] },
    );
    closeRelative(first.z, given.firstProportion[0]);
    closeRelative(first.pValue, given.firstProportion[1]);
  });
}

test("patients of one hospital do not drift from each other, and the malignant do from the benign", () => {
  const verdicts = vectors.numeric
    .slice(0, 2)
    .map(({ name, reference, current }: (typeof vectors.numeric)[0]) => {
      const feature = numericProfile(name, reference);
      return assessFeature(feature, countsOf(feature, current), DRIFT).drifted;
    });
  assert.deepEqual(verdicts, [false, true]);
});
