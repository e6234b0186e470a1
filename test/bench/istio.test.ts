import assert from "node:assert/strict";
import { test } from "node:test";
import { type RoutesDump, weightIn } from "../../bench/istio/weights.ts";

const route = (v1: number, v2: number) => ({
  route: {
    weighted_clusters: {
      clusters: [
        { name: "outbound|80|v1|app.mesh.local", weight: v1 },
        { name: "outbound|80|v2|app.mesh.local", weight: v2 },
      ],
    },
  },
});
const dump: RoutesDump = {
  configs: [
    {
      route_config: {
        virtual_hosts: [
          { domains: ["one.mesh.local"], routes: [route(70, 30)] },
          { domains: ["two.mesh.local"], routes: [route(55, 45)] },
        ],
      },
    },
  ],
};

test("a weight is that of the subset, at the host that was asked about", () => {
  assert.equal(weightIn(dump, "one.mesh.local", "v2"), 30);
  assert.equal(weightIn(dump, "two.mesh.local", "v2"), 45);
  assert.equal(weightIn(dump, "two.mesh.local", "v1"), 55);
});

test("an Envoy that has no routes yet, or none of the host, has no weight", () => {
  assert.equal(weightIn({}, "one.mesh.local", "v2"), undefined);
  assert.equal(weightIn({ configs: [{}] }, "one.mesh.local", "v2"), undefined);
  assert.equal(weightIn(dump, "three.mesh.local", "v2"), undefined);
});
