import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { RolloutClient } from "../../sidecar/cli/client.ts";
import { FakeFilter } from "../support/fakeFilter.ts";
import { startSidecarProcess } from "../support/sidecarProcess.ts";
import { planText, startTestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";
import { run, runIn } from "../support/verb.ts";

const main = fileURLToPath(new URL("../../sidecar/main.ts", import.meta.url));

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-wait-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function planFile(context: TestContext, text: string = planText()): string {
  const file = join(folderFor(context), "plan.yaml");
  writeFileSync(file, text);
  return file;
}

for (const { change, code } of [
  { change: "promote", code: 0 },
  { change: "rollback", code: 3 },
]) {
  test(`apply --wait ends with ${code} after ${change}, once that is in force`, async (context) => {
    const sidecar = await startTestSidecar(context);
    const filter = sidecar.filter();
    await filter.ready();
    const at = ["--server", sidecar.grpc];
    const waiting = run("apply", planFile(context), "--wait", "--timeout", "1m", ...at);
    await until(() => filter.traffic.get("test"), { deadlineMs: 10_000, what: "it is applied" });
    assert.equal((await run(change, "test", ...at)).code, 0);
    const { code: ended, out } = await waiting;
    assert.equal(ended, code);
    assert.match(out, /^test: progressing[\s\S]*in force: yes/);
  });
}

test("rollback --wait is done when it is in force, as that is what was asked for", async (context) => {
  const sidecar = await startTestSidecar(context);
  await sidecar.filter().ready();
  const at = ["--server", sidecar.grpc];
  await run("apply", planFile(context), ...at);
  const { code, out } = await run("rollback", "test", "--wait", "--output", "json", ...at);
  assert.equal(code, 0);
  assert.equal(JSON.parse(out).phase, "PHASE_ROLLED_BACK");
});

test("what is undecided at the timeout ends with 4, and so does what nobody serves", async (context) => {
  const { grpc } = await startTestSidecar(context);
  const at = ["--wait", "--timeout", "300ms", "--server", grpc];
  assert.equal((await run("apply", planFile(context), ...at)).code, 4);
  assert.equal((await run("watch", "test", "--timeout", "300ms", "--server", grpc)).code, 4);
  assert.equal((await run("promote", "test", ...at)).code, 4);
});

test("who waits is not put off by a sidecar that is killed and starts again", async (context) => {
  const storePath = join(folderFor(context), "rollouts.db");
  const { child, grpc } = await startSidecarProcess(context, { storePath });
  const said: string[] = [];
  const waiting = runIn(
    { onLine: (line) => said.push(line) },
    ...["apply", planFile(context), "--wait", "--timeout", "5m", "--server", grpc],
  );
  const hears = (what: RegExp) =>
    until(() => said.some((line) => what.test(line)), { deadlineMs: 30_000, what: `${what}` });
  await hears(/progressing/);
  child.kill("SIGKILL");
  await once(child, "exit");
  await hears(/the sidecar is away/);
  const flags = ["--grpc", grpc, "--http", "127.0.0.1:0", "--store", storePath];
  const again = spawn(process.execPath, [main, "serve", ...flags], { stdio: "ignore" });
  context.after(() => again.kill("SIGKILL"));
  const client = new RolloutClient(grpc);
  context.after(() => client.close());
  await until(() => client.get("test").catch(() => undefined), {
    deadlineMs: 30_000,
    what: "the sidecar is back",
  });
  const filter = new FakeFilter(grpc);
  context.after(() => filter.close());
  await client.change("Promote", { name: "test", reason: "seen enough" });
  const { code, out } = await waiting;
  assert.equal(code, 0);
  assert.match(out, /promoted[\s\S]*in force: yes/);
});

test("another rollout under the same name is not waited for", async (context) => {
  const sidecar = await startTestSidecar(context);
  const at = ["--server", sidecar.grpc];
  const said: string[] = [];
  const waiting = runIn(
    { onLine: (line) => said.push(line) },
    ...["apply", planFile(context), "--wait", ...at],
  );
  await until(() => said.length > 0, { deadlineMs: 10_000, what: "it waits" });
  await run("rollback", "test", ...at);
  await run("apply", planFile(context, planText("test", "v3")), ...at);
  const { code, err } = await waiting;
  assert.equal(code, 1);
  assert.match(err, /another rollout of this name/);
});

test("a rollout that is not there, or a sidecar that never was, is a failure and not waited for", async (context) => {
  const { grpc } = await startTestSidecar(context);
  const unknown = await run("watch", "nobody", "--server", grpc);
  assert.deepEqual([unknown.code, /nobody/.test(unknown.err)], [1, true]);
  const away = await run("watch", "nobody", "--server", "127.0.0.1:1");
  assert.deepEqual([away.code, /127\.0\.0\.1:1/.test(away.err)], [1, true]);
});

test("a reader that has seen enough ends a watch without a word", async (context) => {
  const { grpc, client } = await startTestSidecar(context);
  await client.apply(planText());
  const child = spawn(process.execPath, [main, "watch", "test", "--server", grpc]);
  context.after(() => child.kill("SIGKILL"));
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  await once(child.stdout, "data");
  child.stdout.destroy();
  const ended = once(child, "exit");
  for (const kind of ["Pause", "Resume", "Pause", "Resume"] as const) {
    await client.change(kind, { name: "test", reason: "" });
  }
  await client.change("Rollback", { name: "test", reason: "" });
  await ended;
  assert.deepEqual([child.exitCode, err], [1, ""]);
});
