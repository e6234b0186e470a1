import assert from "node:assert/strict";
import { test } from "node:test";
import {
  exactShare,
  incompleteBeta,
  incompleteBetaInverse,
  logGamma,
} from "../../sidecar/core/beta.ts";
import { lowerGamma } from "../../sidecar/core/gamma.ts";
import { normalCdf, normalQuantile } from "../../sidecar/core/normal.ts";
import { atMost } from "../support/mcNemar.ts";
import { close, entry, main } from "../support/oracles.ts";

const special = entry(main, "special");

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
  for (const [a, x, oracle] of special["gammainc_lower_reg(a,x)"]) {
    close(lowerGamma(a, x), oracle);
  }
  for (const [k, n, oracle] of special["binom_two_sided_p(k,n,0.5)"]) {
    close(Math.min(1, 2 * atMost(Math.min(k, n - k), n)), oracle, 1e-8);
  }
});
