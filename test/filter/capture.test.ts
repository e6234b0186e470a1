import assert from "node:assert/strict";
import { test } from "node:test";
import { configOf, headersOf, said, stage, trafficOf } from "../support/filterStage.ts";
import type { Header } from "../support/pairs.ts";

const ok: Header[] = [[":status", "200"]];
const JSON_TYPE: Header = ["content-type", "application/json"];
const ALONE = { shadowBp: 0, captureBp: 10_000 };

test("a captured request is reported with its own body and its answer's, though nothing is copied", () => {
  const host = stage(configOf(), trafficOf(ALONE));
  const id = host.request(1, [...headersOf("u1"), JSON_TYPE, ["content-encoding", "gzip"]], false);
  host.requestBody(id, Buffer.from("as"), false);
  host.requestBody(id, Buffer.from("ked"), true);
  host.answer(id, 200, "answered");
  const [seen] = said(host).observations;
  const { contentType, contentEncoding, body, truncated } = seen?.request ?? {};
  assert.deepEqual(
    [contentType, contentEncoding, `${body}`, truncated],
    ["application/json", "gzip", "asked", false],
  );
  assert.equal(Number(seen?.request?.bodyBytes), 5);
  assert.equal(`${seen?.answer?.body}`, "answered");
  assert.equal(seen?.shadow, null);
});

test("a captured request that is copied has its request beside both answers", () => {
  const host = stage(configOf(), trafficOf({ captureBp: 10_000 }));
  const id = host.request(1, headersOf("u1"), false);
  host.requestBody(id, Buffer.from("asked"), true);
  host.answer(id, 200, "users");
  const [token = 0] = host.calls.keys();
  host.answerCall(token, ok, Buffer.from("candidates"));
  const [seen] = said(host).observations;
  assert.deepEqual(
    [seen?.request, seen?.answer, seen?.shadow].map((part) => `${part?.body}`),
    ["asked", "users", "candidates"],
  );
});

test("a captured answer stays when its copy is given up", () => {
  const shadow = { paths: [{ prefix: "/m/" }], inFlightMax: 1 };
  const host = stage(configOf({ shadow }), trafficOf({ captureBp: 10_000 }));
  const first = host.request(1, headersOf("u1"), false);
  const second = host.request(1, headersOf("u2"), false);
  host.requestBody(first, Buffer.from("one"), true);
  host.requestBody(second, Buffer.from("two"), true);
  host.answer(second, 200, "answered");
  const [seen] = said(host).observations;
  assert.deepEqual([`${seen?.request?.body}`, `${seen?.answer?.body}`], ["two", "answered"]);
});

test("a quarter captured is every fourth request, and the others are reported without bodies", () => {
  const host = stage(configOf(), trafficOf({ shadowBp: 0, captureBp: 2_500 }));
  for (let user = 0; user < 12; user += 1) {
    const id = host.request(1, headersOf(`u${user}`), false);
    host.requestBody(id, Buffer.from("asked"), true);
    host.answer(id, 200, "answered");
  }
  const { observations } = said(host);
  assert.equal(observations.length, 12);
  const captured = observations.filter(({ request }) => request !== null);
  assert.deepEqual(
    captured.map(({ answer }) => `${answer?.body}`),
    ["answered", "answered", "answered"],
  );
  const others = observations.filter(({ request }) => request === null);
  assert.ok(others.every(({ answer }) => answer?.body?.length === 0));
});

test("a body over the cap is captured up to it", () => {
  const small = { paths: [], bodyBytesMax: 1_024 };
  const host = stage(configOf({ shadow: small }), trafficOf(ALONE));
  const id = host.request(1, headersOf("u1"), false);
  host.requestBody(id, Buffer.alloc(1_000, "a"), false);
  host.requestBody(id, Buffer.alloc(1_000, "b"), true);
  host.answer(id, 200, "ok");
  const { request } = said(host).observations[0] ?? {};
  assert.deepEqual(
    [request?.body?.length, Number(request?.bodyBytes), request?.truncated],
    [1_024, 2_000, true],
  );
});

test("an observation whose bodies are too large together is told without what was asked, and without the second answer where need be", () => {
  const shadow = { paths: [{ prefix: "/m/" }], bodyBytesMax: 122_880 };
  const report = (bytes: number) => {
    const traffic = trafficOf({ captureBp: 10_000, noiseBp: 10_000 });
    const host = stage(configOf({ shadow }), traffic);
    const id = host.request(1, headersOf("u1"), false);
    host.requestBody(id, Buffer.alloc(bytes, "r"), true);
    host.answer(id, 200, "u".repeat(bytes));
    for (const token of [...host.calls.keys()]) {
      host.answerCall(token, ok, Buffer.alloc(bytes, "s"));
    }
    const [seen] = said(host).observations;
    return [seen?.request, seen?.answer, seen?.shadow, seen?.secondary].map((part) => [
      part?.body?.length,
      part?.truncated,
    ]);
  };
  const whole = (bytes: number) => [bytes, false];
  const none = [0, true];
  assert.deepEqual(report(60_000), [60_000, 60_000, 60_000, 60_000].map(whole));
  assert.deepEqual(report(70_000), [none, ...[70_000, 70_000, 70_000].map(whole)]);
  assert.deepEqual(report(122_880), [none, whole(122_880), whole(122_880), none]);
});
