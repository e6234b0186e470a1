import assert from "node:assert/strict";
import { test } from "node:test";
import { filterConfig, rolloutConfig } from "../support/filterConfig.ts";
import { STREAMS } from "../support/mesh.ts";
import { setStage, traffic } from "../support/stage.ts";

const PATHS = { path: { prefix: "/v2/models/" } };
const TWO = filterConfig([
  rolloutConfig({
    name: "tenant",
    match: { ...PATHS, headers: [{ name: "x-tenant", value: "a" }] },
  }),
  rolloutConfig({ match: { ...PATHS, host: "*.example.com" } }),
]);

test("each request belongs to the first rollout that matches it, and only that one moves it", async (context) => {
  const { sidecar, users, v2, mesh } = await setStage(context, {
    configuration: TWO,
    traffic: { candidateBp: 10_000, shadowBp: 0 },
  });
  const tenant = traffic({ rollout: "tenant", shadowBp: 0 });
  sidecar.serve(tenant);
  await sidecar.inForce(tenant, STREAMS);
  const host = "Models.Example.com:8080";
  await users.send({ headers: { host, "x-tenant": "a" } });
  await users.send({ headers: { host, "x-tenant": "b" } });
  await users.send({ headers: { host: "example.com" } });
  const seen = await sidecar.seen(2);
  assert.deepEqual(
    seen.map(({ rollout, served }) => [sidecar.streams[0]?.hello?.rollouts[rollout], served]),
    [
      ["tenant", "VARIANT_PRIMARY"],
      ["risk", "VARIANT_CANDIDATE"],
    ],
  );
  assert.equal(v2.users().length, 1);
  assert.equal(await mesh.counted("requests_unmatched", 1), 1);
});

test("a rollout that a new configuration adds starts on the primary, and the others go on", async (context) => {
  const { sidecar, users, mesh, v2 } = await setStage(context, {
    traffic: { candidateBp: 10_000, shadowBp: 0 },
  });
  const exact = { match: { path: { exact: "/v2/models/new/infer" } } };
  const added = filterConfig([rolloutConfig({ name: "added", ...exact }), rolloutConfig()]);
  assert.equal(await mesh.reconfigure(added), "taken");
  await users.send({ path: "/v2/models/new/infer" });
  await users.send();
  assert.deepEqual(
    v2.users().map(({ path }) => path),
    ["/v2/models/risk/infer"],
  );
  const next = traffic({ rollout: "added", candidateBp: 10_000, shadowBp: 0 });
  sidecar.serve(next);
  await sidecar.inForce(next, STREAMS);
  await users.send({ path: "/v2/models/new/infer" });
  assert.equal(v2.users().length, 2);
});

test("a rollout that is configured again after it was removed goes on with its weight", async (context) => {
  const { users, sidecar, mesh, v1, v2 } = await setStage(context, {
    traffic: { candidateBp: 10_000, shadowBp: 0 },
  });
  assert.equal(await mesh.reconfigure(filterConfig([])), "taken");
  await users.send();
  assert.deepEqual([v1.users().length, v2.users().length], [1, 0]);
  sidecar.stop();
  assert.equal(await mesh.reconfigure(filterConfig()), "taken");
  await users.send();
  assert.deepEqual([v1.users().length, v2.users().length], [1, 1]);
});

test("two rollouts on one route are refused with field and value, and what was configured before goes on", async (context) => {
  const { users, mesh, v2 } = await setStage(context, {
    traffic: { candidateBp: 10_000, shadowBp: 0 },
  });
  const twins = filterConfig([rolloutConfig(), rolloutConfig({ name: "twin" })]);
  assert.equal(await mesh.reconfigure(twins), "refused");
  assert.match(
    mesh.envoy.log(),
    /rollouts\[1\]\.match: \\?"twin\\?" matches what \\?"risk\\?" does: another match than that of rollouts\[0\]/,
  );
  await users.send();
  assert.equal(v2.users().length, 1);
});

test("requests by a test route go to the candidate of its rollout, as tests", async (context) => {
  const testRoutes = [{ host: "green.example.com" }, { path: { prefix: "/test/" } }];
  const { users, sidecar, v1, v2 } = await setStage(context, {
    configuration: filterConfig([rolloutConfig({ testRoutes })]),
    traffic: { candidateBp: 0, shadowBp: 0 },
  });
  await users.send({ headers: { host: "Green.example.com:80" } });
  await users.send({ path: "/test/anything" });
  await users.send({ headers: { host: "blue.example.com" } });
  const seen = await sidecar.seen(3);
  assert.deepEqual(
    seen.map(({ served, overridden }) => [served, overridden]),
    [
      ["VARIANT_CANDIDATE", true],
      ["VARIANT_CANDIDATE", true],
      ["VARIANT_PRIMARY", false],
    ],
  );
  assert.deepEqual([v1.users().length, v2.users().length], [1, 2]);
});
