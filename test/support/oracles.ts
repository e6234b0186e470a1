import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** As loosely typed as JSON is: what is missing or mistyped is NaN in a comparison, and fails it. */
type Json = ReturnType<typeof JSON.parse>;

const oracles: Json = JSON.parse(
  readFileSync(new URL("../vectors/oracles.json", import.meta.url), "utf8"),
);

/** The data that other implementations were given, by name. */
export const inputs: Json = oracles.inputs;
/** What they made of them. */
export const main: Json = oracles.main;
/** What Evidently made of them. */
export const evidently: Json = entry(oracles, "evidently");
/** What NannyML made of them. */
export const nannyml: Json = oracles.nannyml;

/** The entry of an object whose name begins so. Fails when there is none. */
export function entry(of: object, prefix: string): Json {
  const found = Object.entries(of).find(([name]) => name.startsWith(prefix));
  assert(found !== undefined, `no oracle ${prefix}`);
  return JSON.parse(JSON.stringify(found[1]));
}

/** Fails unless a number is the oracle's, by a relative tolerance (absolute below 1): that of the file's readme for closed forms. */
export function close(actual: number, oracle: number, tolerance = 1e-9): void {
  const error = Math.abs(actual - oracle) / Math.max(1, Math.abs(oracle));
  assert(error <= tolerance, `${actual} instead of ${oracle}`);
}

/** As `close`, but relative however small the oracle is; 0 must be met. */
export function closeRelative(actual: number, oracle: number, tolerance = 1e-9): void {
  assert(
    Math.abs(actual - oracle) <= tolerance * Math.abs(oracle),
    `${actual} instead of ${oracle}`,
  );
}
