import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { planText, startTestSidecar } from "../support/testSidecar.ts";
import { run, runIn } from "../support/verb.ts";

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

test("every form of output says the same of a rollout", async (context) => {
  const { grpc } = await startTestSidecar(context);
  const at = ["--server", grpc];
  const file = planFile(context, planText());
  const applied = await run("apply", file, ...at, "--output", "json");
  const { name, phase, steps, revision } = JSON.parse(applied.out);
  assert.deepEqual([name, phase, revision], ["test", "PHASE_PROGRESSING", "1"]);
  assert.deepEqual(steps, ["shadow 100%", "canary 10%"]);
  const listed = await run("list", ...at, "--output", "yaml");
  assert.equal(parse(listed.out).rollouts[0].phase, "PHASE_PROGRESSING");
  const differences = await run("differences", "test", ...at, "--output", "json");
  assert.deepEqual(JSON.parse(differences.out), { places: [], pairs: "0" });
  await run("rollback", "test", ...at);
  const watched = await run("watch", "test", ...at, "--output", "json");
  assert.equal(watched.code, 3);
  assert.equal(JSON.parse(watched.out).phase, "PHASE_ROLLED_BACK");
});

test("colours are for terminals, and around what is safe alone", async (context) => {
  const { grpc } = await startTestSidecar(context);
  const at = ["--server", grpc];
  await run("apply", planFile(context, planText()), ...at);
  await run("pause", "test", "--reason", "\u001b[31mred", ...at);
  const coloured = await runIn({ hasColours: true }, "get", "test", ...at);
  assert.ok(coloured.out.startsWith("test: \u001b[33mpaused\u001b[0m, step 1"));
  assert.equal(coloured.out.split("\u001b").length, 3);
  assert.equal((await run("get", "test", ...at)).out.split("\u001b").length, 1);
});

test("a change that is asked for at another revision is refused", async (context) => {
  const { grpc } = await startTestSidecar(context);
  await run("apply", planFile(context, planText()), "--server", grpc);
  const stale = await run("pause", "test", "--revision", "9", "--server", grpc);
  assert.deepEqual([stale.code, /revision/.test(stale.err)], [1, true]);
});

const skip = spawnSync("script", ["--version"]).status !== 0 && "script is not here";

test("a terminal shows colours, unless NO_COLOR is set", { skip }, () => {
  const main = fileURLToPath(new URL("../../sidecar/main.ts", import.meta.url));
  const nowhere = "--envoy-admin http://127.0.0.1:2 --server 127.0.0.1:2";
  const shown = (env: NodeJS.ProcessEnv): string => {
    const typed = ["-qec", `'${process.execPath}' '${main}' doctor ${nowhere}`, "/dev/null"];
    // Nothing of who runs the tests: CI and FORCE_COLOR decide about colours too, and SHELL about what script starts.
    const terminal = { PATH: process.env.PATH, SHELL: "/bin/sh", TERM: "xterm-256color", ...env };
    return spawnSync("script", typed, { encoding: "utf8", env: terminal }).stdout;
  };
  assert.ok(shown({}).startsWith("\u001b[31mproblem"));
  assert.ok(shown({ NO_COLOR: "1" }).startsWith("problem"));
});
