import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { entry, evidently, main, nannyml } from "../support/oracles.ts";

/** Groups of the file that are about sequential inference or labels; their own tests hold them. */
const elsewhere = [
  ...["classification", "mcnemar", "e_BH", "confseq", "savvi", "own_reference_eprocesses"],
  "ddsketch",
  "special",
];
const specialFunctions = ["gammainc", "chi2_sf", "chi2_ppf", "kolmogorov_sf"];

/** The names of all entries about drift, without what describes them. */
function namesOfDrift(): readonly string[] {
  const groups = Object.keys(main).filter(
    (name) => !elsewhere.some((prefix) => name.startsWith(prefix)),
  );
  const special = Object.keys(entry(main, "special")).filter((name) =>
    specialFunctions.some((prefix) => name.startsWith(prefix)),
  );
  const methods = [...evidently.cases, ...nannyml.univariate].map(({ method }) => method);
  const detectors = entry(main, "river_detectors").map(
    ({ detector }: { detector: string }) => detector,
  );
  const names = [
    ...groups,
    ...special,
    ...methods,
    ...detectors,
    ...Object.keys(evidently.embedding),
  ];
  return [...new Set(names.map((name) => name.split(" ", 1)[0] ?? ""))];
}

test("every entry of the oracles about drift is in a test of this room", () => {
  const folder = new URL("./", import.meta.url);
  const sources = readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && !import.meta.url.endsWith(file))
    .map((file) => readFileSync(new URL(file, folder), "utf8"))
    .filter((source) => source.includes("support/oracles.ts"))
    .join("\n");
  const names = namesOfDrift();
  assert.ok(names.length > 30, `${names.length}`);
  assert.deepEqual(
    names.filter((name) => !sources.includes(name.split("_sturges", 1)[0] ?? name)),
    [],
  );
});
