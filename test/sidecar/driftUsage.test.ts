import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { tableFile } from "../support/tables.ts";
import { run } from "../support/verb.ts";

test("what is odd in the files is told, and the rest is used", async (context) => {
  const lines = Array.from({ length: 100 }, (_, row) => `${row},${row % 2}`);
  const file = tableFile(context, "odd.csv", `a,b\n${lines.join("\n")}\nten,1\n5\n`);
  const { code, out, err } = await run("profile", "--input", file);
  assert.equal(code, 0);
  assert.equal(JSON.parse(out).features[0].n, 101);
  assert.match(err, /^raggedRow: row 102: 1 cells where the header has 2/m);
  assert.match(err, /^wrongType: row 101, column "a": "ten" is /m);
});

for (const { args, code, expected } of [
  { args: ["profile"], code: 2, expected: /^--input: nothing: a file of CSV/ },
  { args: ["profile", "--input", "/no/such.csv"], code: 1, expected: /no\/such\.csv/ },
  { args: ["profile", "--input", "x", "--feature", "a"], code: 2, expected: /NAME=PATH/ },
  { args: ["profile", "--input", "x", "--feature", "a=$["], code: 2, expected: /no JSONPath/ },
  { args: ["profile", "--input", "x", "--seed", "-"], code: 2, expected: /^--seed: -: a whole/ },
  { args: ["profile", "--input", "x", "--delimiter", "ab"], code: 2, expected: /^--delimiter/ },
  { args: ["drift", "--reference", "x"], code: 2, expected: /^--current: nothing/ },
  { args: ["drift", "--reference", "x", "--current", "/no"], code: 1, expected: /ENOENT/ },
  { args: ["drift", "--threshold", "0"], code: 2, expected: /^--threshold: 0: auto, or/m },
  { args: ["drift", "--false-alarm-every", "1"], code: 2, expected: /a number above 1/ },
  { args: ["drift", "--mode", "x"], code: 2, expected: /^--mode: x: understudy or evidently/m },
  { args: ["drift", "--wat"], code: 2, expected: /--wat/ },
] as const) {
  test(`"understudy ${args.join(" ")}" ends with ${code} and says why`, async () => {
    const failed = await run(...args);
    assert.equal(failed.code, code);
    assert.match(failed.err, expected);
    assert.doesNotMatch(failed.err, /\n\s+at /);
  });
}

test("an empty file, and a profile that was changed, are failures that say so", async (context) => {
  const empty = tableFile(context, "empty.csv", "");
  assert.match((await run("profile", "--input", empty)).err, /empty\.csv: no rows/);
  const data = tableFile(context, "data.csv", "a,b\n1,2\n3,4\n");
  const { out } = await run("profile", "--input", data);
  const changed = tableFile(context, "profile.json", out.replace('"rows":2', '"rows":3'));
  const failed = await run("drift", "--reference", changed, "--current", data);
  assert.deepEqual([failed.code, /it was changed/.test(failed.err)], [1, true]);
});

test("the README's commands about profiles and drift do what it says", async (context) => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const folder = dirname(tableFile(context, "nothing", ""));
  const commands = [...readme.matchAll(/^npx understudy ((?:profile|drift) .+)$/gm)];
  assert.equal(commands.length, 2);
  for (const [, command = ""] of commands) {
    const args = command
      .split(" ")
      .map((word) => (/^(profile\.json|drift\.html)$/.test(word) ? join(folder, word) : word));
    const { code, err } = await run(...args);
    assert.equal(code, 0, err);
  }
  assert.match(readFileSync(join(folder, "drift.html"), "utf8"), /None of 10 features drifted/);
});
