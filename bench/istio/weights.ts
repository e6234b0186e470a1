/** What is read of the answer to `config_dump?resource=dynamic_route_configs`. */
export type RoutesDump = {
  readonly configs?: readonly {
    readonly route_config?: {
      readonly virtual_hosts?: readonly {
        readonly domains: readonly string[];
        readonly routes?: readonly {
          readonly route?: { readonly weighted_clusters?: { readonly clusters: Weighted } };
        }[];
      }[];
    };
  }[];
};

type Weighted = readonly { readonly name: string; readonly weight?: number }[];

/** The weight, 0 to 100, that Envoy gives a subset of a host's destination in Istio's clusters; undefined while it has none. */
export function weightIn(dump: RoutesDump, host: string, subset: string): number | undefined {
  return (dump.configs ?? [])
    .flatMap(({ route_config: config }) => config?.virtual_hosts ?? [])
    .filter(({ domains }) => domains.includes(host))
    .flatMap(({ routes = [] }) => routes)
    .flatMap(({ route }) => route?.weighted_clusters?.clusters ?? [])
    .find(({ name }) => name.split("|")[2] === subset)?.weight;
}
