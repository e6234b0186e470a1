import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import { messageJson } from "../../sidecar/server/messageJson.ts";
import { askHttp } from "../support/httpCaller.ts";
import { planText, startTestSidecar } from "../support/testSidecar.ts";

const plan = { plan: planText() };
const approvalPlan = {
  plan: planText().replace("    - shadow", "    - pause: {}\n    - shadow"),
};

test("each method of the API is one request in JSON, by the same messages", async (context) => {
  const sidecar = await startTestSidecar(context);
  const applied = await askHttp(sidecar, "POST /v1/rollouts", { body: approvalPlan });
  assert.equal(applied.status, 200);
  assert.equal(applied.headers.get("etag"), '"1"');
  assert.equal(applied.headers.get("location"), "/v1/rollouts/test");
  assert.equal(applied.headers.get("cache-control"), "no-store");
  const { phase, revision, steps } = applied.json;
  assert.deepEqual({ phase, revision }, { phase: "PHASE_PROGRESSING", revision: "1" });
  assert.deepEqual(steps, ["pause for approval", "shadow 100%", "canary 10%"]);
  const changes = [
    { verb: "pause", phase: "PHASE_PAUSED" },
    { verb: "resume", phase: "PHASE_PROGRESSING" },
    { verb: "approve", phase: "PHASE_PROGRESSING" },
    { verb: "promote", phase: "PHASE_PROMOTED" },
  ];
  for (const [index, each] of changes.entries()) {
    const change = `POST /v1/rollouts/test:${each.verb}`;
    const changed = await askHttp(sidecar, change, { body: { reason: "because" } });
    assert.equal(changed.json.phase, each.phase, each.verb);
    assert.equal(changed.headers.get("etag"), `"${index + 2}"`);
  }
  const got = await askHttp(sidecar, "GET /v1/rollouts/test");
  assert.equal(got.json.reason, "because (asked by local caller)");
  const history = await askHttp(sidecar, "GET /v1/rollouts/test/history?limit=2&before=5");
  const kinds = Object(history.json.events).map((event: { kind: string }) => event.kind);
  assert.deepEqual(kinds, ["step-advanced", "resumed"]);
  assert.equal(history.json.before, "3");
  const explained = await askHttp(sidecar, "GET /v1/rollouts/test/explain");
  assert.match(String(Object(explained.json.standing)[0]), /v2 was promoted/);
  assert.equal((await askHttp(sidecar, "GET /v1/rollouts/test/differences")).status, 200);
  const list = await askHttp(sidecar, "GET /v1/rollouts");
  assert.equal(Object(list.json.rollouts).length, 1);
  const deleted = await askHttp(sidecar, "DELETE /v1/rollouts/test");
  assert.equal(deleted.json.revision, "6");
  assert.equal((await askHttp(sidecar, "GET /v1/rollouts/test")).status, 404);
});

test("what is told in JSON is what gRPC tells", async (context) => {
  const sidecar = await startTestSidecar(context);
  await sidecar.client.apply(planText());
  await sidecar.client.change("Rollback", { name: "test", reason: "" });
  const { json } = await askHttp(sidecar, "GET /v1/rollouts/test");
  const rollout = await sidecar.client.get("test");
  assert.deepEqual(json, messageJson(understudy.v1.Rollout, rollout));
});

test("a plan comes as YAML too, as its author has it", async (context) => {
  const sidecar = await startTestSidecar(context);
  const headers = { "content-type": "application/yaml" };
  const applied = await askHttp(sidecar, "POST /v1/rollouts", { headers, body: planText() });
  assert.equal(applied.status, 200);
});

test("all that is wrong with a plan comes with its place", async (context) => {
  const sidecar = await startTestSidecar(context);
  const broken = planText().replace("weight: 10%", "wieght: 10%").replace("alpha:", "alhpa:");
  const refused = await askHttp(sidecar, "POST /v1/rollouts", { body: { plan: broken } });
  assert.equal(refused.status, 400);
  assert.equal(refused.headers.get("content-type"), "application/problem+json");
  const { code, problems, status, title, type } = refused.json;
  assert.deepEqual(
    { code, status, title, type },
    { code: "invalid", status: 400, title: "Bad Request", type: "about:blank" },
  );
  const list: { line: number; column: number; field: string; message: string }[] = Object(problems);
  const named = list.map(({ field, line }) => [field, line]);
  assert.ok(
    named.some(([field, line]) => field === "spec.alhpa" && line === 15),
    `${named}`,
  );
  assert.ok(
    named.some(([field]) => String(field).endsWith("wieght")),
    `${named}`,
  );
  assert.ok(list.every(({ column, message }) => column > 0 && message !== ""));
});

test("a change asks for its revision by if-match or in its body, and both must agree", async (context) => {
  const sidecar = await startTestSidecar(context);
  const isBad = { status: 400, code: "invalid" };
  const outcome = async (what: string, headers: Record<string, string>, body: object) => {
    const { json, status } = await askHttp(sidecar, what, { headers, body });
    return { status, code: json.code };
  };
  const pause = "POST /v1/rollouts/test:pause";
  const apply = "POST /v1/rollouts";
  const unmet = { status: 412, code: "stale" };
  assert.deepEqual(await outcome(apply, { "if-match": '"1"' }, plan), unmet);
  assert.deepEqual(await outcome(apply, { "if-match": "*" }, plan), {
    status: 200,
    code: undefined,
  });
  assert.deepEqual(await outcome(pause, { "if-match": '"7"' }, {}), unmet);
  assert.deepEqual(await outcome(pause, {}, { revision: "7" }), { status: 409, code: "stale" });
  assert.deepEqual(await outcome(pause, { "if-match": '"1"' }, { revision: 7 }), isBad);
  assert.deepEqual(await outcome(pause, { "if-match": "1" }, {}), isBad);
  assert.deepEqual(await outcome(pause, { "if-match": 'W/"1"' }, {}), isBad);
  assert.deepEqual(await outcome(pause, { "if-match": '"1"' }, { revision: "1" }), {
    status: 200,
    code: undefined,
  });
});

test("a request with a key is done once, and another one with it is refused", async (context) => {
  const sidecar = await startTestSidecar(context);
  const headers = { "idempotency-key": "deploy-7" };
  const ask = (what: string, body: object) => askHttp(sidecar, what, { headers, body });
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => ask("POST /v1/rollouts", plan)),
  );
  assert.deepEqual([...new Set(answers.map(({ json }) => json.revision))], ["1"]);
  const reused = await ask("POST /v1/rollouts/test:pause", {});
  assert.deepEqual([reused.status, reused.json.code], [409, "reused"]);
  assert.equal(Number((await sidecar.client.get("test")).revision), 1);
});

test("what is refused says why by status and code, and changes nothing", async (context) => {
  const sidecar = await startTestSidecar(context);
  const refusals = [
    { what: "GET /v1/rollouts/test", status: 404, code: "unknown" },
    { what: "GET /v1/rollouts/test/history", status: 404, code: "unknown" },
    { what: "GET /v1/rollouts/test/watch", status: 404, code: "unknown" },
    { what: "POST /v1/rollouts/test:promote", status: 404, code: "unknown", body: {} },
  ];
  for (const { what, status, code, body } of refusals) {
    const got = await askHttp(sidecar, what, body === undefined ? {} : { body });
    assert.deepEqual([got.status, got.json.code], [status, code], what);
  }
  await askHttp(sidecar, "POST /v1/rollouts", { body: plan });
  const deleted = await askHttp(sidecar, "DELETE /v1/rollouts/test");
  assert.deepEqual([deleted.status, deleted.json.code], [409, "refused"]);
  const promote = "POST /v1/rollouts/test:promote";
  assert.equal((await askHttp(sidecar, promote, { body: {} })).status, 200);
  const twice = await askHttp(sidecar, promote, { body: {} });
  assert.deepEqual([twice.status, twice.json.code], [409, "refused"]);
});

test("each path has its methods, and says so", async (context) => {
  const sidecar = await startTestSidecar(context);
  const allowed = [
    ["PUT /v1/rollouts", "GET, POST, HEAD"],
    ["DELETE /v1/rollouts", "GET, POST, HEAD"],
    ["POST /v1/rollouts/test", "GET, DELETE, HEAD"],
    ["GET /v1/rollouts/test:promote", "POST"],
    ["POST /v1/rollouts/test/history", "GET, HEAD"],
    ["OPTIONS /v1/rollouts/test:promote", "POST"],
    ["GET /v1/labels", "POST"],
    ["POST /metrics", "GET, HEAD"],
  ] as const;
  for (const [what, allow] of allowed) {
    const { headers, status } = await askHttp(sidecar, what);
    assert.deepEqual([status, headers.get("allow")], [405, allow], what);
  }
  const unknown = ["/v1", "/v1/rollouts/", "/v1/rollouts/test:explode", "/v1/rollouts/TEST"];
  for (const path of [...unknown, "/v1/rollouts/..%2f", "/v1/rollouts/test/watch/1"]) {
    assert.equal((await askHttp(sidecar, `GET ${path}`)).status, 404, path);
  }
  await askHttp(sidecar, "POST /v1/rollouts", { body: plan });
  const head = await askHttp(sidecar, "HEAD /v1/rollouts/test");
  assert.deepEqual([head.status, head.headers.get("etag")], [200, '"1"']);
  assert.equal((await askHttp(sidecar, "HEAD /v1/rollouts/test/watch")).status, 200);
});

test("changes by HTTP are lines of the log like others", async (context) => {
  const sidecar = await startTestSidecar(context);
  await askHttp(sidecar, "POST /v1/rollouts", { body: plan });
  await askHttp(sidecar, "POST /v1/rollouts/test:pause", { body: { reason: "lunch" } });
  const lines = sidecar.logged.filter(({ message }) => message === "asked for");
  const told = lines.map(({ fields }) => {
    const { outcome, via, what, why } = { ...Object(fields) };
    return [what, via, why, outcome];
  });
  assert.deepEqual(told, [
    ["apply", "http", "", "done"],
    ["pause", "http", "lunch", "done"],
  ]);
});
