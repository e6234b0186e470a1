import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { mock, test } from "node:test";
import { status } from "@grpc/grpc-js";
import fc from "fast-check";
import { LIMITS } from "../../sidecar/limits.ts";
import { createMetrics } from "../../sidecar/metrics.ts";
import type { Labels } from "../../sidecar/ports/predictions.ts";
import { type Log, RequestError, type Rollouts } from "../../sidecar/ports.ts";
import { HttpServer } from "../../sidecar/server/httpServer.ts";
import { LabelHandler } from "../../sidecar/server/labels.ts";
import { Outbox } from "../../sidecar/server/outbox.ts";
import { RolloutApi } from "../../sidecar/server/rolloutApi.ts";
import { Sources } from "../../sidecar/server/sources.ts";
import { CallError, codeOf, statusOf } from "../../sidecar/server/status.ts";
import { manualClock } from "../support/clock.ts";

test("each batch of a source counts once, whatever is replayed, and gaps are told", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 50 }), (sequences) => {
      const sources = new Sources(4);
      const counted: number[] = [];
      let lost = 0;
      for (const sequence of sequences) {
        const numbering = sources.take("a", sequence);
        counted.push(...(numbering.kind === "new" ? [sequence] : []));
        lost += numbering.kind === "new" ? numbering.lost : 0;
      }
      assert.deepEqual(
        counted,
        [...new Set(counted)].sort((x, y) => x - y),
      );
      assert.equal(counted.length + lost, Math.max(0, ...counted));
    }),
  );
});

test("the source heard from longest ago is forgotten when there are too many", () => {
  const sources = new Sources(2);
  sources.take("a", 5);
  sources.take("b", 5);
  sources.take("a", 6);
  sources.take("c", 1);
  assert.equal(sources.take("a", 6).kind, "replayed");
  assert.equal(sources.take("b", 5).kind, "new");
});

/** A stream whose reader takes nothing until it is let. */
function stuckStream(): { stream: Writable; sent: unknown[]; release: () => void } {
  const sent: unknown[] = [];
  let release = (): void => undefined;
  const stream = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write: (item, _encoding, done) => {
      sent.push(item);
      release = done;
    },
  });
  return { stream, sent, release: () => release() };
}

test("while a reader is slow only the newest message of each key waits", async () => {
  const { stream, sent, release } = stuckStream();
  const outbox = new Outbox<string>(stream, { unreadMs: 60_000, unread: () => undefined });
  for (const text of ["first", "second", "third"]) {
    outbox.put("key", text);
  }
  outbox.put("other", "one");
  assert.deepEqual(sent, ["first"]);
  assert.equal(outbox.waiting("key"), "third");
  for (let turn = 0; turn < 3; turn += 1) {
    release();
    await new Promise(setImmediate);
  }
  assert.deepEqual(sent, ["first", "third", "one"]);
  outbox.close();
});

test("a reader that leaves everything unread is given up once", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { stream } = stuckStream();
    let givenUp = 0;
    const unread = (): void => {
      givenUp += 1;
    };
    const outbox = new Outbox<string>(stream, { unreadMs: 10_000, unread });
    outbox.put("key", "first");
    outbox.put("key", "second");
    mock.timers.tick(9_999);
    assert.equal(givenUp, 0);
    mock.timers.tick(100_000);
    assert.equal(givenUp, 1);
    outbox.close();
  } finally {
    mock.timers.reset();
  }
});

const errors: readonly { error: unknown; code: status; details: string }[] = [
  { error: new RequestError("unknown", "no x"), code: status.NOT_FOUND, details: "no x" },
  { error: new RequestError("stale", "x"), code: status.ABORTED, details: "x" },
  { error: new RequestError("refused", "x"), code: status.FAILED_PRECONDITION, details: "x" },
  { error: new RequestError("reused", "x"), code: status.ALREADY_EXISTS, details: "x" },
  { error: new RequestError("busy", "x"), code: status.RESOURCE_EXHAUSTED, details: "x" },
  { error: new RequestError("unavailable", "x"), code: status.UNAVAILABLE, details: "x" },
  { error: new CallError("invalid", "x"), code: status.INVALID_ARGUMENT, details: "x" },
  { error: new CallError("too-many", "x"), code: status.RESOURCE_EXHAUSTED, details: "x" },
  { error: new Error("secret"), code: status.INTERNAL, details: "the sidecar made a mistake" },
];

for (const { error, code, details } of errors) {
  test(`${error instanceof Error ? error.name : ""} ${codeOf(error)} is ${status[code]}`, () => {
    assert.deepEqual(statusOf(error), { code, details });
  });
}

const nowhere: Labels = {
  record: () => Promise.reject(new RequestError("unavailable", "nobody is there")),
};

const nobody = () => Promise.reject(new RequestError("unavailable", "nobody is there"));
const none: Rollouts = {
  ...{ list: () => [], get: () => undefined, watch: () => () => undefined },
  ...{ start: nobody, command: nobody, history: nobody },
};
const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const parts = { metrics: createMetrics(), limits: LIMITS };

test("case 80: probes follow the loop and the store", async () => {
  let [isAlive, isReady] = [true, false];
  const server = new HttpServer({
    alerts: { standing: () => [], retry: () => undefined },

    isAlive: () => isAlive,
    isReady: () => isReady,
    labels: new LabelHandler({ labels: nowhere, metrics: createMetrics() }),
    api: new RolloutApi({ ...parts, rollouts: none, clock: manualClock(), log: silent }),
    ...parts,
  });
  const port = await server.listen({ host: "127.0.0.1", port: 0 });
  const ask = async (path: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  assert.deepEqual([await ask("/healthz"), await ask("/readyz")], [200, 503]);
  [isAlive, isReady] = [false, true];
  assert.deepEqual([await ask("/healthz"), await ask("/readyz")], [503, 200]);
  await server.stop();
});

test("every metric is understudy's or the process's, with help, and counters end in _total", async () => {
  const { registry } = createMetrics();
  const all = await registry.getMetricsAsJSON();
  const ours = all.filter(({ name }) => name.startsWith("understudy_"));
  assert.ok(ours.length > 30);
  assert.deepEqual(
    all.filter(({ name }) => !/^(understudy|process|nodejs)_/.test(name)),
    [],
  );
  assert.deepEqual(
    ours.filter(({ name, help, type }) => {
      const isCounter = String(type) === "counter";
      return isCounter !== name.endsWith("_total") || !help.endsWith(".");
    }),
    [],
  );
});
