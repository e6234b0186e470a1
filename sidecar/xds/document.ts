/** The file of `serve --xds`, with units undone. */
export type EnvoysDocument = {
  /** Milliseconds within which every Envoy has come back to a sidecar that was away. */
  readonly returnWithin: number;
  readonly rollouts: readonly RolloutDocument[];
  readonly routes: readonly RouteConfigurationDocument[];
  readonly runtime: readonly LayerDocument[];
  readonly filters: readonly FilterDocument[];
};

/** A rollout, and where its versions are. */
export type RolloutDocument = {
  readonly name: string;
  /** Newest first. */
  readonly versions: readonly { readonly name: string; readonly cluster: string }[];
  /** The version that serves before there is a rollout of that name. */
  readonly before: string;
};

/** A layer of Envoy's runtime, by its name there. */
export type LayerDocument = { readonly name: string; readonly rollouts: readonly string[] };

/** The configuration of our filter, by its name in Envoy's `config_discovery`. */
export type FilterDocument = {
  readonly name: string;
  /** The module's path, as Envoy sees it. */
  readonly module: string;
  readonly failurePolicy: "FAIL_RELOAD" | "FAIL_OPEN" | "FAIL_CLOSED";
  readonly configuration: Readonly<Record<string, unknown>>;
};

/** A route configuration in Envoy's own words, but for `rollout` in place of a cluster. */
export type RouteConfigurationDocument = {
  readonly name: string;
  readonly ignore_port_in_host_matching?: boolean | undefined;
  readonly virtual_hosts: readonly VirtualHostDocument[];
};

/** As Envoy's VirtualHost. */
export type VirtualHostDocument = {
  readonly name: string;
  readonly domains: readonly string[];
  readonly routes: readonly RouteDocument[];
};

/** As Envoy's Route. */
export type RouteDocument = {
  readonly name?: string | undefined;
  readonly match: MatchDocument;
  readonly route?: RouteActionDocument | undefined;
  readonly direct_response?:
    | {
        readonly status: number;
        readonly body?: { readonly inline_string: string } | undefined;
      }
    | undefined;
  readonly request_headers_to_remove?: readonly string[] | undefined;
};

/** As Envoy's RouteMatch. */
export type MatchDocument = {
  readonly prefix?: string | undefined;
  readonly path?: string | undefined;
  readonly path_separated_prefix?: string | undefined;
  readonly safe_regex?: { readonly regex: string } | undefined;
  readonly case_sensitive?: boolean | undefined;
  readonly headers?: readonly HeaderMatcherDocument[] | undefined;
};

/** As Envoy's HeaderMatcher. */
export type HeaderMatcherDocument = {
  readonly name: string;
  readonly present_match?: boolean | undefined;
  readonly string_match?: StringMatcherDocument | undefined;
  readonly invert_match?: boolean | undefined;
};

/** As Envoy's StringMatcher. */
export type StringMatcherDocument = {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  readonly contains?: string | undefined;
  readonly safe_regex?: { readonly regex: string } | undefined;
  readonly ignore_case?: boolean | undefined;
};

/** As Envoy's RouteAction; its cluster, or the rollout that divides it. Durations are in milliseconds. */
export type RouteActionDocument = {
  readonly cluster?: string | undefined;
  readonly rollout?: string | undefined;
  readonly timeout?: number | undefined;
  readonly idle_timeout?: number | undefined;
  readonly prefix_rewrite?: string | undefined;
  readonly host_rewrite_literal?: string | undefined;
  readonly retry_policy?:
    | {
        readonly retry_on: string;
        readonly num_retries?: number | undefined;
        readonly per_try_timeout?: number | undefined;
      }
    | undefined;
};
