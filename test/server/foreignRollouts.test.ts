import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { wireObservation } from "../support/fakeFilter.ts";
import { startGuardedSidecar } from "../support/guardedSidecar.ts";
import { planText } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const FORBIDDEN = 'understudy_filter_streams_closed_total{reason="forbidden"}';
const SINGLE = 'understudy_observations_total{outcome="single"}';

test("case 39: a filter for some rollouts that names another is denied, counted and logged, and told no traffic", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const admin = sidecar.callers.token("admin");
  const token = sidecar.callers.token("filter", {
    name: "shop-gateway",
    rollouts: "shop,checkout",
  });
  await sidecar.reload();
  await (await sidecar.client({ token: admin })).apply(planText());
  const filter = await sidecar.filter({ token }, { rollouts: ["shop", "test"] });
  const { code, details } = await filter.ended();
  assert.equal(code, status.PERMISSION_DENIED);
  assert.equal(details, "the Hello names a rollout that is not this caller's: test");
  assert.deepEqual(filter.told, []);
  assert.equal(await sidecar.metric(FORBIDDEN), 1);
  const said = sidecar.logged.find(({ message }) => message === "filter's stream closed");
  assert.partialDeepStrictEqual(said?.fields, { reason: "forbidden", caller: "shop-gateway" });
});

test("case 39: a filter for some rollouts reports those, and is told their traffic", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const admin = sidecar.callers.token("admin");
  const token = sidecar.callers.token("filter", { rollouts: "shop,test" });
  await sidecar.reload();
  await (await sidecar.client({ token: admin })).apply(planText());
  const filter = await sidecar.filter({ token });
  await filter.ready();
  await filter.acknowledgedUpTo(filter.observe([wireObservation()]));
  await until(() => filter.traffic.has("test"), { deadlineMs: 5_000, what: "traffic comes" });
  await until(async () => (await sidecar.metric(SINGLE)) === 1, {
    deadlineMs: 5_000,
    what: "the observation counts",
  });
});

test("case 39: what rollouts a filter is for is taken from the file while it is connected", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const token = sidecar.callers.token("filter", { name: "gate" });
  await sidecar.reload();
  const filter = await sidecar.filter({ token });
  await filter.ready();
  sidecar.callers.narrow("gate", "shop");
  await sidecar.reload();
  await filter.ended();
  const again = await sidecar.filter({ token });
  assert.equal((await again.ended()).code, status.PERMISSION_DENIED);
});

test("case 39: a filter for some rollouts may not discover, as that is about all of them", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const token = sidecar.callers.token("filter", { rollouts: "shop" });
  await sidecar.reload();
  for (const method of ["StreamAggregatedResources", "DeltaAggregatedResources"]) {
    const path = `/envoy.service.discovery.v3.AggregatedDiscoveryService/${method}`;
    const { code, details } = await sidecar.call(path, { token });
    assert.equal(code, status.PERMISSION_DENIED);
    assert.match(details, /for some rollouts alone/);
  }
});
