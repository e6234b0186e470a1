/** Ports that the front Envoy's clusters lead to, all on this machine. */
export type Backends = {
  readonly primary: number;
  readonly candidate: number;
  /** Absent for the native sides. */
  readonly sidecar?: number;
};

/** What the front Envoy does with a request. The native sides are Envoy's own features for the same job. */
export type FrontKind = "native-split" | "native-shadow" | "filter-split" | "filter-shadow";

/** A wasm module and the configuration of its one plugin. */
export type Plugin = { readonly wasmFile: string; readonly configuration: unknown };

type Json = { readonly [key: string]: unknown };

const VERSION_HEADER = "x-understudy-variant";

/**
 * What an upstream does: it answers at once and keeps the connection, answers at a request's head and closes it, or keeps it and
 * takes 5 ms to answer, as a model does.
 */
export const UPSTREAMS = ["keeps", "closes", "computes"] as const;
export type Upstream = (typeof UPSTREAMS)[number];

/** Bootstrap of the upstream: two ports, as of two versions, that both give `answer`. */
export function upstreamBootstrap(answer: string, upstream: Upstream): Json {
  const direct = {
    match: { prefix: "/" },
    direct_response: { status: 200, body: { inline_string: answer } },
    response_headers_to_add: [
      {
        header: { key: "content-type", value: "application/json" },
        append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
      },
    ],
  };
  // Without this Envoy answers at the request's head and closes the connection, as the body is still to come: then every request
  // costs the front a new connection, on all sides, and hides what is measured. Real servers read the body and keep the connection.
  const wholeRequest = {
    name: "envoy.filters.http.buffer",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
      max_request_bytes: 65_536,
    },
  };
  const computing = {
    name: "envoy.filters.http.fault",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
      delay: { fixed_delay: "0.005s", percentage: { numerator: 100 } },
    },
  };
  const filters = {
    keeps: [wholeRequest],
    closes: [],
    computes: [wholeRequest, computing],
  }[upstream];
  const listeners = ["v1", "v2"].map((name) => listener(name, [direct], filters));
  return bootstrap(listeners, []);
}

/** Bootstrap of a front Envoy: one listener on a free port, alike in all but what the kind names. */
export function frontBootstrap(kind: FrontKind, backends: Backends, plugin?: Plugin): Json {
  const clusters = [
    cluster({ name: "v1", port: backends.primary }),
    cluster({ name: "v2", port: backends.candidate }),
  ];
  if (backends.sidecar !== undefined) {
    clusters.push({
      ...cluster({ name: "understudy", port: backends.sidecar }),
      typed_extension_protocol_options: {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
          "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
          explicit_http_config: { http2_protocol_options: {} },
        },
      },
    });
  }
  const filters = plugin === undefined ? [] : [wasmFilter(plugin)];
  return bootstrap([listener("front", routesOf(kind), filters)], clusters);
}

function routesOf(kind: FrontKind): Json[] {
  const match = { prefix: "/" };
  switch (kind) {
    case "native-split": {
      const clusters = ["v1", "v2"].map((name) => ({ name, weight: 50 }));
      return [{ match, route: { weighted_clusters: { clusters } } }];
    }
    case "native-shadow":
      return [{ match, route: { cluster: "v1", request_mirror_policies: [{ cluster: "v2" }] } }];
    case "filter-split":
    case "filter-shadow": {
      const headers = [{ name: VERSION_HEADER, string_match: { exact: "v2" } }];
      return [
        { match: { ...match, headers }, route: { cluster: "v2" } },
        { match, route: { cluster: "v1" } },
      ];
    }
    default:
      return kind satisfies never;
  }
}

function bootstrap(listeners: readonly Json[], clusters: readonly Json[]): Json {
  return {
    static_resources: { listeners, clusters },
    // Without a limit of connections Envoy warns at every start.
    overload_manager: {
      resource_monitors: [
        {
          name: "envoy.resource_monitors.global_downstream_max_connections",
          typed_config: {
            "@type":
              "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
            max_active_downstream_connections: 10_000,
          },
        },
      ],
    },
  };
}

function listener(name: string, routes: readonly Json[], filters: readonly Json[]): Json {
  const router = {
    name: "envoy.filters.http.router",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
    },
  };
  const typedConfig = {
    "@type":
      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: name,
    route_config: { virtual_hosts: [{ name, domains: ["*"], routes }] },
    http_filters: [...filters, router],
  };
  return {
    name,
    address: address(0),
    filter_chains: [
      {
        filters: [
          { name: "envoy.filters.network.http_connection_manager", typed_config: typedConfig },
        ],
      },
    ],
  };
}

function cluster(target: { name: string; port: number }): Json {
  return {
    name: target.name,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: target.name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(target.port) } }] }],
    },
  };
}

function wasmFilter(plugin: Plugin): Json {
  return {
    name: "envoy.filters.http.wasm",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
      config: {
        name: "understudy",
        failure_policy: "FAIL_RELOAD",
        vm_config: {
          runtime: "envoy.wasm.runtime.v8",
          code: { local: { filename: plugin.wasmFile } },
        },
        configuration: {
          "@type": "type.googleapis.com/google.protobuf.StringValue",
          value: JSON.stringify(plugin.configuration),
        },
      },
    },
  };
}

function address(port: number): Json {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
