import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { createMetrics } from "../../sidecar/metrics.ts";
import { answerWatch } from "../../sidecar/server/httpWatch.ts";
import type { Watcher } from "../../sidecar/server/watchers.ts";
import { bearer, startGuardedSidecar } from "../support/guardedSidecar.ts";
import { askHttp, type HttpJson } from "../support/httpCaller.ts";
import { LoopHarness } from "../support/loopHarness.ts";
import { planText, startTestSidecar, type TestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const NO_REASON = { name: "test", reason: "" };
const ONE_WATCHER = { limits: { watchersMax: 1 } };

/** Lines of JSON as they come; the test ends the watch. */
async function watch(
  context: TestContext,
  { http }: Pick<TestSidecar, "http">,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly next: () => Promise<HttpJson | undefined>; readonly stop: () => void }> {
  const ending = new AbortController();
  context.after(() => ending.abort());
  const url = `http://${http}/v1/rollouts/test/watch`;
  const { body, status: code } = await fetch(url, { signal: ending.signal, headers });
  assert.equal(code, 200);
  assert.ok(body !== null);
  const stream = Readable.from(body);
  stream.on("error", () => undefined);
  const lines = createInterface({ input: stream })[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { done, value } = await lines.next();
      return done === true ? undefined : JSON.parse(value);
    },
    stop: () => ending.abort(),
  };
}

async function noWatcher(sidecar: Pick<TestSidecar, "metric">): Promise<void> {
  await until(async () => (await sidecar.metric("understudy_watchers")) === 0, {
    deadlineMs: 5_000,
    what: "nobody watches",
  });
}

test("watching tells the rollout as it is, and as it becomes, a line each", async (context) => {
  const sidecar = await startTestSidecar(context);
  await sidecar.client.apply(planText());
  const watching = await watch(context, sidecar);
  assert.equal((await watching.next())?.phase, "PHASE_PROGRESSING");
  await sidecar.client.change("Pause", NO_REASON);
  const phases = new Set<unknown>();
  await until(
    async () => {
      phases.add((await watching.next())?.phase);
      return phases.has("PHASE_PAUSED");
    },
    { deadlineMs: 5_000, what: "the pause is told" },
  );
  watching.stop();
  await noWatcher(sidecar);
});

test("a watch that the sidecar ends has a problem as its last line", async (context) => {
  const sidecar = await startTestSidecar(context);
  await sidecar.client.apply(planText());
  await sidecar.client.change("Rollback", NO_REASON);
  const watching = await watch(context, sidecar);
  await watching.next();
  await sidecar.client.change("Delete", NO_REASON);
  const last = await watching.next();
  assert.deepEqual([last?.status, last?.code], [404, "unknown"]);
  assert.equal(await watching.next(), undefined);
  await noWatcher(sidecar);
});

test("a sidecar that stops tells who watches", async (context) => {
  const sidecar = await startTestSidecar(context);
  await sidecar.client.apply(planText());
  const watching = await watch(context, sidecar);
  await watching.next();
  const stopped = sidecar.stop();
  await until(async () => (await watching.next())?.status === 503, {
    deadlineMs: 5_000,
    what: "the end is told",
  });
  await stopped;
});

test("watchers by both ports have one bound, and a place that is free is taken", async (context) => {
  const sidecar = await startTestSidecar(context, ONE_WATCHER);
  await sidecar.client.apply(planText());
  const watching = await watch(context, sidecar);
  await watching.next();
  const refused = await askHttp(sidecar, "GET /v1/rollouts/test/watch");
  assert.deepEqual([refused.status, refused.json.code], [429, "too-many"]);
  const byGrpc = sidecar.client.watch("test", new AbortController().signal);
  await assert.rejects(byGrpc.next(), { code: status.RESOURCE_EXHAUSTED });
  assert.equal(await sidecar.metric("understudy_watchers_refused_total"), 2);
  watching.stop();
  await noWatcher(sidecar);
  await (await watch(context, sidecar)).next();
});

test("probes are answered while as many watch by HTTP as may", async (context) => {
  const sidecar = await startTestSidecar(context);
  await sidecar.client.apply(planText());
  const all = await Promise.all(Array.from({ length: 64 }, () => watch(context, sidecar)));
  await Promise.all(all.map((watching) => watching.next()));
  assert.equal((await askHttp(sidecar, "GET /healthz")).status, 200);
  assert.equal(await sidecar.metric("understudy_watchers"), 64);
});

test("case 68: a watcher who reads nothing is cut off", async (context) => {
  const view = await new LoopHarness().start();
  const long = { ...view, state: { ...view.state, reason: "x".repeat(1 << 20) } };
  let watcher: Watcher | undefined;
  let isCutOff = false;
  const api = {
    get: () => view,
    watch: (_name: string, each: Watcher) => {
      watcher = each;
      each.show(view);
      return () => {
        isCutOff = true;
      };
    },
  };
  const parts = { api, name: "test", limits: { unreadMs: 200 }, metrics: createMetrics() };
  const server = createServer((request, response) => {
    answerWatch({ request, response, query: "" }, { ...parts, admitted: undefined });
  });
  context.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const socket = connect(address.port, "127.0.0.1");
  context.after(() => socket.destroy());
  socket.on("error", () => undefined).pause();
  socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await until(
    () => {
      watcher?.show(long);
      return isCutOff;
    },
    { deadlineMs: 20_000, what: "the watcher is cut off" },
  );
});

test("a watch ends when its token is taken away", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const admin = sidecar.callers.token("admin");
  const viewer = sidecar.callers.token("viewer");
  await sidecar.reload();
  await (await sidecar.client({ token: admin })).apply(planText());
  const watching = await watch(context, sidecar, bearer(viewer));
  await watching.next();
  sidecar.callers.remove("viewer");
  await sidecar.reload();
  const ended = async (): Promise<boolean> =>
    watching.next().then(
      (line) => line === undefined,
      () => true,
    );
  await until(ended, { deadlineMs: 5_000, what: "the watch ends" });
  await noWatcher(sidecar);
});
