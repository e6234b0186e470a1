import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runVerb } from "../../sidecar/cli/run.ts";
import { planText, startTestSidecar } from "../support/testSidecar.ts";

/** Runs one verb; returns its exit code and what it said. */
async function run(
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runVerb(args, {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

function planFile(context: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-cli-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "plan.yaml");
  writeFileSync(file, text);
  return file;
}

test("the command line applies, shows, moves, watches and lists rollouts", async (context) => {
  const { grpc } = await startTestSidecar(context);
  const at = ["--server", grpc];
  const applied = await run("apply", planFile(context, planText()), ...at);
  assert.match(applied.out, /^test: progressing, step 1 of 2 \(shadow 100%\)/);
  const paused = await run("pause", "test", "--reason", "lunch", ...at);
  assert.match(paused.out, /paused[\s\S]*why: lunch/);
  assert.match((await run("get", "test", ...at)).out, /paused/);
  assert.match((await run("resume", "test", ...at)).out, /progressing/);
  assert.match((await run("promote", "test", ...at)).out, /promoted/);
  assert.match((await run("list", ...at)).out, /^test: promoted.*100% to v2/);
  assert.match((await run("watch", "test", ...at)).out, /promoted/);
  const refused = await run("rollback", "test", ...at);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /has ended/);
});

test("case 64: control characters in a reason do not reach the terminal", async (context) => {
  const { grpc } = await startTestSidecar(context);
  await run("apply", planFile(context, planText()), "--server", grpc);
  const reason = "\u001b[2Jgone\r\n\u0007";
  const { out } = await run("pause", "test", "--reason", reason, "--server", grpc);
  assert.match(out, /why: .*gone/);
  assert.deepEqual(
    [...out].filter((letter) => letter < " " && letter !== "\n"),
    [],
  );
});

test("a sidecar that is not there, and a plan that is not there, are failures that name it", async () => {
  const noSidecar = await run("list", "--server", "127.0.0.1:1");
  assert.equal(noSidecar.code, 1);
  assert.match(noSidecar.err, /127\.0\.0\.1:1/);
  const noPlan = await run("apply", "/no/such/plan.yaml", "--server", "127.0.0.1:1");
  assert.equal(noPlan.code, 1);
  assert.match(noPlan.err, /plan\.yaml/);
});

const wrong: readonly { args: readonly string[]; expected: RegExp }[] = [
  { args: ["frobnicate"], expected: /usage: understudy/ },
  { args: ["constructor"], expected: /usage: understudy/ },
  { args: ["get"], expected: /usage: understudy/ },
  { args: ["get", "one", "two"], expected: /usage: understudy/ },
  { args: ["list", "--wat"], expected: /--wat/ },
];

for (const { args, expected } of wrong) {
  test(`"understudy ${args.join(" ")}" is wrong usage`, async () => {
    const { code, err } = await run(...args);
    assert.equal(code, 2);
    assert.match(err, expected);
  });
}

test("help is no failure", async () => {
  assert.equal((await run("help")).code, 0);
});
