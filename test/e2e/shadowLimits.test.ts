import assert from "node:assert/strict";
import { test } from "node:test";
import { filterConfig, rolloutConfig, shadowConfig } from "../support/filterConfig.ts";
import { openRaw, rawPost } from "../support/rawClient.ts";
import { setStage } from "../support/stage.ts";
import { until } from "../support/until.ts";
import { held, predicting } from "../support/upstream.ts";

test("case 14: shadows in flight never pass their cap, and those not sent are counted", async (context) => {
  const { sidecar, users, v2, mesh } = await setStage(context, {
    configuration: filterConfig([
      rolloutConfig({
        requestTimeoutMs: 60_000,
        shadow: shadowConfig({ inFlightMax: 2, timeoutMs: 60_000 }),
      }),
    ]),
  });
  const late = held(predicting("v2", 1));
  v2.answer = late.answer;
  const got = await users.sendAll(Array(60).fill({}));
  assert.ok(got.every(({ status }) => status === 200));
  // Two for each worker.
  assert.equal(await mesh.counted("drops_shadow_in_flight", 56), 56);
  assert.equal(await mesh.counter("shadows_sent"), 4);
  late.release();
  const seen = await sidecar.seen(60);
  assert.equal(seen.filter(({ shadow }) => shadow !== null).length, 4);
  await until(() => sidecar.drops().DROP_REASON_SHADOW_IN_FLIGHT === 56, {
    deadlineMs: 15_000,
    what: "the sidecar hears of every shadow not sent",
  });
  await users.send();
  await mesh.counted("shadows_sent", 5);
});

test("shadows never pass their rate, and those not sent are counted", async (context) => {
  const { users, v2, mesh } = await setStage(context, {
    configuration: filterConfig([rolloutConfig({ shadow: shadowConfig({ perSecondMax: 1 }) })]),
  });
  const beganMs = performance.now();
  await users.sendAll(Array(50).fill({}));
  const dropped = await until(
    async () => {
      const { drops_shadow_rate: drops = 0, shadows_sent: sent = 0 } = await mesh.counters();
      return drops + sent === 50 && drops;
    },
    { deadlineMs: 15_000, what: "every shadow was sent or counted as dropped" },
  );
  const seconds = (performance.now() - beganMs) / 1000;
  // For each worker one at once, and one for each second.
  assert.ok(50 - dropped <= 2 * (1 + Math.ceil(seconds)), `${50 - dropped} in ${seconds} s`);
  await until(() => v2.received.length === 50 - dropped, {
    deadlineMs: 15_000,
    what: "those sent have arrived",
  });
});

test("case 10: captured bytes never pass their cap: what does not fit is not shadowed, counted, and answered", async (context) => {
  const { sidecar, mesh, v1, v2 } = await setStage(context, {
    configuration: filterConfig([
      rolloutConfig({ shadow: shadowConfig({ capturedBytesMax: 262_144 }) }),
    ]),
  });
  const whole = rawPost("/v2/models/risk/infer", [], "x".repeat(60_000));
  const sockets = Array.from({ length: 10 }, () => openRaw(mesh.port, whole.subarray(0, -1)));
  // Three copies of 64 KiB and their headers fit into each worker, which has five requests.
  await mesh.counted("drops_captured_bytes", 4);
  for (const socket of sockets) {
    socket.write("x");
  }
  const seen = await sidecar.seen(10);
  assert.ok(seen.every(({ answer }) => answer.status === 200));
  assert.equal(v1.received.length, 10);
  assert.equal(v2.received.length, seen.filter(({ shadow }) => shadow !== null).length);
  assert.equal(v2.received.length, 10 - (await mesh.counter("drops_captured_bytes")));
});
