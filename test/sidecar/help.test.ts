import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseFlags } from "../../sidecar/cli/flags.ts";
import { checkOperands } from "../../sidecar/cli/verb.ts";
import { VERBS } from "../../sidecar/cli/verbs.ts";
import { wordsOf } from "../support/commandLine.ts";
import { run, runIn } from "../support/verb.ts";

test("help is short, names every verb once and says what exit codes mean", async () => {
  const { code, out } = await run("--help");
  assert.equal(code, 0);
  assert.ok(out.split("\n").length <= 50);
  for (const { name, summary } of VERBS) {
    assert.equal(out.split(`\n  ${name} `).length, 2, name);
    assert.ok(summary.length <= 95, summary);
  }
  assert.match(out, /0 done, 1 failed, 2 wrong usage, 3 rolled back, 4 undecided/);
  for (const same of [[], ["help"], ["-h"]]) {
    assert.equal((await run(...same)).out, out);
  }
});

for (const { name, load } of VERBS) {
  test(`the help of ${name} tells each flag, and examples that are right`, async () => {
    const { code, out } = await run(name, "--help");
    const verb = await load();
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^usage: understudy ${name}\\b`));
    for (const [flag, { meaning }] of Object.entries(verb.flags)) {
      assert.ok(out.includes(`--${flag}`) && out.includes(meaning), flag);
    }
    assert.ok(verb.examples.length > 0);
    for (const example of verb.examples) {
      assert.ok(out.includes(`example: understudy ${example}`), example);
      const [first, ...args] = wordsOf(example);
      assert.equal(first, name);
      checkOperands(verb.operands, parseFlags(verb.flags, args).operands);
    }
  });
}

test("sidecar/README.md tells of every verb", () => {
  const readme = readFileSync(new URL("../../sidecar/README.md", import.meta.url), "utf8");
  const [table = ""] = (readme.split("| command | does |")[1] ?? "").split("\n\n", 1);
  const told = [...table.matchAll(/(?:^\| |`, )`([a-z]+)/gm)].map(([, verb]) => verb);
  const more = ["show", "alias", "zsh"];
  assert.deepEqual([...new Set(told)].sort(), [...VERBS.map(({ name }) => name), ...more].sort());
});

test("the version is told as other programs tell it", async () => {
  assert.equal((await run("--version")).out, (await run("version")).out);
});

test("help of a verb is the same both ways, and no flag after --", async () => {
  assert.equal((await run("help", "get")).out, (await run("get", "--help")).out);
  assert.match((await run("get", "--", "--help", "more")).err, /^more: a word too many/);
});

const wrong: readonly { args: readonly string[]; expected: RegExp }[] = [
  { args: ["frobnicate"], expected: /^frobnicate: no verb\nusage: understudy VERB/ },
  { args: ["constructor"], expected: /^constructor: no verb\n/ },
  { args: ["aply"], expected: /^aply: no verb: apply\?\n/ },
  { args: ["get"], expected: /^NAME: nothing\nusage: understudy get NAME \[flags\]\n/ },
  { args: ["get", "one", "two"], expected: /^two: a word too many\n/ },
  { args: ["pause", "x", "--revison", "3"], expected: /^--revison: no flag here: --revision\?\n/ },
  { args: ["pause", "x", "--revision", "x"], expected: /^--revision: x: a whole number from 1/ },
  { args: ["list", "--frobnicate"], expected: /^--frobnicate: no flag here\n/ },
  { args: ["list", "--output", "xml"], expected: /^--output: xml: table, json or yaml\n/ },
  { args: ["list", "--server"], expected: /--server/ },
  { args: ["apply", "x", "--timeout", "soon"], expected: /^--timeout: soon: a duration such as/ },
  { args: ["filter", "pth"], expected: /^pth: path\?\n/ },
  { args: ["completion", "powershell"], expected: /^powershell: bash, zsh or fish\n/ },
  { args: ["token", "create"], expected: /^--callers: nothing.*\n--name: nothing.*\n--role: noth/ },
  { args: ["serve", "--grcp", "x"], expected: /^--grcp: no flag here: --grpc\?\n/ },
];

for (const { args, expected } of wrong) {
  test(`"understudy ${args.join(" ")}" is wrong usage`, async () => {
    const { code, err, out } = await run(...args);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, expected);
  });
}

test("serve is handed the flags that it was given, and its exit code is the process's", async () => {
  const given: string[] = [];
  const serve = async (flags: readonly string[]) => {
    given.push(...flags);
    return 1 as const;
  };
  assert.equal((await runIn({ serve }, "serve", "--store", "memory")).code, 1);
  assert.deepEqual(given, ["--store", "memory"]);
});
