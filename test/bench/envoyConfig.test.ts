import assert from "node:assert/strict";
import { test } from "node:test";
import { frontBootstrap, upstreamBootstrap } from "../../bench/rig/envoyConfig.ts";

const backends = { primary: 1001, candidate: 1002 };
const plugin = { wasmFile: "/build/filter.wasm", configuration: { rollouts: [] } };
const text = (value: unknown): string => JSON.stringify(value);

test("the native split gives both clusters the same weight and has no module", () => {
  const bootstrap = text(frontBootstrap("native-split", backends));
  assert.match(bootstrap, /\[{"name":"v1","weight":50},{"name":"v2","weight":50}\]/);
  assert.doesNotMatch(bootstrap, /wasm/);
});

test("the native shadow mirrors every request to the candidate", () => {
  const bootstrap = text(frontBootstrap("native-shadow", backends));
  assert.match(bootstrap, /"cluster":"v1","request_mirror_policies":\[{"cluster":"v2"}\]/);
});

test("a front with the filter routes by the header that the filter sets, and reaches the sidecar by HTTP/2", () => {
  const bootstrap = text(frontBootstrap("filter-split", { ...backends, sidecar: 1003 }, plugin));
  assert.match(bootstrap, /"name":"x-understudy-variant","string_match":{"exact":"v2"}/);
  assert.match(bootstrap, /"filename":"\/build\/filter.wasm"/);
  assert.match(bootstrap, /"http2_protocol_options":{}/);
  assert.match(bootstrap, /"port_value":1003/);
});

test("an upstream that keeps its connections reads a request to its end before it answers", () => {
  assert.match(text(upstreamBootstrap("{}", "keeps")), /envoy.filters.http.buffer/);
  assert.doesNotMatch(text(upstreamBootstrap("{}", "closes")), /envoy.filters.http.buffer/);
  assert.match(text(upstreamBootstrap("{}", "computes")), /envoy.filters.http.buffer/);
});

test("only an upstream that computes takes its time to answer", () => {
  assert.match(text(upstreamBootstrap("{}", "computes")), /"fixed_delay":"0.005s"/);
  assert.doesNotMatch(text(upstreamBootstrap("{}", "keeps")), /fixed_delay/);
  assert.doesNotMatch(text(upstreamBootstrap("{}", "closes")), /fixed_delay/);
});
