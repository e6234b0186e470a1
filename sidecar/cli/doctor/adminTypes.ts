// What doctor reads of Envoy's admin (https://www.envoyproxy.io/docs/envoy/latest/operations/admin), in Envoy's own words.

type Regex = { readonly regex: string };

/** How a text is matched. */
export type StringMatch = {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  readonly contains?: string | undefined;
  readonly safe_regex?: Regex | undefined;
};

/** How a header is matched. */
export type HeaderMatch = {
  readonly name: string;
  readonly string_match?: StringMatch | undefined;
  readonly exact_match?: string | undefined;
  readonly prefix_match?: string | undefined;
  readonly safe_regex_match?: Regex | undefined;
  readonly present_match?: boolean | undefined;
  readonly invert_match?: boolean | undefined;
};

/** What a route is for. */
export type RouteMatch = {
  readonly prefix?: string | undefined;
  readonly path?: string | undefined;
  readonly path_separated_prefix?: string | undefined;
  readonly safe_regex?: Regex | undefined;
  readonly headers?: readonly HeaderMatch[] | undefined;
  readonly query_parameters?: readonly unknown[] | undefined;
};

export type VirtualHost = {
  readonly name?: string | undefined;
  readonly domains?: readonly string[] | undefined;
  readonly routes?:
    | readonly {
        readonly match?: RouteMatch | undefined;
        readonly route?: { readonly cluster?: string | undefined } | undefined;
      }[]
    | undefined;
};

/** An entry of a RoutesConfigDump. */
export type DumpedRoutes = {
  readonly route_config: { readonly virtual_hosts?: readonly VirtualHost[] | undefined };
};

/** An entry of a ClustersConfigDump. */
export type DumpedCluster = {
  readonly cluster: {
    readonly name: string;
    readonly http2_protocol_options?: unknown;
    readonly typed_extension_protocol_options?:
      | Readonly<
          Record<
            string,
            {
              readonly explicit_http_config?:
                | { readonly http2_protocol_options?: unknown }
                | undefined;
              readonly auto_config?: unknown;
            }
          >
        >
      | undefined;
  };
};

/** The configuration of a wasm filter. */
export type DumpedFilter = {
  readonly config: {
    readonly configuration?: { readonly value?: string | undefined } | undefined;
    readonly failure_policy?: string | undefined;
  };
};

/** `/config_dump`: its parts, each with its "@type". */
export type ConfigDump = { readonly configs: readonly Readonly<Record<string, unknown>>[] };

/** `/server_info`. */
export type ServerInfo = {
  readonly version: string;
  readonly state?: string | undefined;
  readonly command_line_options: { readonly concurrency?: number | undefined };
  readonly node?:
    | { readonly extensions?: readonly { readonly name?: string | undefined }[] | undefined }
    | undefined;
};

/** One host of a cluster. */
export type HostStatus = {
  readonly address?:
    | {
        readonly socket_address?:
          | { readonly address: string; readonly port_value?: number | undefined }
          | undefined;
      }
    | undefined;
  readonly health_status?:
    | {
        readonly eds_health_status?: string | undefined;
        readonly failed_active_health_check?: boolean | undefined;
        readonly failed_outlier_check?: boolean | undefined;
      }
    | undefined;
};

/** `/clusters?format=json`. */
export type ClusterStatuses = {
  readonly cluster_statuses?:
    | readonly {
        readonly name: string;
        readonly host_statuses?: readonly HostStatus[] | undefined;
      }[]
    | undefined;
};

type Variant = { readonly cluster: string; readonly version?: string | undefined };

/** A rollout in the filter's own configuration. */
export type RolloutEntry = {
  readonly name: string;
  readonly match?:
    | {
        readonly host?: string | undefined;
        readonly path?:
          | {
              readonly prefix?: string | undefined;
              readonly exact?: string | undefined;
              readonly template?: string | undefined;
            }
          | undefined;
      }
    | undefined;
  readonly primary: Variant;
  readonly candidate: Variant;
};

/** The filter's own configuration. */
export type FilterConfiguration = {
  readonly sidecar: { readonly cluster: string };
  readonly rollouts: readonly RolloutEntry[];
};
