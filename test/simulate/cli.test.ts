import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runVerb } from "../../sidecar/cli/run.ts";

const demoPlan = fileURLToPath(new URL("../../examples/patient-risk/plan.yaml", import.meta.url));

async function run(
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runVerb(["simulate", ...args], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const truth = ["--truth", "primary-error-rate=0.01", "--truth", "candidate-error-rate=0.2"];

test("understudy simulate prints one line of JSON for programs", async () => {
  const { code, out, err } = await run(
    ...["--plan", demoPlan, ...truth, "--runs", "20", "--seed", "7", "--output", "json"],
  );
  assert.deepEqual([code, err], [0, ""]);
  const found = JSON.parse(out);
  assert.equal(found.runs, 20);
  assert.equal(found.promoted + found.rolledBack + found.undecided, 20);
  assert.equal(found.rolledBack, 20);
  for (const { median, p90 } of [found.requests, found.exposed]) {
    assert(median <= p90);
  }
});

test("understudy simulate says for people whether an ending would be false, and how sure the shares are", async () => {
  const { out } = await run("--plan", demoPlan, ...truth, "--runs", "20");
  assert.match(
    out,
    /^patient-risk-v2: 20 simulated rollouts\n {2}the candidate is beyond the limit of errorRate/,
  );
  assert.match(out, /rolled back {2}100% \(95% confidence: 83\.2% to 100%\), after a median of /);
});

for (const { args, code, expected } of [
  { args: [], code: 2, expected: /^--plan: nothing: the file of a plan\n[\s\S]*simulate --help/ },
  { args: ["--plan", demoPlan, "--runs", "0"], code: 2, expected: /^--runs: 0: a whole number/ },
  { args: ["--plan", demoPlan, "--seed", "-1"], code: 2, expected: /seed/ },
  { args: ["--plan", demoPlan, "--truth", "wat=1"], code: 2, expected: /^truth: wat=1: one of / },
  { args: ["--plan", "/no/such/plan.yaml"], code: 1, expected: /plan\.yaml/ },
  { args: ["--plan", fileURLToPath(import.meta.url)], code: 1, expected: /\(\d+:\d+\)$/m },
] as const) {
  test(`"understudy simulate ${args.slice(2).join(" ")}" fails with ${code} and says why`, async () => {
    const failed = await run(...args);
    assert.equal(failed.code, code);
    assert.match(failed.err, expected);
  });
}
