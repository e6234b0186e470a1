import { MODEL_NAME, VERSIONS, type Version } from "./model.ts";
import { SERVED_BY } from "./traffic.ts";

/** Name of the filter, and of its configuration in the file that Envoy watches. */
export const FILTER = "understudy";
/** Name of the listener that users reach. */
export const FRONT = "front";
/** Longer than any answer takes on a busy machine; requests that v4 stalls are answered 504 then. */
const ROUTE_TIMEOUTS: Readonly<Record<Version, string>> = {
  v1: "4s",
  v2: "4s",
  v3: "4s",
  v4: "2s",
};

const TYPES = "type.googleapis.com/envoy";
const WASM_TYPE = `${TYPES}.extensions.filters.http.wasm.v3.Wasm`;

/** Where Envoy finds what it needs. */
export type Backends = {
  readonly modelPorts: Readonly<Record<Version, number>>;
  /** The sidecar's gRPC port. */
  readonly sidecarPort: number;
  /** The file with the filter's configuration (`filterResponse`), and its folder. */
  readonly filterFile: string;
  readonly folder: string;
};

/**
 * Envoy's bootstrap: one route and one cluster for each version, which never change; the filter chooses among them by a header. The filter's configuration is
 * watched in a file, as a control plane would deliver it (ECDS), so that it changes without a restart.
 */
export function bootstrap(backends: Backends): object {
  return {
    // Envoy asks for a name wherever configuration is delivered to it.
    node: { id: "demo", cluster: "demo" },
    static_resources: {
      listeners: [listener(backends)],
      clusters: [
        ...VERSIONS.map((version) => cluster(clusterOf(version), backends.modelPorts[version])),
        sidecarCluster(backends.sidecarPort),
      ],
    },
    overload_manager: {
      resource_monitors: [
        {
          name: "envoy.resource_monitors.global_downstream_max_connections",
          typed_config: {
            "@type": `${TYPES}.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig`,
            max_active_downstream_connections: 10_000,
          },
        },
      ],
    },
  };
}

/** The content of the watched file: the module and its plugin configuration. */
export function filterResponse(wasmFile: string, plugin: object): object {
  return {
    resources: [
      {
        "@type": `${TYPES}.config.core.v3.TypedExtensionConfig`,
        name: FILTER,
        typed_config: {
          "@type": WASM_TYPE,
          config: {
            name: FILTER,
            failure_policy: "FAIL_RELOAD",
            vm_config: {
              vm_id: FILTER,
              runtime: "envoy.wasm.runtime.v8",
              code: { local: { filename: wasmFile } },
            },
            configuration: {
              "@type": "type.googleapis.com/google.protobuf.StringValue",
              value: JSON.stringify(plugin),
            },
          },
        },
      },
    ],
  };
}

/** The filter's plugin configuration for one rollout. */
export function pluginConfig(rollout: {
  readonly name: string;
  readonly primary: Version;
  readonly candidate: Version;
}): object {
  const variant = (version: Version): object => ({ cluster: clusterOf(version), version });
  return {
    sidecar: { cluster: FILTER, authority: FILTER },
    rollouts: [
      {
        name: rollout.name,
        match: { path: { prefix: `/v2/models/${MODEL_NAME}` } },
        salt: `the demo's salt of ${rollout.name}`,
        primary: variant(rollout.primary),
        candidate: variant(rollout.candidate),
        sticky: { header: "x-patient-id" },
        requestTimeoutMs: 3_000,
        shadow: {
          paths: [{ template: "/v2/models/{model}/infer" }],
          timeoutMs: 2_000,
          inFlightMax: 128,
          perSecondMax: 2_000,
          bodyBytesMax: 65_536,
          capturedBytesMax: 16_777_216,
        },
      },
    ],
  };
}

function clusterOf(version: Version): string {
  return `${MODEL_NAME}-${version}`;
}

function listener(backends: Backends): object {
  const filter = {
    name: FILTER,
    config_discovery: {
      config_source: {
        resource_api_version: "V3",
        path_config_source: {
          path: backends.filterFile,
          watched_directory: { path: backends.folder },
        },
      },
      type_urls: [WASM_TYPE],
    },
  };
  const router = {
    name: "envoy.filters.http.router",
    typed_config: { "@type": `${TYPES}.extensions.filters.http.router.v3.Router` },
  };
  const connections = {
    "@type": `${TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: FRONT,
    route_config: { virtual_hosts: [{ name: FRONT, domains: ["*"], routes: routes() }] },
    http_filters: [filter, router],
  };
  return {
    name: FRONT,
    address: address(0),
    filter_chains: [
      {
        filters: [
          { name: "envoy.filters.network.http_connection_manager", typed_config: connections },
        ],
      },
    ],
  };
}

/** One route for each version by the header that the filter sets, and v1 for what it does not touch. */
function routes(): object[] {
  const to = (version: Version): object => ({
    route: { cluster: clusterOf(version), timeout: ROUTE_TIMEOUTS[version] },
    response_headers_to_add: [
      { header: { key: SERVED_BY, value: version }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" },
    ],
  });
  const chosen = VERSIONS.map((version) => ({
    match: {
      prefix: "/",
      headers: [{ name: "x-understudy-variant", string_match: { exact: version } }],
    },
    ...to(version),
  }));
  return [...chosen, { match: { prefix: "/" }, ...to("v1") }];
}

function cluster(name: string, port: number): object {
  return {
    name,
    type: "STATIC",
    connect_timeout: "5s",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
    },
  };
}

function sidecarCluster(port: number): object {
  const http = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return {
    ...cluster(FILTER, port),
    typed_extension_protocol_options: {
      [http]: {
        "@type": `type.googleapis.com/${http}`,
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  };
}

function address(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
