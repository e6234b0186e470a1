import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, clientOf } from "../support/client.ts";
import { filterConfig, rolloutConfig } from "../support/filterConfig.ts";
import { until } from "../support/until.ts";
import { type Bootstrap, setXdsStage } from "../support/xdsStage.ts";

const MODULE = new URL("../../build/filter.wasm", import.meta.url).pathname;
const NAME = "understudy";
const SECRET = "a secret of the tests";
const TYPES = "type.googleapis.com/envoy.extensions.filters";
const LOOK = { deadlineMs: 15_000 };

/** A file of Envoys that serves the filter with this configuration, and nothing else. */
const serving = (configuration: unknown) => (): string =>
  JSON.stringify({
    apiVersion: "understudy.dev/v1alpha1",
    kind: "Envoys",
    filters: [{ name: NAME, module: MODULE, configuration }],
  });

const cluster = (version: string) => ({ version, cluster: `patient-risk-${version}` });
const configured = (more: object = {}) =>
  filterConfig([rolloutConfig({ primary: cluster("v1"), candidate: cluster("v2"), ...more })]);
const overridden = configured({ overrides: [{ secret: SECRET, variant: "candidate" }] });

/** Puts the filter, discovered from the sidecar, before routes that go by the variant that it chooses. */
function withFilter(bootstrap: Bootstrap): void {
  const to = (version: string, headers: readonly object[]) => ({
    match: { prefix: "/", headers },
    route: { cluster: `patient-risk-${version}` },
  });
  const isV2 = { name: "x-understudy-variant", string_match: { exact: "v2" } };
  const discovered = {
    name: NAME,
    config_discovery: {
      config_source: { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "5s" },
      type_urls: [`${TYPES}.http.wasm.v3.Wasm`],
    },
  };
  const router = { name: "r", typed_config: { "@type": `${TYPES}.http.router.v3.Router` } };
  const manager = {
    "@type": `${TYPES}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "filtered",
    route_config: {
      virtual_hosts: [{ name: "all", domains: ["*"], routes: [to("v2", [isV2]), to("v1", [])] }],
    },
    http_filters: [discovered, router],
  };
  const listener = {
    name: "filtered",
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  };
  bootstrap.static_resources.listeners = [listener];
}

/** The version that answers a request with the override's secret. */
async function answering(users: Client): Promise<string> {
  const { body } = await users.send({ headers: { "x-understudy-override": SECRET } });
  return /"model_version":"(\w+)"/.exec(body)?.[1] ?? body;
}

for (const api of ["DELTA_GRPC", "GRPC"] as const) {
  test(`the filter is served with its configuration, and takes another while it runs (${api})`, async (context) => {
    const { sidecar, startEnvoy, rewrite } = await setXdsStage(context, serving(configured()));
    const { envoy } = await startEnvoy("edge-1", api, withFilter);
    const users = clientOf(context, envoy.ports.get("filtered") ?? 0);
    assert.equal(await answering(users), "v1");
    await rewrite(serving(overridden));
    await until(async () => (await answering(users)) === "v2", {
      ...LOOK,
      what: "the filter goes by its new configuration",
    });
    await rewrite(serving({ ...overridden, unknown: 1 }));
    await until(() => /"kind":"filter"[^\n]*"msg":"Envoy refused what/.test(sidecar.log()), {
      ...LOOK,
      what: "the refusal of a wrong configuration is told",
    });
    assert.equal(await answering(users), "v2");
    const dump = await fetch(`http://127.0.0.1:${envoy.adminPort}/config_dump`);
    assert.match(await dump.text(), /"failure_policy": "FAIL_RELOAD"/);
  });
}
