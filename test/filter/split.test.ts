import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketOf } from "#policy";
import {
  configOf,
  headersOf,
  SECRET,
  said,
  sendTraffic,
  stage,
  trafficOf,
} from "../support/filterStage.ts";
import type { Header } from "../support/pairs.ts";
import { filterModule, type WasmHost } from "../support/wasmHost.ts";

const VARIANT = "x-understudy-variant";
const OURS = [VARIANT, "x-understudy-shadow", "x-understudy-override", "x-understudy-rollout"];
const half = trafficOf({ candidateBp: 5000, shadowBp: 0 });

function seen(host: WasmHost, headers: readonly Header[]): readonly Header[] {
  const id = host.request(1, headers);
  const left = [...host.stream(id).requestHeaders];
  host.answer(id, 200, "ok");
  return left;
}

function headerOf(headers: readonly Header[], name: string): string | undefined {
  const found = headers.filter((header) => header[0] === name);
  assert.ok(found.length <= 1, `${name} ${found.length} times`);
  return found[0]?.[1];
}

test("the module imports nothing that Envoy lacks", () => {
  const imports = WebAssembly.Module.imports(filterModule);
  const wasi = new Set(["clock_time_get", "random_get"]);
  for (const { module, name } of imports) {
    assert.ok(module === "env" ? name.startsWith("proxy_") : wasi.has(name), `${module}.${name}`);
  }
});

test("a user is served by the variant of the bucket, always", () => {
  const host = stage(configOf(), half);
  for (let i = 0; i < 500; i++) {
    const expected = bucketOf("pepper and salt", `user-${i}`) < 5000 ? "v2" : "v1";
    assert.equal(headerOf(seen(host, headersOf(`user-${i}`)), VARIANT), expected);
  }
  assert.equal(said(host).observations.length, 500);
  assert.equal(host.counter("requests_candidate") + host.counter("requests_primary"), 500);
});

test("without traffic everybody is served by the primary, and nothing is reported", () => {
  const host = stage(configOf());
  for (let i = 0; i < 50; i++) {
    assert.equal(headerOf(seen(host, headersOf(`user-${i}`)), VARIANT), "v1");
  }
  assert.equal(said(host).observations.length, 0);
});

for (const path of ["/m/infer", "/elsewhere"]) {
  test(`case 1, 2, 5: a client's copies of our headers are removed on ${path}`, () => {
    const host = stage(configOf(), trafficOf({ shadowBp: 0 }));
    const forged: Header[] = [...OURS, ...OURS].map((name) => [name, "v2"]);
    const left = seen(host, [...headersOf("u1", [[":path", path]]), ...forged]);
    const ours = left.filter(([name]) => name.startsWith("x-understudy-"));
    assert.deepEqual(ours, path === "/m/infer" ? [[VARIANT, "v1"]] : []);
  });
}

test("case 3: an override chooses by its secret, and one byte less does not", () => {
  const host = stage(configOf(), trafficOf({ shadowBp: 0 }));
  const withOverride = (value: string): readonly Header[] =>
    seen(host, headersOf("u1", [["x-understudy-override", value]]));
  assert.equal(headerOf(withOverride(SECRET), VARIANT), "v2");
  assert.equal(headerOf(withOverride(`${SECRET.slice(0, -1)}X`), VARIANT), "v1");
  assert.equal(headerOf(withOverride(SECRET.slice(1)), VARIANT), "v1");
  const { observations } = said(host);
  assert.deepEqual(
    observations.map((one) => one.overridden),
    [true, false, false],
  );
  assert.equal(host.counter("overrides_refused"), 2);
});

test("requests by a test route are tests of the candidate, whatever its weight; a secret chooses there too", () => {
  const testRoutes = [{ host: "green.test" }, { headers: [{ name: "x-test", value: "1" }] }];
  const host = stage(configOf({ testRoutes }), trafficOf({ shadowBp: 0 }));
  const through = (...more: readonly Header[]): string | undefined =>
    headerOf(seen(host, headersOf("u1", more)), VARIANT);
  assert.equal(through([":authority", "GREEN.test:8080"]), "v2");
  assert.equal(through([":path", "/outside"], ["x-test", "1"]), "v2");
  assert.equal(through(["x-test", "2"]), "v1");
  assert.equal(through(["x-test", "1"], ["x-understudy-override", "wrong"]), "v2");
  const { observations } = said(host);
  assert.deepEqual(
    observations.map(({ overridden }) => overridden),
    [true, true, false, true],
  );
  assert.equal(host.counter("requests_overridden"), 3);
});

test("a user without a cookie gets one, and is split by it from the first request on", () => {
  const sticky = { cookie: { name: "who", ttlSeconds: 60, path: "/m" } };
  const host = stage(configOf({ sticky }), half);
  const id = host.request(1, headersOf("u1", [[":scheme", "https"]]));
  const variant = headerOf(host.stream(id).requestHeaders, VARIANT);
  host.responseHeaders(id, [[":status", "200"]], true);
  const cookie = headerOf(host.stream(id).responseHeaders, "set-cookie") ?? "";
  host.end(id);
  const issued = /^who=([0-9a-f]{32}); Path=\/m; Max-Age=60; HttpOnly; SameSite=Lax; Secure$/;
  const value = issued.exec(cookie)?.[1] ?? assert.fail(cookie);
  const again = host.request(1, headersOf("u2", [["cookie", `a=b; who=${value}`]]));
  assert.equal(headerOf(host.stream(again).requestHeaders, VARIANT), variant);
  host.responseHeaders(again, [[":status", "200"]], true);
  assert.equal(headerOf(host.stream(again).responseHeaders, "set-cookie"), undefined);
});

test("a request without any key goes to the primary and is no evidence of a split", () => {
  const host = stage(configOf(), trafficOf({ candidateBp: 10_000, shadowBp: 0 }));
  const headers = headersOf("u1").filter(([name]) => name.startsWith(":"));
  assert.equal(headerOf(seen(host, headers), VARIANT), "v1");
  assert.deepEqual(
    said(host).observations.map((one) => one.overridden),
    [true],
  );
});

test("case 6, 7, 8: huge, odd and many headers are served without a trap", () => {
  const host = stage(configOf({ sticky: { cookie: { name: "who" } } }), trafficOf());
  const cookies: Header[] = Array.from({ length: 100 }, (_, i) => [
    "cookie",
    `c${i}=${"x".repeat(80)}`,
  ]);
  seen(host, headersOf("u1", cookies));
  seen(host, headersOf("u1", [["cookie", `who=${"y".repeat(8192)}`]]));
  seen(host, headersOf("u1", [["x-odd", "\u0080\u00ff"]]));
  const calls = host.calls.size;
  const many: Header[] = Array.from({ length: 1100 }, (_, i) => [`h${i}`, "x"]);
  const left = seen(host, headersOf("u1", [...many, ["cookie", "who=1"]]));
  assert.equal(headerOf(left, VARIANT), "v1");
  assert.equal(host.calls.size, calls, "no shadow of a request with so many headers");
  const unread: Header[] = Array.from({ length: 3000 }, (_, i) => [`h${i}`, "x"]);
  const stripped = seen(host, headersOf("u1", [...unread, [VARIANT, "v2"]]));
  assert.equal(headerOf(stripped, VARIANT), undefined);
});

test("new weight moves users at once, and a refused one moves nobody", () => {
  const host = stage(configOf(), trafficOf({ shadowBp: 0 }));
  const variant = (): string | undefined => headerOf(seen(host, headersOf("u1")), VARIANT);
  assert.equal(variant(), "v1");
  sendTraffic(host, trafficOf({ generation: 3, candidateBp: 10_000 }));
  assert.equal(variant(), "v2");
  sendTraffic(host, trafficOf({ generation: 2, candidateBp: 0 }));
  sendTraffic(host, trafficOf({ generation: 4, candidateBp: 10_001 }));
  sendTraffic(host, trafficOf({ generation: 5, rollout: "other" }));
  assert.equal(variant(), "v2");
  const refused = said(host).inForce.map((one) => one.refused);
  assert.deepEqual(refused, [
    "",
    "",
    "generation: 2: at least 3",
    "candidate_bp: 10001: at most 10000",
    "rollout: not configured here",
  ]);
});
