import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { main } from "../support/oracles.ts";

/** Entries that other parts of the statistics are held against: drift, and performance with labels. */
const elsewhere = [
  "ks_2samp",
  "categorical",
  "psi_quantile_bins",
  "distances",
  "river_detectors",
  "classification",
  "multipletests",
  "special (scipy.special/scipy.stats) chi2_sf(x,df)",
  "special (scipy.special/scipy.stats) chi2_ppf(p,df)",
  "special (scipy.special/scipy.stats) kolmogorov_sf(kstwobign)",
  // An interval for one look at a fixed number; nothing shows one.
  "special (scipy.special/scipy.stats) wilson95(k,n)",
];

/** Entries that hold others. */
const groups = ["special (scipy.special/scipy.stats)", "confseq", "own_reference_eprocesses"];

/** Every entry of the file that sequential inference is held against, by its own name. */
function entriesOfSequentialInference(): readonly string[] {
  const entries = Object.keys(main).flatMap((name) =>
    groups.includes(name)
      ? Object.keys(main[name]).map((part) => ({ name: part, full: `${name} ${part}` }))
      : [{ name, full: name }],
  );
  return entries
    .filter(({ full }) => !elsewhere.some((prefix) => full.startsWith(prefix)))
    .map(({ name }) => name);
}

/** What tests call entries by: the texts in quotes, of tests that read the file. */
function namesInTests(): readonly string[] {
  const folder = new URL("./", import.meta.url);
  return readdirSync(folder)
    .filter((file) => !import.meta.url.endsWith(file))
    .map((file) => readFileSync(new URL(file, folder), "utf8"))
    .filter((source) => source.includes("support/oracles.ts"))
    .flatMap((source) =>
      [...source.matchAll(/["`]([^"`\n]{4,})["`]|special\.(\w+)/g)].map(
        ([, quoted = "", member = ""]) => `${quoted}${member}`.split("${", 1)[0] ?? "",
      ),
    )
    .filter((name) => name.length >= 4);
}

test("every entry of the oracles that sequential inference is held against is in a test", () => {
  const names = namesInTests();
  const entries = entriesOfSequentialInference();
  assert(entries.length > 50, `${entries.length}`);
  assert.deepEqual(
    entries.filter((entry) => !names.some((name) => entry.startsWith(name))),
    [],
  );
});
