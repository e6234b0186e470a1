import assert from "node:assert/strict";
import { test } from "node:test";
import { setXdsStage } from "../support/xdsStage.ts";

/** A virtual host with every field that a file may have, in Envoy's words. */
const host = {
  name: "all",
  domains: ["models.example", "*"],
  routes: [
    {
      name: "by-prefix",
      match: {
        prefix: "/a/",
        case_sensitive: false,
        headers: [
          { name: "x-exact", string_match: { exact: "one", ignore_case: true } },
          { name: "x-prefix", string_match: { prefix: "two" }, invert_match: true },
          { name: "x-suffix", string_match: { suffix: "three" } },
          { name: "x-contains", string_match: { contains: "four" } },
          { name: "x-regex", string_match: { safe_regex: { regex: "f.*e" } } },
          { name: "x-present", present_match: true },
        ],
      },
      route: {
        cluster: "patient-risk-v1",
        prefix_rewrite: "/b/",
        timeout: "5s",
        retry_policy: { retry_on: "5xx,reset", num_retries: 2, per_try_timeout: "0.250s" },
        host_rewrite_literal: "other.example",
        idle_timeout: "60s",
      },
      request_headers_to_remove: ["x-internal"],
    },
    {
      match: { path: "/health" },
      direct_response: { status: 200, body: { inline_string: "well" } },
    },
    { match: { path_separated_prefix: "/c" }, route: { cluster: "patient-risk-v1" } },
    { match: { safe_regex: { regex: "/d/[0-9]+" } }, route: { cluster: "patient-risk-v2" } },
  ],
};

const file = {
  apiVersion: "understudy.dev/v1alpha1",
  kind: "Envoys",
  routes: [{ name: "front", ignore_port_in_host_matching: true, virtual_hosts: [host] }],
};

type Dump = {
  readonly configs: readonly { readonly route_config: Readonly<Record<string, unknown>> }[];
};

test("every field that a file may have reaches Envoy as it is written", async (context) => {
  const written = JSON.stringify(file).replaceAll('"0.250s"', '"250ms"').replace('"60s"', '"1m"');
  const { startEnvoy } = await setXdsStage(context, () => written);
  const { envoy } = await startEnvoy("edge-1", "GRPC");
  const query = "config_dump?resource=dynamic_route_configs";
  const response = await fetch(`http://127.0.0.1:${envoy.adminPort}/${query}`);
  const { configs }: Dump = JSON.parse(await response.text());
  const { "@type": type, ...found } = configs[0]?.route_config ?? {};
  assert.equal(type, "type.googleapis.com/envoy.config.route.v3.RouteConfiguration");
  assert.deepEqual(found, file.routes[0]);
  const health = await fetch(`http://127.0.0.1:${envoy.ports.get("front")}/health`);
  assert.deepEqual([health.status, await health.text()], [200, "well"]);
});
