import type { TestContext } from "node:test";
import type { RunningEnvoy } from "../../sidecar/envoy/start.ts";
import { type Client, clientOf } from "../support/client.ts";
import { envoyFor } from "../support/envoy.ts";
import { type RealSidecar, startRealSidecar } from "../support/realSidecar.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import type { User } from "./controlPlane.ts";
import { freePorts } from "./freePorts.ts";
import { proxyBootstrap } from "./proxy.ts";
import type { Rig } from "./rig.ts";
import { gatewayShop, istioShop, type ShopPorts } from "./shop.ts";

/** The applications in the mesh, the Envoys before them, and users of both Envoys. */
export type Shop = {
  readonly ports: ShopPorts;
  readonly v1: Upstream;
  readonly v2: Upstream;
  readonly gateway: RunningEnvoy;
  /** Whoever comes to the gateway, for any host; and the application's own users. */
  readonly anyone: Client;
  readonly users: Client;
  /** Those of an application in the mesh, through the Envoy beside it. */
  readonly callers: Client;
};

const ROUTED_MS_MAX = 30_000;
const KINDS = ["virtualservices", "httproutes", "wasmplugins", "trafficextensions", "envoyfilters"];

/** Puts everything into the mesh, with these routes, if any, and waits until both Envoys answer. */
export async function openShop(
  rig: Rig,
  context: TestContext,
  routes: readonly object[],
): Promise<Shop> {
  await rig.kubectl(["delete", KINDS.join(","), "--all", "--namespace", "shop"]);
  const [gatewayPort, servicePort] = await freePorts(2);
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  const ports = { gateway: gatewayPort, service: servicePort, v1: v1.port, v2: v2.port };
  await rig.apply([...istioShop(ports), ...gatewayShop(ports), ...routes]);
  const { xdsPort } = rig;
  const [gateway] = await Promise.all([
    envoyFor(context, {
      workers: 1,
      bootstrap: proxyBootstrap({
        ...{ xdsPort, role: "router", name: "gateway", address: "127.0.0.5" },
        labels: { istio: "ingressgateway" },
      }),
    }),
    envoyFor(context, {
      workers: 1,
      bootstrap: proxyBootstrap({
        ...{ xdsPort, role: "sidecar", name: "caller", address: "127.0.0.6" },
        labels: { app: "caller" },
      }),
    }),
  ]);
  const anyone = clientOf(context, ports.gateway);
  const users = asking(anyone, "app.mesh.local");
  const callers = asking(clientOf(context, ports.service), `shop.shop:${ports.service}`);
  for (const client of routes.length === 0 ? [] : [users, callers]) {
    await until(
      () =>
        client.send().then(
          ({ status }) => status === 200,
          () => false,
        ),
      {
        deadlineMs: ROUTED_MS_MAX,
        what: "the Envoys send requests to the application",
      },
    );
  }
  return { ports, v1, v2, gateway, anyone, users, callers };
}

/** As who it asks the API server, where it keeps rollouts, and what else it is started with. */
export type SidecarParts = {
  readonly user?: User;
  readonly storePath?: string;
  readonly flags?: readonly string[];
};

/** A sidecar beside that API server, as `understudy` and without a store unless said otherwise. */
export async function sidecarIn(
  rig: Rig,
  context: TestContext,
  { user = "understudy", storePath = "memory", flags = [] }: SidecarParts = {},
): Promise<RealSidecar> {
  const args = ["--kube", rig.kubeconfig(user), ...flags];
  const sidecar = await startRealSidecar(context, { storePath, args });
  context.after(() => {
    // @types/node does not know `passed` yet.
    if (!("passed" in context && context.passed === true)) {
      context.diagnostic(sidecar.log());
    }
  });
  return sidecar;
}

/** The share of the candidate's answers, of so many requests. */
export async function shareOfV2(client: Client, requests: number): Promise<number> {
  const got = await client.sendAll(Array.from({ length: requests }, () => ({})));
  return got.filter(({ body }) => body.includes('"model_version":"v2"')).length / requests;
}

/** The same users, who ask for a host. */
export function asking(client: Client, host: string): Client {
  const hosted = (sent: Parameters<Client["send"]>[0] = {}) => ({
    ...sent,
    headers: { ...sent.headers, host },
  });
  return {
    send: (sent, signal) => client.send(hosted(sent), signal),
    sendAll: (all) => client.sendAll(all.map(hosted)),
  };
}
