import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { shortPlan } from "../support/plans.ts";
import { run } from "../support/verb.ts";

const examples = fileURLToPath(new URL("../../examples/plans/", import.meta.url));

async function fileWith(context: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "understudy-plan-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "plan.yaml");
  await writeFile(file, text);
  return file;
}

test("plan check takes every example, and says what steps it stands for", async () => {
  const files = await readdir(examples);
  assert.ok(files.length >= 2);
  for (const file of files) {
    const { code, out, err } = await run("plan", "check", join(examples, file));
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /: a plan of \w+/);
  }
});

test("plan check names everything that is wrong, with its place, and exits with 1", async (context) => {
  const text = shortPlan.replace("weight: 5%", "weight: 5").replace("primary:", "primery:");
  const file = await fileWith(context, text);
  const { code, out, err } = await run("plan", "check", file);
  assert.deepEqual([code, out], [1, ""]);
  assert.deepEqual(
    err.split("\n").map((line) => line.split(":")[0]),
    ["spec.primary", "spec.primery", "spec.steps[0].canary.weight"],
  );
  assert.match(err, /primery: primary\? known here: .* \(5:3\)/);
  const json = await run("plan", "check", file, "--output", "json");
  assert.equal(json.code, 1);
  assert.equal(JSON.parse(json.out).problems.length, 3);
});

test("plan explain tells the steps of a strategy, what each must see, how alpha is split and how long it takes", async () => {
  const file = join(examples, "chained.yaml");
  const { code, out } = await run("plan", "explain", file, "--requests-per-second", "200");
  assert.equal(code, 0);
  for (const said of [
    /^patient-risk: v2 against v1$/m,
    /^ {2}1\. shadow 50%$/m,
    /^ {5}must pass: disagreement$/m,
    /^ {2}2\. canary 1%$/m,
    /^ {5}must pass: errorRate, disagreement, latency$/m,
    /^ {5}waits for: at least 200 requests of v2, 10m$/m,
    /^ {5}takes about [\d,]+ user requests, \d+m\d*s?$/m,
    /^ {2}5\. switch, kept for 1h$/m,
    /no user is left at v1 to compare with/,
    /errorRate: failed requests at most 1\.5 times the primary's rate, or 1%; takes 0\.00333 of/,
    /A rollback goes down the canary weights, each for 30s/,
    /In all about \dh\d+m at 200 user requests a second/,
  ]) {
    assert.match(out, said);
  }
});

test("plan explain says of a blue-green plan what it waits for, and what nobody compares", async () => {
  const { code, out } = await run("plan", "explain", join(examples, "blue-green.yaml"));
  assert.equal(code, 0);
  for (const said of [
    /waits for: about \d+ test requests of which hardly any fails/,
    /waits for: gate smoke-tests after it/,
    /waits for: somebody's approval/,
    /Steps advance mon tue wed thu 09:00 to 16:00 \(Europe\/Berlin\), but in no freeze \(1 listed\)/,
    /No user of v2 is compared with one of v1 in this plan/,
    /How long it takes in all can't be said\./,
  ]) {
    assert.match(out, said);
  }
});

test("plan explain says the same to programs", async () => {
  const file = join(examples, "chained.yaml");
  const { out } = await run("plan", "explain", file, "--output", "json");
  const { steps, guardrails } = JSON.parse(out);
  assert.deepEqual(
    steps.map((step: { readonly step: string }) => step.step),
    ["shadow 50%", "canary 1%", "canary 5%", "canary 25%", "switch, kept for 1h"],
  );
  const alpha = guardrails.reduce(
    (sum: number, one: { readonly alpha: number }) => sum + one.alpha,
    0,
  );
  assert.ok(Math.abs(alpha - 0.01) < 1e-12);
});

test("more traffic never makes a plan take longer", async () => {
  const file = join(examples, "chained.yaml");
  const secondsAt = async (rate: string): Promise<number> => {
    const { out } = await run(
      ...["plan", "explain", file, "--output", "json", "--requests-per-second", rate],
    );
    return JSON.parse(out).seconds;
  };
  const times = [await secondsAt("10"), await secondsAt("100"), await secondsAt("10000")];
  assert.deepEqual(
    times,
    times.toSorted((a, b) => b - a),
  );
});

test("plan without a way or a file is wrong usage", async () => {
  assert.equal((await run("plan")).code, 2);
  assert.equal((await run("plan", "chekc", "x.yaml")).code, 2);
  assert.equal((await run("plan", "check", "no-such.yaml")).code, 1);
});
