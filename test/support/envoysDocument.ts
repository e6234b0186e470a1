import type { EnvoysDocument } from "../../sidecar/xds/document.ts";

const routeTo = (rollout: string) => ({ match: { prefix: `/${rollout}/` }, route: { rollout } });

const versions = [
  { name: "v2", cluster: "cluster-2" },
  { name: "v1", cluster: "cluster-1" },
];

/** Two rollouts, `one` and `two`, in a route configuration `front` and a layer `understudy`; `only-two` has the second alone. */
export const envoysDocument: EnvoysDocument = {
  returnWithin: 31_000,
  rollouts: ["one", "two"].map((name) => ({ name, versions, before: "v1" })),
  routes: [
    {
      name: "front",
      virtual_hosts: [{ name: "all", domains: ["*"], routes: ["one", "two"].map(routeTo) }],
    },
    {
      name: "only-two",
      virtual_hosts: [{ name: "all", domains: ["*"], routes: [routeTo("two")] }],
    },
  ],
  runtime: [{ name: "understudy", rollouts: ["one", "two"] }],
  filters: [
    {
      name: "filter",
      module: "/filter.wasm",
      failurePolicy: "FAIL_RELOAD",
      configuration: { rollouts: [] },
    },
  ],
};
