type Json = { readonly [key: string]: unknown };

/** Where the clusters of a mesh's Envoy lead, all on this machine. */
export type MeshPorts = {
  readonly v1: number;
  readonly v2: number;
  /** What v1 and v2 speak; HTTP/1.1 unless said otherwise. */
  readonly protocol?: "http1" | "http2";
  /** `absent`: there is no such cluster. `without-hosts`: it is there, and empty. */
  readonly sidecar: number | "absent" | "without-hosts";
  /** With what Envoy speaks TLS to the sidecar; in the clear when it is left out. */
  readonly sidecarTls?: SidecarTls;
};

/** Files in PEM: who the sidecar's certificate must be of, and, for mutual TLS, Envoy's own. */
export type SidecarTls = {
  readonly ca: string;
  readonly own?: { readonly cert: string; readonly key: string };
  /** A file of Envoy's (SDS) with the secret `sidecar-token`, sent in the header `authorization`. */
  readonly authorization?: string;
};

/** The name under which Envoy asks for the filter, and the one in its counters. */
export const FILTER_NAME = "understudy";

/** Envoy's node id. */
export const NODE_ID = "mesh-1";

/** Requests with this header are given up by Envoy after 200 ms. */
export const IMPATIENT_HEADER = "x-impatient";
const IMPATIENT: Json = { name: IMPATIENT_HEADER, present_match: true };

const TYPES = "type.googleapis.com/envoy.extensions";
const HEADERS_MAX = 4000;

/**
 * Bootstrap of an Envoy with the filter, whose configuration is in a file that it watches. One listener, `front`, takes HTTP/1.1 and HTTP/2 without TLS
 * and spreads connections evenly over the workers. Routes go by `x-understudy-variant`; a request without it goes to v1.
 */
export function meshBootstrap(ports: MeshPorts, discoveryFile: string): Json {
  const clusters = [
    upstreamCluster("v1", ports.v1, ports.protocol),
    upstreamCluster("v2", ports.v2, ports.protocol),
    ...(ports.sidecar === "absent"
      ? []
      : [
          sidecarCluster(
            ports.sidecar === "without-hosts" ? [] : [ports.sidecar],
            ports.sidecarTls,
          ),
        ]),
  ];
  return {
    // Whoever discovers configuration must say who it is.
    node: { id: NODE_ID, cluster: "test" },
    static_resources: { listeners: [listener(discoveryFile)], clusters },
    // Without a limit of connections Envoy warns at every start.
    overload_manager: {
      resource_monitors: [
        {
          name: "envoy.resource_monitors.global_downstream_max_connections",
          typed_config: {
            "@type": `${TYPES}.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig`,
            max_active_downstream_connections: 10_000,
          },
        },
      ],
    },
  };
}

/** What the watched file holds: the filter with this plugin configuration. */
export function discoveryResponse(wasmFile: string, configuration: string, version: number): Json {
  const wasm = {
    "@type": `${TYPES}.filters.http.wasm.v3.Wasm`,
    config: {
      name: FILTER_NAME,
      root_id: FILTER_NAME,
      failure_policy: "FAIL_RELOAD",
      vm_config: {
        runtime: "envoy.wasm.runtime.v8",
        code: { local: { filename: wasmFile } },
      },
      configuration: {
        "@type": "type.googleapis.com/google.protobuf.StringValue",
        value: configuration,
      },
    },
  };
  const resource = {
    "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
    name: FILTER_NAME,
    typed_config: wasm,
  };
  return { version_info: `${version}`, resources: [resource] };
}

function listener(discoveryFile: string): Json {
  const manager = {
    "@type": `${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "front",
    codec_type: "AUTO",
    http_protocol_options: { enable_trailers: true },
    common_http_protocol_options: { max_headers_count: HEADERS_MAX },
    max_request_headers_kb: 256,
    upgrade_configs: [{ upgrade_type: "websocket" }],
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: routes() }] },
    http_filters: [discoveredFilter(discoveryFile), routerFilter()],
  };
  return {
    name: "front",
    address: address(0),
    connection_balance_config: { exact_balance: {} },
    filter_chains: [
      {
        filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }],
      },
    ],
  };
}

function routes(): Json[] {
  const to = (cluster: string, headers: readonly Json[]): readonly Json[] => [
    {
      match: { prefix: "/", headers: [...headers, IMPATIENT] },
      route: { cluster, timeout: "0.2s" },
    },
    { match: { prefix: "/", headers }, route: { cluster, timeout: "30s" } },
  ];
  const variant = (version: string): Json => ({
    name: "x-understudy-variant",
    string_match: { exact: version },
  });
  return [...to("v2", [variant("v2")]), ...to("v1", [variant("v1")]), ...to("v1", [])];
}

function discoveredFilter(discoveryFile: string): Json {
  return {
    name: FILTER_NAME,
    config_discovery: {
      config_source: {
        path_config_source: { path: discoveryFile },
        resource_api_version: "V3",
      },
      type_urls: [`${TYPES}.filters.http.wasm.v3.Wasm`],
    },
  };
}

function routerFilter(): Json {
  return {
    name: "envoy.filters.http.router",
    typed_config: { "@type": `${TYPES}.filters.http.router.v3.Router` },
  };
}

function upstreamCluster(
  name: string,
  port: number,
  protocol: MeshPorts["protocol"] = "http1",
): Json {
  return cluster(name, [port], {
    explicit_http_config:
      protocol === "http1"
        ? { http_protocol_options: { enable_trailers: true } }
        : { http2_protocol_options: {} },
    common_http_protocol_options: { max_headers_count: HEADERS_MAX },
  });
}

function sidecarCluster(ports: readonly number[], tls: SidecarTls | undefined): Json {
  const http2 = { explicit_http_config: { http2_protocol_options: {} } };
  if (tls === undefined) {
    return cluster("understudy", ports, http2);
  }
  const { authorization } = tls;
  const filters = authorization === undefined ? {} : { http_filters: injecting(authorization) };
  const plain = cluster("understudy", ports, { ...http2, ...filters });
  return { ...plain, transport_socket: tlsSocket(tls) };
}

/** Filters of a cluster's requests that put what is in the file into the header `authorization`. */
function injecting(path: string): readonly Json[] {
  const generic = {
    "@type": "type.googleapis.com/envoy.extensions.http.injected_credentials.generic.v3.Generic",
    credential: {
      name: "sidecar-token",
      sds_config: { path_config_source: { path }, resource_api_version: "V3" },
    },
  };
  const injector = {
    "@type": `${TYPES}.filters.http.credential_injector.v3.CredentialInjector`,
    credential: { name: "envoy.http.injected_credentials.generic", typed_config: generic },
  };
  const codec = { "@type": `${TYPES}.filters.http.upstream_codec.v3.UpstreamCodec` };
  return [
    { name: "envoy.filters.http.credential_injector", typed_config: injector },
    { name: "envoy.filters.http.upstream_codec", typed_config: codec },
  ];
}

function tlsSocket({ ca, own }: SidecarTls): Json {
  const certificates =
    own === undefined
      ? []
      : [{ certificate_chain: { filename: own.cert }, private_key: { filename: own.key } }];
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": `${TYPES}.transport_sockets.tls.v3.UpstreamTlsContext`,
      sni: "localhost",
      common_tls_context: {
        alpn_protocols: ["h2"],
        tls_certificates: certificates,
        validation_context: {
          trusted_ca: { filename: ca },
          match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: "localhost" } }],
        },
      },
    },
  };
}

function cluster(name: string, ports: readonly number[], protocol: Json): Json {
  const endpoints = ports.map((port) => ({ endpoint: { address: address(port) } }));
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: endpoints }] },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": `${TYPES}.upstreams.http.v3.HttpProtocolOptions`,
        ...protocol,
      },
    },
  };
}

function address(port: number): Json {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
