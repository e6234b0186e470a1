import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import type { RolloutEntry, VirtualHost } from "../../sidecar/cli/doctor/adminTypes.ts";
import { checkRollouts } from "../../sidecar/cli/doctor/checkRollouts.ts";
import { factsOf } from "../../sidecar/cli/doctor/envoyFacts.ts";
import { clusterFor, hostsOf, samplePath } from "../../sidecar/cli/doctor/routing.ts";

const entry: RolloutEntry = {
  name: "risk",
  primary: { cluster: "c1", version: "v1" },
  candidate: { cluster: "c2", version: "v2" },
};

const variant = (match: object) => ({ name: "x-understudy-variant", ...match });

for (const { name, match, leads } of [
  {
    name: "an exact header",
    match: { headers: [variant({ string_match: { exact: "v2" } })] },
    leads: true,
  },
  {
    name: "another value",
    match: { headers: [variant({ string_match: { exact: "v1" } })] },
    leads: false,
  },
  { name: "an old exact match", match: { headers: [variant({ exact_match: "v2" })] }, leads: true },
  {
    name: "a pattern",
    match: { headers: [variant({ string_match: { safe_regex: { regex: "v[23]" } } })] },
    leads: true,
  },
  {
    name: "a pattern of a part",
    match: { headers: [variant({ string_match: { safe_regex: { regex: "v" } } })] },
    leads: false,
  },
  {
    name: "a pattern that is none here",
    match: { headers: [variant({ string_match: { safe_regex: { regex: "(?i)v2(" } } })] },
    leads: false,
  },
  { name: "its presence", match: { headers: [variant({ present_match: true })] }, leads: true },
  { name: "its absence", match: { headers: [variant({ present_match: false })] }, leads: false },
  {
    name: "anything but it",
    match: { headers: [variant({ exact_match: "v2", invert_match: true })] },
    leads: false,
  },
  {
    name: "anything but another",
    match: { headers: [variant({ exact_match: "v1", invert_match: true })] },
    leads: true,
  },
  {
    name: "a header that plain requests lack",
    match: { headers: [{ name: "x-beta", present_match: true }] },
    leads: false,
  },
  {
    name: "the method",
    match: { headers: [{ name: ":method", exact_match: "POST" }] },
    leads: true,
  },
  { name: "a query", match: { query_parameters: [{ name: "debug" }] }, leads: false },
  { name: "the path's beginning", match: { prefix: "/v2/models/" }, leads: true },
  { name: "another beginning", match: { prefix: "/v1/" }, leads: false },
  {
    name: "a beginning in whole segments",
    match: { path_separated_prefix: "/v2/models" },
    leads: true,
  },
  {
    name: "a beginning in part of a segment",
    match: { path_separated_prefix: "/v2/mod" },
    leads: false,
  },
  { name: "the very path", match: { path: "/v2/models/any/infer" }, leads: true },
  {
    name: "a path's pattern",
    match: { safe_regex: { regex: "/v2/models/[^/]+/infer" } },
    leads: true,
  },
]) {
  test(`a route by ${name} ${leads ? "leads" : "does not lead"} v2's requests`, () => {
    const host: VirtualHost = { routes: [{ match, route: { cluster: "c2" } }] };
    const cluster = clusterFor(host, { path: "/v2/models/any/infer", version: "v2" });
    assert.equal(cluster, leads ? "c2" : null);
  });
}

test("the first route that fits leads, and one that names no cluster leads to none", () => {
  const routes = [{ match: { prefix: "/a" } }, { match: {}, route: { cluster: "c1" } }];
  assert.equal(clusterFor({ routes }, { path: "/a", version: "v2" }), "");
  assert.equal(clusterFor({ routes }, { path: "/b", version: "v2" }), "c1");
});

test("a rollout's requests come to the virtual hosts whose domains have its host", () => {
  const hosts = ["*", "a.example", "*.example", "*.a.example", "b.example", "a.example:8080"];
  const found = hostsOf(
    hosts.map((domain) => ({ name: domain, domains: [domain] })),
    { ...entry, match: { host: "a.example" } },
  );
  assert.deepEqual(
    found.map(({ name }) => name),
    ["*", "a.example", "*.example", "a.example:8080"],
  );
});

test("a path that a template fits is made of it", () => {
  assert.equal(
    samplePath({ ...entry, match: { path: { template: "/m/{name}/infer" } } }),
    "/m/any/infer",
  );
  assert.equal(samplePath(entry), "/");
});

for (const { problem, advice } of [
  {
    problem: "denied: virtualservice shop: may not patch",
    advice: /deploy\/example\/access\.yaml/,
  },
  { problem: "missing: virtualservice shop", advice: /make the object/ },
  { problem: "unreachable: connect ECONNREFUSED", advice: /answers the sidecar/ },
  { problem: "", advice: /checks of streams/ },
]) {
  test(`traffic that is not in force for "${problem}" is told with what to do`, () => {
    const rollout = new understudy.v1.Rollout({
      ...{ name: "risk", primary: "v1", candidate: "v2", problem },
      traffic: { generation: 3 },
    });
    const [finding] = checkRollouts([entry], [rollout]);
    assert.equal(finding?.outcome, "problem");
    assert.ok(finding?.found.includes(problem));
    assert.match(finding?.advice ?? "", advice);
  });
}

test("a filter that Istio configures is found, and one that stands in several places is one", () => {
  const value = JSON.stringify({ sidecar: { cluster: "s" }, rollouts: [entry] });
  const typed = {
    "@type": "type.googleapis.com/udpa.type.v1.TypedStruct",
    type_url: "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
    value: { config: { configuration: { value }, failure_policy: "FAIL_OPEN" } },
  };
  const { filters } = factsOf({
    server: { version: "a/1.40.0/b", command_line_options: {} },
    clusters: {},
    stats: new Map(),
    dump: { configs: [{ "@type": "x.ListenersConfigDump", dynamic_listeners: [typed, typed] }] },
  });
  assert.deepEqual(
    filters.map(({ configuration, failurePolicy }) => [
      configuration.rollouts.length,
      failurePolicy,
    ]),
    [[1, "FAIL_OPEN"]],
  );
});
