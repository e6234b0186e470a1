import assert from "node:assert/strict";
import { test } from "node:test";
import { ROLES } from "../../sidecar/access/caller.ts";
import { bearer, startGuardedSidecar } from "../support/guardedSidecar.ts";
import { planText } from "../support/testSidecar.ts";

const READERS = "viewer operator admin";
/** Who may ask what, as sidecar/README.md says it of the methods. */
const TABLE: readonly (readonly [string, string])[] = [
  ["GET /v1/rollouts", READERS],
  ["GET /v1/rollouts/none", READERS],
  ["HEAD /v1/rollouts/none", READERS],
  ["GET /v1/rollouts/none/history", READERS],
  ["GET /v1/rollouts/none/explain", READERS],
  ["GET /v1/rollouts/none/differences", READERS],
  ["GET /v1/rollouts/none/watch", READERS],
  ["POST /v1/rollouts/none:promote", "operator admin"],
  ["POST /v1/rollouts/none:rollback", "operator admin"],
  ["POST /v1/rollouts/none:pause", "operator admin"],
  ["POST /v1/rollouts/none:resume", "operator admin"],
  ["POST /v1/rollouts/none:approve", "operator admin"],
  ["POST /v1/rollouts", "admin"],
  ["DELETE /v1/rollouts/none", "admin"],
];
const asJson = { "content-type": "application/json" };

test("case 52: what is asked by HTTP is for the roles of its method alone, and for nobody without a token", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const tokens = ROLES.map((role) => [role, sidecar.callers.token(role)] as const);
  await sidecar.reload();
  for (const [what, allowed] of TABLE) {
    const [method, path = ""] = what.split(" ");
    assert.equal((await sidecar.ask(path, { method, headers: asJson })).status, 401, what);
    for (const [role, token] of tokens) {
      const headers = { ...asJson, ...bearer(token) };
      const body = method === "POST" ? "{}" : undefined;
      const { status } = await sidecar.ask(path, { method, headers }, body);
      assert.equal(status !== 403, allowed.split(" ").includes(role), `${what} as ${role}`);
      assert.notEqual(status, 401);
    }
  }
  assert.equal((await sidecar.ask("/v1/elsewhere")).status, 401);
});

test("an expired token is none, and a good one names its caller in the log and the history", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const expired = sidecar.callers.token("admin", { until: "2020-01-01" });
  const anna = sidecar.callers.token("admin", { name: "anna" });
  await sidecar.reload();
  const apply = (token: string) => {
    const headers = { ...asJson, ...bearer(token) };
    const body = JSON.stringify({ plan: planText() });
    return sidecar.ask("/v1/rollouts", { method: "POST", headers }, body);
  };
  assert.equal((await apply(expired)).status, 401);
  assert.equal((await apply(anna)).status, 200);
  const asked = sidecar.logged.filter(({ message }) => message === "asked for");
  assert.deepEqual(
    asked.map(({ fields }) => Object(fields).who),
    ["anna"],
  );
  const { body } = await sidecar.ask("/v1/rollouts/test/history", { headers: bearer(anna) });
  assert.equal(JSON.parse(body).events[0].by, "anna");
});

test("callers do not share their keys", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const [anna, ben] = ["anna", "ben"].map((name) => sidecar.callers.token("admin", { name }));
  await sidecar.reload();
  const clients = await Promise.all([anna, ben].map((token = "") => sidecar.client({ token })));
  const [first, second] = clients;
  await first?.apply(planText(), { key: "1" });
  const paused = await second?.change("Pause", { name: "test", reason: "" }, "1");
  assert.equal(Number(paused?.revision), 2);
});
