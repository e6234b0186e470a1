import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  exactShare,
  incompleteBeta,
  incompleteBetaInverse,
  logGamma,
} from "../../sidecar/core/beta.ts";
import { normalCdf, normalQuantile } from "../../sidecar/core/normal.ts";

// What the file holds is checked by the comparisons: a missing or mistyped number is NaN there and fails.
const oracles = JSON.parse(
  readFileSync(new URL("../vectors/oracles.json", import.meta.url), "utf8"),
);
const special = oracles.main["special (scipy.special/scipy.stats)"];

function close(actual: number, oracle: number, tolerance = 1e-9): void {
  const error = Math.abs(actual - oracle) / Math.max(1, Math.abs(oracle));
  assert(error <= tolerance, `${actual} instead of ${oracle}`);
}

/** As `close`, but relative for the smallest numbers too. */
function closeRelative(actual: number, oracle: number): void {
  const error = oracle === 0 ? Math.abs(actual) : Math.abs(actual - oracle) / Math.abs(oracle);
  assert(error <= 1e-9, `${actual} instead of ${oracle}`);
}

test("the special functions equal scipy's", () => {
  for (const [x, oracle] of special.lgamma) {
    close(logGamma(x), oracle);
  }
  for (const [a, b, x, oracle] of special["betainc(a,b,x)"]) {
    close(incompleteBeta(x, a, b), oracle, 1e-8);
  }
  for (const [a, b, p, oracle] of special["betaincinv(a,b,p)"]) {
    close(incompleteBetaInverse(p, a, b), oracle, 1e-8);
  }
  for (const [x, oracle] of special.norm_cdf) {
    closeRelative(normalCdf(x), oracle);
  }
  for (const [p, oracle] of special.norm_ppf) {
    closeRelative(normalQuantile(p), oracle);
  }
  for (const [k, n, from, to] of special["clopper_pearson95(k,n)"]) {
    const found = exactShare({ n, k }, 0.05);
    close(found[0], from);
    close(found[1], to);
  }
});
