/** Ports of what is in the mesh. */
export type ShopPorts = {
  /** Where users come in, at the gateway. */
  readonly gateway: number;
  /** The port of every service in the mesh, which the Envoy beside an application listens on. */
  readonly service: number;
  readonly v1: number;
  readonly v2: number;
};

const http = (port: number) => ({ name: "http", port, protocol: "TCP", appProtocol: "http" });
const meta = (name: string) => ({ name, namespace: "shop" });

/** An application of two versions as Istio knows it: host `app.mesh.local`, at the gateway and beside an application. */
export function istioShop(ports: ShopPorts): readonly object[] {
  const port = { number: ports.service, name: "http", protocol: "HTTP" };
  const endpoint = (version: "v1" | "v2") => ({
    address: "127.0.0.1",
    ports: { http: ports[version] },
    labels: { version },
  });
  const istio = (kind: string, name: string, spec: object) => ({
    apiVersion: "networking.istio.io/v1",
    kind,
    metadata: meta(name),
    spec,
  });
  return [
    istio("ServiceEntry", "app", {
      hosts: ["app.mesh.local"],
      location: "MESH_INTERNAL",
      resolution: "STATIC",
      ports: [port],
      endpoints: [endpoint("v1"), endpoint("v2")],
    }),
    istio("DestinationRule", "app", {
      host: "app.mesh.local",
      subsets: ["v1", "v2"].map((name) => ({ name, labels: { version: name } })),
    }),
    istio("Gateway", "gateway", {
      selector: { istio: "ingressgateway" },
      servers: [
        {
          port: { number: ports.gateway, name: "http", protocol: "HTTP" },
          bind: "127.0.0.1",
          hosts: ["*"],
        },
      ],
    }),
    istio("Sidecar", "app", {
      workloadSelector: { labels: { app: "caller" } },
      egress: [
        {
          port: { ...port, name: "egress" },
          bind: "127.0.0.1",
          captureMode: "NONE",
          hosts: ["./*"],
        },
      ],
    }),
  ];
}

/** The VirtualService of that application, with weights on its one route. */
export function weightedService(): object {
  return virtualService([
    {
      name: "main",
      route: [destination("v1", 100), destination("v2", 0)],
    },
  ]);
}

/** The VirtualService of that application where the filter splits. */
export function splitService(): object {
  return virtualService([
    {
      name: "candidate",
      match: [{ headers: { "x-understudy-variant": { exact: "v2" } } }],
      route: [destination("v2")],
    },
    { name: "primary", route: [destination("v1")] },
  ]);
}

function virtualService(routes: readonly object[]): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: meta("shop"),
    spec: { hosts: ["app.mesh.local"], gateways: ["gateway", "mesh"], http: routes },
  };
}

function destination(subset: string, weight?: number): object {
  const to = { destination: { host: "app.mesh.local", subset } };
  return weight === undefined ? to : { ...to, weight };
}

/** The same application as the Gateway API knows it: Services `shop`, `shop-v1` and `shop-v2`. */
export function gatewayShop(ports: ShopPorts): readonly object[] {
  const service = (name: string, selector: object) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: meta(name),
    spec: { selector, ports: [http(ports.service)] },
  });
  const workload = (version: "v1" | "v2") => ({
    apiVersion: "networking.istio.io/v1",
    kind: "WorkloadEntry",
    metadata: meta(`shop-${version}`),
    spec: {
      address: "127.0.0.1",
      ports: { http: ports[version] },
      labels: { app: "shop", version },
    },
  });
  return [
    service("shop", { app: "shop" }),
    service("shop-v1", { app: "shop", version: "v1" }),
    service("shop-v2", { app: "shop", version: "v2" }),
    workload("v1"),
    workload("v2"),
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: meta("shop"),
      spec: {
        parentRefs: [{ group: "", kind: "Service", name: "shop", port: ports.service }],
        rules: [
          {
            backendRefs: [
              { name: "shop-v1", port: ports.service, weight: 1 },
              { name: "shop-v2", port: ports.service, weight: 0 },
            ],
          },
        ],
      },
    },
  ];
}

/** A service of the mesh in gRPC at `sidecar.mesh.local`, and the filter as a plugin of the gateway that talks to it. */
export function filterAtGateway(
  ports: Pick<ShopPorts, "service">,
  filter: {
    readonly grpcPort: number;
    readonly module: string;
    readonly rollouts: readonly object[];
  },
): readonly object[] {
  return [
    {
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      metadata: meta("sidecar"),
      spec: {
        hosts: ["sidecar.mesh.local"],
        location: "MESH_INTERNAL",
        resolution: "STATIC",
        ports: [{ number: ports.service, name: "grpc", protocol: "GRPC" }],
        endpoints: [{ address: "127.0.0.1", ports: { grpc: filter.grpcPort } }],
      },
    },
    {
      apiVersion: "extensions.istio.io/v1alpha1",
      kind: "WasmPlugin",
      metadata: meta("understudy"),
      spec: {
        selector: { matchLabels: { istio: "ingressgateway" } },
        url: `file://${filter.module}`,
        phase: "STATS",
        failStrategy: "FAIL_OPEN",
        pluginName: "understudy",
        pluginConfig: {
          sidecar: { cluster: clusterOf("sidecar.mesh.local", "", ports), authority: "understudy" },
          rollouts: filter.rollouts,
        },
      },
    },
  ];
}

/** The name that Istio gives the cluster of a host, or of a subset of it. */
export function clusterOf(
  host: string,
  subset: string,
  { service }: Pick<ShopPorts, "service">,
): string {
  return `outbound|${service}|${subset}|${host}`;
}
