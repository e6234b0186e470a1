import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { ROLES } from "../../sidecar/access/caller.ts";
import { mintToken } from "../../sidecar/access/token.ts";
import { PERMISSIONS } from "../../sidecar/server/permissions.ts";
import { bearer, startGuardedSidecar } from "../support/guardedSidecar.ts";
import { planText } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const ROLLOUT = "/understudy.v1.RolloutService/";
const DISCOVERY = "/envoy.service.discovery.v3.AggregatedDiscoveryService/";
const isRefused = (code: number): boolean =>
  code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED;

/** The table of sidecar/README.md, said once more: r is a call that the role may make. */
const TABLE: Readonly<Record<string, string>> = {
  [`${ROLLOUT}Get`]: "viewer operator admin",
  [`${ROLLOUT}List`]: "viewer operator admin",
  [`${ROLLOUT}Watch`]: "viewer operator admin",
  [`${ROLLOUT}Differences`]: "viewer operator admin",
  [`${ROLLOUT}History`]: "viewer operator admin",
  [`${ROLLOUT}Explain`]: "viewer operator admin",
  [`${ROLLOUT}Promote`]: "operator admin",
  [`${ROLLOUT}Rollback`]: "operator admin",
  [`${ROLLOUT}Pause`]: "operator admin",
  [`${ROLLOUT}Resume`]: "operator admin",
  [`${ROLLOUT}Approve`]: "operator admin",
  [`${ROLLOUT}Apply`]: "admin",
  [`${ROLLOUT}Delete`]: "admin",
  "/understudy.v1.LabelService/RecordLabels": "labeler admin",
  "/understudy.v1.ObserveService/Observe": "filter",
  [`${DISCOVERY}StreamAggregatedResources`]: "filter",
  [`${DISCOVERY}DeltaAggregatedResources`]: "filter",
  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": "viewer operator admin",
  "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": "viewer operator admin",
  "/grpc.health.v1.Health/Check": "nobody viewer operator admin labeler filter",
  "/grpc.health.v1.Health/Watch": "nobody viewer operator admin labeler filter",
  "/grpc.health.v1.Health/List": "nobody viewer operator admin labeler filter",
};
const HTTP_TABLE: Readonly<Record<string, string>> = {
  "/healthz": "nobody viewer operator admin labeler filter",
  "/readyz": "nobody viewer operator admin labeler filter",
  "/metrics": "viewer operator admin",
  "/alerts": "viewer operator admin",
  "/alerts/retry": "operator admin",
  "/v1/labels": "labeler admin",
};

test("every method and path is in the table of who may call it", () => {
  assert.deepEqual(
    [...PERMISSIONS.keys()].sort(),
    [...Object.keys(TABLE), ...Object.keys(HTTP_TABLE)].sort(),
  );
});

test("case 52: each method is for the roles of the table alone, and for nobody without a token", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const tokens = ROLES.map((role) => [role, sidecar.callers.token(role)] as const);
  await sidecar.reload();
  for (const [path, allowed] of Object.entries(TABLE)) {
    const may = allowed.split(" ");
    const without = await sidecar.call(path);
    assert.equal(without.code !== status.UNAUTHENTICATED, may.includes("nobody"), path);
    for (const [role, token] of tokens) {
      const { code } = await sidecar.call(path, { token });
      assert.equal(!isRefused(code), may.includes(role), `${path} as ${role}: ${code}`);
      assert.notEqual(code, status.UNAUTHENTICATED);
    }
  }
});

test("each path of the HTTP port is for the roles of the table alone, and for nobody without a token", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const tokens = ROLES.map((role) => [role, sidecar.callers.token(role)] as const);
  await sidecar.reload();
  for (const [path, allowed] of Object.entries(HTTP_TABLE)) {
    const may = allowed.split(" ");
    const without = await sidecar.ask(path);
    assert.equal(without.status !== 401, may.includes("nobody"), path);
    for (const [role, token] of tokens) {
      const got = await sidecar.ask(path, { headers: bearer(token) });
      assert.equal(got.status !== 403, may.includes(role), `${path} as ${role}`);
    }
  }
  assert.equal((await sidecar.ask("/elsewhere")).status, 401);
});

test("wrong, missing, cut and expired tokens, and other schemes, are answered alike, and never logged", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const good = sidecar.callers.token("admin");
  const expired = sidecar.callers.token("operator", { until: "2020-01-01" });
  await sidecar.reload();
  const unknown = mintToken();
  const { server, credentials, metadata } = await sidecar.connect();
  const answers = new Set([(await sidecar.call(`${ROLLOUT}List`)).details]);
  for (const token of [unknown, expired]) {
    answers.add((await sidecar.call(`${ROLLOUT}List`, { token })).details);
  }
  for (const value of [
    `Basic ${good}`,
    good,
    `Bearer ${good.slice(0, -1)}`,
    "Bearer ",
    "Bearer a b",
  ]) {
    const { body, status: code } = await sidecar.ask("/metrics", {
      headers: { authorization: value },
    });
    assert.equal(code, 401);
    answers.add(JSON.parse(body).detail);
  }
  assert.equal(answers.size, 1);
  assert.ok(server !== "" && credentials !== undefined && metadata !== undefined);
  const text = JSON.stringify(sidecar.logged);
  for (const token of [good, expired, unknown]) {
    assert.ok(!text.includes(token.slice(0, 30)));
  }
  assert.equal(await sidecar.metric('understudy_calls_denied_total{reason="unauthenticated"}'), 8);
});

test("case 55: a token in the URL is none", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const token = sidecar.callers.token("viewer");
  await sidecar.reload();
  for (const name of ["access_token", "token", "authorization"]) {
    assert.equal((await sidecar.ask(`/metrics?${name}=${token}`)).status, 401);
  }
  const got = await sidecar.ask("/metrics");
  assert.equal(got.headers["www-authenticate"], "Bearer");
  assert.equal(got.headers.connection, "close");
});

test("a caller learns whether a rollout is there only if its role may", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const admin = sidecar.callers.token("admin");
  const labeler = sidecar.callers.token("labeler");
  await sidecar.reload();
  await (await sidecar.client({ token: admin })).apply(planText("there"));
  const client = await sidecar.client({ token: labeler });
  const answerOf = (name: string): Promise<string> =>
    client.get(name).then(
      () => "found",
      (error: unknown) => String(error),
    );
  assert.equal(await answerOf("there"), await answerOf("not-there"));
});

test("events name the caller's token, and what is asked for in the name of others is not looked at", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const admin = sidecar.callers.token("admin", { name: "deploy-pipeline" });
  const operator = sidecar.callers.token("operator", { name: "anna" });
  await sidecar.reload();
  const pipeline = await sidecar.client({ token: admin });
  assert.match(JSON.stringify(await pipeline.apply(planText())), /deploy-pipeline/);
  const anna = await sidecar.client({ token: operator });
  const paused = await anna.change("Pause", { name: "test", reason: "lunch" });
  assert.match(paused.reason, /anna/);
});

test("a token that is taken out of the file ends the calls that it opened, and no others", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const [leaving, staying] = ["leaving", "staying"].map((name) =>
    sidecar.callers.token("filter", { name }),
  );
  await sidecar.reload();
  const gone = await sidecar.filter({ token: leaving ?? "" });
  const kept = await sidecar.filter({ token: staying ?? "" });
  await Promise.all([gone.ready(), kept.ready()]);
  sidecar.callers.remove("leaving");
  await sidecar.reload();
  await until(() => gone.closed !== undefined, { deadlineMs: 5_000, what: "its stream ends" });
  assert.equal(kept.closed, undefined);
  assert.equal(await sidecar.metric('understudy_sessions_closed_total{reason="revoked"}'), 1);
  assert.equal(
    (await sidecar.call("/understudy.v1.ObserveService/Observe", { token: leaving ?? "" })).code,
    status.UNAUTHENTICATED,
  );
});

test("a token that expires ends the calls that it opened, without a change of the file", async (context) => {
  let nowMs = Date.parse("2027-01-01T00:00Z");
  const clock = { wallMs: () => nowMs, steadyMs: () => performance.now() };
  const sidecar = await startGuardedSidecar(context, { clock });
  const token = sidecar.callers.token("filter", { until: "2027-01-02" });
  await sidecar.reload();
  const filter = await sidecar.filter({ token });
  await filter.ready();
  nowMs = Date.parse("2027-01-02T00:00Z");
  await until(() => filter.closed !== undefined, { deadlineMs: 5_000, what: "its stream ends" });
});

test("a file of callers that can't be used leaves the one before in force, and is told once", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const token = sidecar.callers.token("viewer");
  await sidecar.reload();
  for (const [text, mode] of [
    ["viewer nonsense", 0o600],
    ["", 0o644],
  ] as const) {
    sidecar.callers.write(text, mode);
    await sidecar.reload();
    await sidecar.reload();
    assert.equal((await sidecar.call(`${ROLLOUT}List`, { token })).code, status.OK);
  }
  const told = sidecar.logged.filter(({ message }) => message.startsWith("files not taken"));
  assert.equal(told.length, 2);
  assert.equal(
    await sidecar.metric('understudy_reloads_total{files="callers",outcome="refused"}'),
    2,
  );
  sidecar.callers.write("");
  await sidecar.reload();
  assert.equal((await sidecar.call(`${ROLLOUT}List`, { token })).code, status.UNAUTHENTICATED);
});

test("a flood of wrong tokens on one connection ends it, and the log tells of some", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const client = await sidecar.client({ token: mintToken() });
  const calls = Array.from({ length: 300 }, () => client.list().catch(() => undefined));
  await Promise.all(calls);
  await until(
    async () => (await sidecar.metric('understudy_sessions_closed_total{reason="denied"}')) >= 1,
    { deadlineMs: 5_000, what: "the connection is closed" },
  );
  const told = sidecar.logged.filter(({ message }) => message === "call denied").length;
  assert.ok(told >= 1 && told <= 100, `${told}`);
});
