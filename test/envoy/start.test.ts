import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { startEnvoy } from "../../sidecar/envoy/start.ts";
import { readStats } from "../../sidecar/envoy/stats.ts";
import { envoyFor, foundEnvoy } from "../support/envoy.ts";

const http = "type.googleapis.com/envoy.extensions.filters";

function answering(body: string): object {
  return {
    static_resources: {
      listeners: [
        {
          name: "front",
          address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
          filter_chains: [
            {
              filters: [
                {
                  name: "http",
                  typed_config: {
                    "@type": `${http}.network.http_connection_manager.v3.HttpConnectionManager`,
                    stat_prefix: "front",
                    route_config: {
                      virtual_hosts: [
                        {
                          name: "all",
                          domains: ["*"],
                          routes: [
                            {
                              match: { prefix: "/" },
                              direct_response: { status: 200, body: { inline_string: body } },
                            },
                          ],
                        },
                      ],
                    },
                    http_filters: [
                      {
                        name: "router",
                        typed_config: { "@type": `${http}.http.router.v3.Router` },
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
    },
  };
}

test("an Envoy is ready on free ports, and its counters can be read", async (context) => {
  const envoy = await envoyFor(context, { bootstrap: answering("here"), workers: 1 });
  const response = await fetch(`http://127.0.0.1:${envoy.ports.get("front")}/`);
  assert.equal(await response.text(), "here");
  const stats = await readStats(envoy.adminPort, "http.front.downstream_rq_2xx$");
  assert.equal(stats.get("http.front.downstream_rq_2xx"), 1);
});

test("a stopped Envoy leaves neither a process nor its folder", async () => {
  const { path } = await foundEnvoy();
  const envoy = await startEnvoy({ path, bootstrap: answering(""), workers: 1 });
  await envoy.stop();
  assert.throws(() => process.kill(envoy.pid, 0), { code: "ESRCH" });
  assert.equal(existsSync(envoy.folder), false);
});

test("a bootstrap that Envoy refuses is an error with what Envoy said", async () => {
  const { path } = await foundEnvoy();
  await assert.rejects(startEnvoy({ path, bootstrap: { static_recources: {} }, workers: 1 }), {
    name: "EnvoyError",
    code: "unusable",
    message: /static_recources/,
  });
});
