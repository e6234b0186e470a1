import assert from "node:assert/strict";
import { test } from "node:test";
import { filterConfig, rolloutConfig, shadowConfig, USER_HEADER } from "../support/filterConfig.ts";
import { STREAMS } from "../support/mesh.ts";
import { setStage, traffic } from "../support/stage.ts";
import { until } from "../support/until.ts";
import { held, predicting } from "../support/upstream.ts";

/** Another valid configuration of the same rollout. */
function changed(perSecondMax: number): unknown {
  return filterConfig([rolloutConfig({ shadow: shadowConfig({ perSecondMax, timeoutMs: 4000 }) })]);
}

test("case 25: a new configuration with calls in flight fails no request and loses no pair", async (context) => {
  const { users, sidecar, mesh, v1, v2 } = await setStage(context, {
    configuration: changed(1000),
  });
  const slow = held(predicting("v1", 1));
  const late = held(predicting("v2", 1));
  v1.answer = slow.answer;
  v2.answer = late.answer;
  const sent = users.sendAll(Array(8).fill({}));
  await until(() => v1.received.length === 8 && v2.received.length === 8, {
    deadlineMs: 15_000,
    what: "all requests and their copies are in flight",
  });
  assert.equal(await mesh.reconfigure(changed(999)), "taken");
  await until(() => sidecar.streams.length >= 2 * STREAMS, {
    deadlineMs: 15_000,
    what: "the new configuration has streams of its own",
  });
  late.release();
  slow.release();
  assert.ok((await sent).every(({ status }) => status === 200));
  const seen = await sidecar.seen(8);
  assert.ok(seen.every(({ shadow }) => shadow?.status === 200));
});

test("a copy that is in flight when the configuration changes is a pair, though its user was answered before", async (context) => {
  const { users, sidecar, mesh, v2 } = await setStage(context, { configuration: changed(1000) });
  const late = held(predicting("v2", 1));
  v2.answer = late.answer;
  await users.sendAll(Array(8).fill({}));
  assert.equal(await mesh.reconfigure(changed(999)), "taken");
  late.release();
  const seen = await sidecar.seen(8);
  assert.ok(seen.every(({ shadow }) => shadow?.status === 200));
});

test("a new configuration goes on with the weight that is in force, without a sidecar too", async (context) => {
  const { users, sidecar, mesh, v2 } = await setStage(context, {
    traffic: { candidateBp: 10_000, shadowBp: 0 },
  });
  sidecar.stop();
  await mesh.counted("streams_failed", STREAMS);
  assert.equal(await mesh.reconfigure(changed(999)), "taken");
  const got = await users.sendAll(Array(40).fill({}));
  assert.ok(got.every(({ status }) => status === 200));
  assert.equal(v2.users().length, 40);
});

test("the filter of an older configuration ends its stream when it has drained", async (context) => {
  const { sidecar, mesh } = await setStage(context);
  assert.equal(await mesh.reconfigure(changed(999)), "taken");
  await sidecar.inForce(traffic(), STREAMS);
  await until(() => sidecar.open().length === STREAMS, {
    deadlineMs: 15_000,
    what: "only the new configuration's streams are open",
  });
});

const bad: readonly { readonly name: string; readonly configuration: unknown }[] = [
  { name: "is no JSON", configuration: "{" },
  { name: "is empty", configuration: "" },
  { name: "has an unknown key", configuration: filterConfig(undefined, { retries: 3 }) },
  {
    name: "has a salt that is too short",
    configuration: filterConfig([rolloutConfig({ salt: "short" })]),
  },
  {
    name: "has two rollouts about the same requests",
    configuration: filterConfig([rolloutConfig(), rolloutConfig({ name: "again" })]),
  },
  { name: "is nested without end", configuration: `${"[".repeat(20_000)}` },
  { name: "is larger than the filter reads", configuration: " ".repeat(300_000) },
];
for (const { name, configuration } of bad) {
  test(`a configuration that ${name} is refused, and the one before stays in force`, async (context) => {
    const { users, mesh, sidecar, v2 } = await setStage(context, {
      traffic: { candidateBp: 10_000, shadowBp: 0 },
    });
    assert.equal(await mesh.reconfigure(configuration), "refused");
    const got = await users.sendAll(Array(20).fill({}));
    assert.ok(got.every(({ status }) => status === 200));
    assert.equal(v2.users().length, 20);
    const next = traffic({ generation: 2, candidateBp: 0, shadowBp: 0 });
    sidecar.serve(next);
    await sidecar.inForce(next, STREAMS);
    assert.match(mesh.envoy.log(), /understudy: \S+: .+: .+/);
    assert.equal(await mesh.reconfigure(changed(5)), "taken");
  });
}

test("case 23: many new configurations under load fail no request and move no user", async (context) => {
  const { users, sidecar, mesh } = await setStage(context, {
    traffic: { candidateBp: 5000, shadowBp: 2000 },
  });
  const requests = Array.from({ length: 100 }, (_, index) => ({
    headers: { [USER_HEADER]: `user-${index}` },
  }));
  const ask = async (): Promise<readonly string[]> => {
    const got = await users.sendAll(requests);
    assert.ok(got.every(({ status }) => status === 200));
    return got.map(({ body }) => body);
  };
  const before = await ask();
  const pushed = new AbortController();
  const load = async (): Promise<void> => {
    while (!pushed.signal.aborted) {
      assert.deepEqual(await ask(), before);
    }
  };
  const loading = load();
  for (let push = 1; push <= 20; push += 1) {
    assert.equal(await mesh.reconfigure(changed(push)), "taken");
  }
  pushed.abort();
  await loading;
  await until(() => sidecar.open().length === STREAMS, {
    deadlineMs: 15_000,
    what: "only the last configuration's streams are open",
  });
});

test("streams that outlive the configuration they began under go on to their end", async (context) => {
  const { users, sidecar, mesh, v1 } = await setStage(context);
  let end = (): void => undefined;
  v1.answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: first\n\n");
    end = () => response.end("data: last\n\n");
  };
  const answer = users.send();
  await sidecar.seen(1);
  assert.equal(await mesh.reconfigure(changed(999)), "taken");
  const next = traffic({ generation: 2 });
  sidecar.serve(next);
  // The worker that has the stream keeps the older configuration's filter until then.
  await sidecar.inForce(next, STREAMS + 1);
  end();
  assert.equal((await answer).body, "data: first\n\ndata: last\n\n");
  await until(() => sidecar.open().length === STREAMS, {
    deadlineMs: 20_000,
    what: "only the new configuration's streams are open",
  });
  v1.answer = predicting("v1", 1);
  assert.equal((await users.send()).status, 200);
  await sidecar.seen(2);
});
