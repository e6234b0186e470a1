import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf, INFER_PATH } from "../support/client.ts";
import { filterConfig, rolloutConfig, USER_HEADER } from "../support/filterConfig.ts";
import { rawPost, sendRaw } from "../support/rawClient.ts";
import { setStage } from "../support/stage.ts";
import { answering, type Received } from "../support/upstream.ts";

const SECRET = "the secret of the testers";
const SPOOFED = [
  "X-Understudy-Variant: v2",
  "x-understudy-variant: v2",
  "x-understudy-VARIANT:  v2  ",
  "x-understudy-shadow: 1",
  "X-Understudy-Shadow: 1",
  "x-understudy-override: nothing of the kind",
  "x-understudy-override: nothing of the kind",
  "x-understudy-rollout: risk",
];
const allToPrimary = { candidateBp: 0, shadowBp: 0 };
const allToCandidate = { candidateBp: 10_000, shadowBp: 0 };

function ownHeaders(request: Received | undefined): readonly (readonly [string, unknown])[] {
  return Object.entries(request?.headers ?? {}).filter(([name]) => name.startsWith("x-understudy"));
}

test("cases 1 and 2: a client's copies of our headers are removed in any case and number", async (context) => {
  const { mesh, v1, v2 } = await setStage(context, { traffic: allToPrimary });
  const answer = await sendRaw(mesh.port, rawPost(INFER_PATH, SPOOFED));
  assert.match(answer, /^HTTP\/1.1 200 /);
  assert.deepEqual(v2.received, []);
  assert.deepEqual(ownHeaders(v1.received[0]), [["x-understudy-variant", "v1"]]);
});

test("a client's copies of our headers are removed where no rollout matches", async (context) => {
  const { mesh, v1, v2 } = await setStage(context, { traffic: allToCandidate });
  await sendRaw(mesh.port, rawPost("/elsewhere", SPOOFED));
  assert.deepEqual(v2.received, []);
  assert.deepEqual(ownHeaders(v1.received[0]), []);
  assert.equal(await mesh.counted("requests_unmatched", 1), 1);
});

test("case 5: a client's mark of a shadow is removed, and the request is shadowed as any other", async (context) => {
  const { users, sidecar, v1, v2 } = await setStage(context);
  await users.send({ headers: { "x-understudy-shadow": "1" } });
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.shadow?.status, 200);
  assert.equal(v1.users().length, 1);
  assert.equal(v2.shadows().length, 1);
});

test("an override with the configured secret chooses the variant, and is no evidence of the split", async (context) => {
  const { users, sidecar, v2 } = await setStage(context, {
    traffic: allToPrimary,
    configuration: filterConfig([
      rolloutConfig({ overrides: [{ secret: SECRET, variant: "candidate" }] }),
    ]),
  });
  await users.send({ headers: { "x-understudy-override": SECRET } });
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.served, "VARIANT_CANDIDATE");
  assert.equal(seen?.overridden, true);
  assert.deepEqual(ownHeaders(v2.received[0]), [["x-understudy-variant", "v2"]]);
});

const wrongSecrets: readonly { readonly name: string; readonly given: string }[] = [
  { name: "is wrong in its last byte", given: `${SECRET.slice(0, -1)}S` },
  { name: "is wrong in its first byte", given: `T${SECRET.slice(1)}` },
  { name: "is one byte short", given: SECRET.slice(0, -1) },
  { name: "is one byte long", given: `${SECRET}!` },
  { name: "names the variant", given: "candidate" },
];
for (const { name, given } of wrongSecrets) {
  test(`case 3: an override whose secret ${name} is ignored and counted`, async (context) => {
    const { users, mesh, v1, v2 } = await setStage(context, {
      traffic: allToPrimary,
      configuration: filterConfig([
        rolloutConfig({ overrides: [{ secret: SECRET, variant: "candidate" }] }),
      ]),
    });
    await users.send({ headers: { "x-understudy-override": given } });
    assert.equal(await mesh.counted("overrides_refused", 1), 1);
    assert.deepEqual(ownHeaders(v1.received[0]), [["x-understudy-variant", "v1"]]);
    assert.deepEqual(v2.received, []);
  });
}

test("a secret is rotated by two that both hold, then by one", async (context) => {
  const next = `${SECRET}, renewed`;
  const configuration = (secrets: readonly string[]): unknown =>
    filterConfig([
      rolloutConfig({ overrides: secrets.map((secret) => ({ secret, variant: "candidate" })) }),
    ]);
  const { users, mesh, v1, v2 } = await setStage(context, {
    traffic: allToPrimary,
    configuration: configuration([SECRET, next]),
  });
  const sendBoth = async (): Promise<void> => {
    await users.send({ headers: { "x-understudy-override": SECRET } });
    await users.send({ headers: { "x-understudy-override": next } });
  };
  await sendBoth();
  assert.equal(v2.received.length, 2);
  assert.equal(await mesh.reconfigure(configuration([next])), "taken");
  await sendBoth();
  assert.equal(v2.received.length, 3);
  assert.equal(v1.received.length, 1);
});

test("a cookie is issued once, and keeps its user on one variant", async (context) => {
  const { mesh } = await setStage(context, {
    traffic: { candidateBp: 5000, shadowBp: 0 },
    configuration: filterConfig([
      rolloutConfig({ sticky: { cookie: { name: "stage", ttlSeconds: 3600, path: "/v2" } } }),
    ]),
  });
  const users = clientOf(context, mesh.port);
  const first = await users.sendAll(Array(60).fill({}));
  const cookies = first.map(({ headers }) => headers["set-cookie"]?.[0] ?? "");
  assert.ok(
    cookies.every((cookie) => /^stage=[0-9a-f]{32}; Path=\/v2; Max-Age=3600; /.test(cookie)),
  );
  assert.equal(new Set(cookies).size, 60);
  const again = await users.sendAll(
    cookies.map((cookie) => ({ headers: { cookie: `a=b; ${cookie.split(";")[0]}; c=d` } })),
  );
  assert.deepEqual(
    again.map(({ body, headers }) => ({ body, issued: headers["set-cookie"] })),
    first.map(({ body }) => ({ body, issued: undefined })),
  );
  assert.equal(new Set(first.map(({ body }) => body)).size, 2);
});

test("a cookie is added beside those that the variant sets", async (context) => {
  const { users, v1 } = await setStage(context, {
    traffic: allToPrimary,
    configuration: filterConfig([rolloutConfig({ sticky: { cookie: { name: "stage" } } })]),
  });
  v1.answer = (_, response) => {
    response.setHeader("set-cookie", ["own=1", "other=2"]).end("{}");
  };
  const { headers } = await users.send();
  const names = headers["set-cookie"]?.map((cookie) => cookie.split("=")[0]);
  assert.deepEqual(names, ["own", "other", "stage"]);
});

const oddCookies: readonly { readonly name: string; readonly cookie: string }[] = [
  { name: "of 8 kB", cookie: `stage=${"x".repeat(8192)}` },
  { name: "among a hundred", cookie: `${"a=b; ".repeat(100)}stage=anna` },
  { name: "without a value", cookie: "stage=" },
  { name: "of separators only", cookie: ";;;==;=; ;" },
];
for (const { name, cookie } of oddCookies) {
  test(`case 6: a request with a cookie ${name} is answered`, async (context) => {
    const { users } = await setStage(context, {
      traffic: allToCandidate,
      configuration: filterConfig([rolloutConfig({ sticky: { cookie: { name: "stage" } } })]),
    });
    assert.equal((await users.send({ headers: { cookie } })).status, 200);
  });
}

test("case 8: a request with 1,100 headers keeps none of a client's copies, is answered, and has no shadow", async (context) => {
  const { mesh, v1, v2 } = await setStage(context);
  const many = Array.from({ length: 1100 }, (_, index) => `x-filler-${index}: ${index}`);
  const answer = await sendRaw(mesh.port, rawPost(INFER_PATH, [...SPOOFED, ...many]));
  assert.match(answer, /^HTTP\/1.1 200 /);
  assert.equal(await mesh.counted("drops_headers", 1), 1);
  assert.equal(v2.received.length, 0);
  assert.deepEqual(ownHeaders(v1.received[0]), [["x-understudy-variant", "v1"]]);
});

test("case 7: header values of bytes beyond ASCII are carried to both variants as they are", async (context) => {
  const { mesh, v1, v2, sidecar } = await setStage(context);
  const bytes = String.fromCharCode(...Array.from({ length: 128 }, (_, index) => 128 + index));
  await sendRaw(mesh.port, rawPost(INFER_PATH, [`x-odd: ${bytes}`, `${USER_HEADER}: ${bytes}`]));
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.shadow?.status, 200);
  assert.equal(v1.received[0]?.headers["x-odd"], bytes);
  assert.equal(v2.received[0]?.headers["x-odd"], bytes);
});

test("an answer whose content type is no text is passed on, and observed without it", async (context) => {
  const { users, v1, sidecar } = await setStage(context, { traffic: allToPrimary });
  v1.answer = answering(200, "text/\u00ff\u0080", Buffer.from("odd"));
  assert.equal((await users.send()).body, "odd");
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.answer.contentType, "");
  assert.equal(seen?.answer.bodyBytes, 3);
});

test("a request id of bytes that are no text takes no evidence with it", async (context) => {
  const { mesh, sidecar } = await setStage(context);
  await sendRaw(mesh.port, rawPost(INFER_PATH, ["x-request-id: \u00ff\u00fe"]));
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.answer.status, 200);
  assert.equal(seen?.requestId, "");
});
