import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { RolloutClient } from "../../sidecar/cli/client.ts";
import { FakeFilter } from "../support/fakeFilter.ts";
import { type SidecarProcess, startSidecarProcess } from "../support/sidecarProcess.ts";
import { planText } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const main = fileURLToPath(new URL("../../sidecar/main.ts", import.meta.url));

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-process-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function clientOf(context: TestContext, sidecar: SidecarProcess): RolloutClient {
  const client = new RolloutClient(sidecar.grpc);
  context.after(() => client.close());
  return client;
}

/** Runs the command line to its end. */
function run(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    timeout: 20_000,
  });
  return { code: status, out: stdout, err: stderr };
}

test("killed in mid-rollout and started again on its store, the sidecar asks for the same traffic", async (context) => {
  const storePath = join(folderFor(context), "rollouts.db");
  const first = await startSidecarProcess(context, { storePath });
  const before = await clientOf(context, first).apply(planText());
  await clientOf(context, first).change("Pause", { name: "test", reason: "hold it" });
  first.child.kill("SIGKILL");
  await once(first.child, "exit");

  const second = await startSidecarProcess(context, { storePath });
  const filter = new FakeFilter(second.grpc);
  context.after(() => filter.close());
  const traffic = await until(() => filter.traffic.get("test"), {
    deadlineMs: 5_000,
    what: "traffic comes",
  });
  assert.equal(traffic.generation, Number(before.traffic?.generation));
  assert.equal(traffic.shadowBp, before.traffic?.shadowBp);
  const after = await clientOf(context, second).get("test");
  assert.equal(after.reason, "hold it (asked by local caller)");
});

test("SIGTERM drains: streams end, what was decided is saved, and the exit code is 0", async (context) => {
  const storePath = join(folderFor(context), "rollouts.db");
  const sidecar = await startSidecarProcess(context, { storePath });
  const client = clientOf(context, sidecar);
  await client.apply(planText());
  const filter = new FakeFilter(sidecar.grpc);
  context.after(() => filter.close());
  await filter.ready();
  const watch = client.watch("test", new AbortController().signal);
  await watch.next();
  sidecar.child.kill("SIGTERM");
  const [code] = await once(sidecar.child, "exit");
  assert.equal(code, 0);
  assert.equal((await filter.ended()).code, 0);
  const messages = sidecar.logged().map(({ msg }) => msg);
  assert.deepEqual(messages.slice(-2), ["stopping", "stopped"]);
});

test("case 76: a second sidecar on the same store does not start, and says why", async (context) => {
  const storePath = join(folderFor(context), "rollouts.db");
  await startSidecarProcess(context, { storePath });
  const { code, out } = run("serve", "--grpc", "127.0.0.1:0", "--store", storePath);
  assert.equal(code, 1);
  assert.match(out, /in use by another sidecar/);
});

test("a port that is taken is named", async (context) => {
  const sidecar = await startSidecarProcess(context);
  const { code, out } = run(
    "serve",
    "--grpc",
    sidecar.grpc,
    "--http",
    "127.0.0.1:0",
    "--store",
    "memory",
  );
  assert.equal(code, 1);
  assert.match(out, /EADDRINUSE/);
});

test("case 78: out of file descriptors, the sidecar sheds connections and recovers", async (context) => {
  const sidecar = await startSidecarProcess(context, { filesMax: 60 });
  const [host = "", port = ""] = sidecar.grpc.split(":");
  const sockets = Array.from({ length: 200 }, () => connect(Number(port), host));
  const ended = sockets.map((socket) =>
    once(
      socket.on("error", () => undefined),
      "close",
    ),
  );
  await Promise.race(ended);
  for (const socket of sockets) {
    socket.destroy();
  }
  const client = clientOf(context, sidecar);
  const applied = await until(() => client.apply(planText()).catch(() => undefined), {
    deadlineMs: 10_000,
    what: "a plan is taken again",
  });
  assert.equal(applied.name, "test");
  assert.equal(sidecar.child.exitCode, null);
});

test("wrong usage ends with exit code 2 and says what is right", () => {
  const { code, err } = run("serve", "--grpc", "0.0.0.0:50051");
  assert.equal(code, 2);
  assert.match(err, /a loopback address/);
});
