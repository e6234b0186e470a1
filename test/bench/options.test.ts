import assert from "node:assert/strict";
import { test } from "node:test";
import { MEASUREMENTS, parseOptions } from "../../bench/options.ts";

test("without arguments everything is measured in nine rounds but what takes a control plane", () => {
  assert.deepEqual(parseOptions([]), {
    report: undefined,
    only: MEASUREMENTS.filter((name) => name !== "istio"),
    rounds: 9,
    upstream: "keeps",
    evidently: false,
  });
});

test("what is named by --only is measured in the fixed order", () => {
  const args = ["--only", "sidecar,split", "--rounds", "15", "--report", "out.json", "--evidently"];
  args.push("--upstream", "closes");
  const expected = {
    report: "out.json",
    only: ["split", "sidecar"],
    rounds: 15,
    upstream: "closes",
    evidently: true,
  };
  assert.deepEqual(parseOptions(args), expected);
});

test("what takes a control plane is measured when it is named", () => {
  assert.deepEqual(parseOptions(["--only", "istio,idle"]).only, ["idle", "istio"]);
});

for (const { given, says } of [
  { given: ["--only", "splt"], says: /--only: "splt": some of split,shadow,memory/ },
  { given: ["--rounds", "0"], says: /--rounds: 0: a whole number from 1 to 100/ },
  { given: ["--rounds", "2.5"], says: /--rounds: 2.5/ },
  { given: ["--upstream", "drops"], says: /--upstream: drops: one of keeps, closes, computes/ },
  { given: ["--fast"], says: /--fast/ },
]) {
  test(`${given.join(" ")} is refused with what is allowed`, () => {
    assert.throws(() => parseOptions(given), says);
  });
}
