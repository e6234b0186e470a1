import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf } from "../support/client.ts";
import { envoyOf, examine, house, portOf, says } from "../support/doctorStage.ts";
import { filterConfig, rolloutConfig } from "../support/filterConfig.ts";
import { startGuardedSidecar } from "../support/guardedSidecar.ts";
import { STREAMS, startMesh } from "../support/mesh.ts";
import type { MeshPorts } from "../support/meshConfig.ts";
import { answering, startUpstream } from "../support/upstream.ts";
import { run } from "../support/verb.ts";

const NOWHERE = "127.0.0.1:2";

test("where all is well doctor says so, check by check", async (context) => {
  const { sidecar, ports } = await house(context);
  const mesh = await startMesh(context, { ports, configuration: filterConfig() });
  await says(mesh.envoy.adminPort, sidecar.grpc, []);
  const at = ["--envoy-admin", `http://127.0.0.1:${mesh.envoy.adminPort}`];
  const { code, out } = await run("doctor", ...at, "--server", sidecar.grpc);
  assert.equal(code, 0);
  const lines = out.split("\n");
  const expected = [
    /^ok {7}Envoy: version 1\.\d+\.\d+, LIVE, with 2 workers$/,
    /^ok {7}wasm runtime: V8 is built in$/,
    /^ok {7}filter: loaded, with 1 rollouts: risk$/,
    /^ok {7}cluster understudy: leads to 127\.0\.0\.1:\d+ by HTTP\/2$/,
    new RegExp(`^ok {7}streams of cluster understudy: ${STREAMS} open`),
    /^ok {7}evidence: nothing was dropped$/,
    /^ok {7}routes of risk: lead v1 to v1, v2 to v2$/,
    /^ok {7}sidecar: answers at 127\.0\.0\.1:\d+$/,
    /^ok {7}rollout risk: generation \d+ is in force$/,
    /^All is well\.$/,
  ];
  for (const [index, pattern] of expected.entries()) {
    assert.match(lines[index] ?? "", pattern);
  }
  assert.equal(lines.length, expected.length);
});

test("an Envoy and a sidecar that are not there are named both", async () => {
  const { code, said } = await examine(2, NOWHERE);
  assert.equal(code, 1);
  assert.match(said[0] ?? "", /^problem Envoy: its admin at http:\/\/127.*ECONNREFUSED/);
  assert.match(said[1] ?? "", /^problem sidecar: it can't be asked at 127\.0\.0\.1:2/);
});

test("what is no Envoy's admin is told from one", async (context) => {
  const upstream = await startUpstream(context, "v1");
  const { said } = await examine(upstream.port, NOWHERE);
  assert.match(said[0] ?? "", /^problem Envoy: its admin .* can't be asked: \//);
});

type Fault = {
  readonly fault: string;
  readonly ports?: Partial<MeshPorts>;
  readonly bootstrap?: (text: string) => string;
  readonly filter?: (text: string) => string;
  readonly expected: readonly RegExp[];
};

const notInForce = /^problem rollout risk: generation \d+ is asked for, and not in force/;

const faults: readonly Fault[] = [
  {
    fault: "no cluster for the sidecar",
    ports: { sidecar: "absent" },
    expected: [
      /^problem cluster understudy: Envoy has no cluster of this name, but v1, v2/,
      notInForce,
    ],
  },
  {
    fault: "a cluster for the sidecar without hosts",
    ports: { sidecar: "without-hosts" },
    expected: [
      /^problem cluster understudy: it has no host → give it the address/,
      /^problem streams of cluster understudy: 0 of 3 are open.*no connection to any host/,
      notInForce,
    ],
  },
  {
    fault: "a cluster that leads where no sidecar is",
    ports: { sidecar: 1 },
    expected: [
      /^note cluster understudy: it leads to 127\.0\.0\.1:1, and --server/,
      /^problem streams of cluster understudy: 0 of 3 .*no connection to 127\.0\.0\.1:1, [1-9]/,
      notInForce,
    ],
  },
  {
    fault: "a cluster for the sidecar that speaks HTTP/1.1",
    bootstrap: (text) => text.replace('"http2_protocol_options":{}', '"http_protocol_options":{}'),
    expected: [
      /^problem cluster understudy: it speaks HTTP\/1\.1.*→ set explicit_http_config/,
      /^problem streams of cluster understudy: 0 of 3/,
      notInForce,
    ],
  },
  {
    fault: "no filter",
    bootstrap: (text) =>
      text.replace(/"http_filters":\[\{"name":"understudy".*?\]\}\},\{/, '"http_filters":[{'),
    expected: [
      /^problem filter: no listener has a wasm filter.*`understudy filter path`/,
      /^problem rollout risk: it is under way, and this Envoy's filter has no rollout of its name/,
    ],
  },
  {
    fault: "a module that is not where the configuration says",
    filter: (text) => text.replace("filter.wasm", "no-filter.wasm"),
    expected: [
      /^problem filter: configured, but its module is not loaded/,
      /^problem filter's configuration: refused 1 times since Envoy started/,
      /^problem streams of cluster understudy: 0 of 3/,
      notInForce,
    ],
  },
  {
    fault: "Envoy's own failure policy",
    filter: (text) => text.replace('"failure_policy":"FAIL_RELOAD",', ""),
    expected: [/^note filter's failure policy: Envoy's default.*→ set failure_policy: FAIL_RELOAD/],
  },
  {
    fault: "a candidate for which there is no route",
    filter: (text) => text.replaceAll('\\"version\\":\\"v2\\"', '\\"version\\":\\"v3\\"'),
    expected: [
      /^problem routes of risk: virtual host all leads \/v2\/models\/ with x-understudy-variant: v3 to v1, and its copies go to v2/,
      /^problem rollout risk: the plan goes from v1 to v2, and the filter's configuration from v1 to v3/,
    ],
  },
  {
    fault: "a candidate whose cluster is not there",
    filter: (text) => text.replaceAll('\\"cluster\\":\\"v2\\"', '\\"cluster\\":\\"v9\\"'),
    expected: [
      /^problem v2 of risk: Envoy has no cluster v9/,
      /^problem routes of risk: .*x-understudy-variant: v2 to v2, and its copies go to v9/,
    ],
  },
  {
    fault: "a rollout that the filter does not know, and one that nobody asked for",
    filter: (text) => text.replace('\\"name\\":\\"risk\\"', '\\"name\\":\\"other\\"'),
    expected: [
      /^note rollout other: no plan of this name is applied: all users go to v1/,
      /^problem rollout risk: it is under way, and this Envoy's filter has no rollout/,
    ],
  },
];

for (const { fault, ports: given, expected, ...change } of faults) {
  test(`doctor names ${fault}`, async (context) => {
    const { sidecar, ports } = await house(context);
    const adminPort = await envoyOf(context, { ...ports, ...given }, change);
    await says(adminPort, sidecar.grpc, expected);
  });
}

test("doctor names a new configuration that the filter refused", async (context) => {
  const { sidecar, ports } = await house(context);
  const mesh = await startMesh(context, { ports, configuration: filterConfig() });
  assert.equal(await mesh.reconfigure(filterConfig([rolloutConfig({ salt: "" })])), "refused");
  await says(mesh.envoy.adminPort, sidecar.grpc, [
    /^problem filter's configuration: refused \d+ times.*what was in force before stays so/,
  ]);
});

test("doctor names evidence that is dropped while it looks, as when the sidecar has gone", async (context) => {
  const { sidecar, ports, versions } = await house(context);
  for (const version of versions) {
    version.answer = answering(200, "text/plain", "a".repeat(60_000));
  }
  const mesh = await startMesh(context, { ports, configuration: filterConfig() });
  await says(mesh.envoy.adminPort, sidecar.grpc, []);
  await sidecar.stop();
  const users = clientOf(context, mesh.port);
  let isOver = false;
  const sending = (async () => {
    while (!isOver) {
      await users.sendAll(Array.from({ length: 20 }, () => ({})));
    }
  })();
  await says(mesh.envoy.adminPort, sidecar.grpc, [
    /^problem streams of cluster understudy: 0 of 3/,
    /^problem evidence: drops_no_sidecar rises, by \d+ in the last second/,
    /^problem sidecar: it can't be asked/,
  ]);
  isOver = true;
  await sending;
});

test("doctor names a filter that the sidecar does not let in, and itself without a token", async (context) => {
  const sidecar = await startGuardedSidecar(context);
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  const ports = { v1: v1.port, v2: v2.port, sidecar: portOf(sidecar.grpc) };
  const adminPort = await envoyOf(context, ports, {});
  await says(adminPort, sidecar.grpc, [
    /^problem streams of cluster understudy: 0 of 3 .*token or a certificate of role filter/,
    /^problem sidecar: it can't be asked at .*→ .*--token-file/,
  ]);
});
