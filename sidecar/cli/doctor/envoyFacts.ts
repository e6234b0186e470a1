import { dumpedCluster, dumpedFilter, dumpedRoutes, filterConfiguration } from "./adminSchema.ts";
import type {
  ClusterStatuses,
  ConfigDump,
  DumpedCluster,
  FilterConfiguration,
  HostStatus,
  ServerInfo,
  VirtualHost,
} from "./adminTypes.ts";

/** The filter as an Envoy has it. */
export type FoundFilter = {
  readonly configuration: FilterConfiguration;
  /** "" where Envoy's default stands. */
  readonly failurePolicy: string;
};

/** A cluster as an Envoy has it. */
export type FoundCluster = {
  readonly speaksHttp2: boolean;
  readonly hosts: readonly { readonly address: string; readonly isHealthy: boolean }[];
};

/** What doctor knows of an Envoy. */
export type EnvoyFacts = {
  /** As "1.40.0". */
  readonly version: string;
  readonly state: string;
  readonly workers: number;
  readonly hasV8: boolean;
  /** Filters whose configuration is one of ours. */
  readonly filters: readonly FoundFilter[];
  readonly clusters: ReadonlyMap<string, FoundCluster>;
  readonly virtualHosts: readonly VirtualHost[];
  readonly stats: ReadonlyMap<string, number>;
};

/** What Envoy's admin answered. */
export type AdminAnswers = {
  readonly server: ServerInfo;
  readonly dump: ConfigDump;
  readonly clusters: ClusterStatuses;
  readonly stats: ReadonlyMap<string, number>;
};

const WASM = "envoy.extensions.filters.http.wasm.v3.Wasm";

/** Takes what doctor looks at out of what Envoy's admin answered. */
export function factsOf({ server, dump, clusters, stats }: AdminAnswers): EnvoyFacts {
  return {
    version: server.version.split("/")[1] ?? server.version,
    state: server.state ?? "LIVE",
    workers: server.command_line_options.concurrency ?? 1,
    hasV8: (server.node?.extensions ?? []).some(({ name }) => name === "envoy.wasm.runtime.v8"),
    filters: filtersOf(dump.configs),
    clusters: clustersOf(dump.configs, clusters),
    virtualHosts: entriesOf(dump.configs, "RoutesConfigDump").flatMap((entry) => {
      const { data } = dumpedRoutes.safeParse(entry);
      return data?.route_config.virtual_hosts ?? [];
    }),
    stats,
  };
}

/** The filters of listeners and of extension discovery; one that stands in several places is one. */
function filtersOf(configs: ConfigDump["configs"]): readonly FoundFilter[] {
  const texts = new Map<string, FoundFilter>();
  for (const config of configs.filter((each) => !typeOf(each).endsWith("BootstrapConfigDump"))) {
    for (const found of objectsOfType(config, WASM)) {
      const { data } = dumpedFilter.safeParse(found);
      const text = data?.config.configuration?.value ?? "";
      const ours = filterConfiguration.safeParse(jsonOf(text));
      if (ours.success) {
        const failurePolicy = data?.config.failure_policy ?? "";
        texts.set(text, { configuration: ours.data, failurePolicy });
      }
    }
  }
  return [...texts.values()];
}

/** Every object in a value that is of a type of Envoy's, also inside a TypedStruct, as Istio writes them. */
function* objectsOfType(value: unknown, type: string): Generator<unknown> {
  if (typeof value !== "object" || value === null) {
    return;
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  if (String(fields.get("@type") ?? "").endsWith(type)) {
    yield value;
    return;
  }
  if (String(fields.get("type_url") ?? "").endsWith(type)) {
    yield fields.get("value");
    return;
  }
  for (const inner of fields.values()) {
    yield* objectsOfType(inner, type);
  }
}

function clustersOf(
  configs: ConfigDump["configs"],
  { cluster_statuses: statuses = [] }: ClusterStatuses,
): ReadonlyMap<string, FoundCluster> {
  const http2 = new Map(
    entriesOf(configs, "ClustersConfigDump").flatMap((entry) => {
      const { data } = dumpedCluster.safeParse(entry);
      return data === undefined ? [] : [[data.cluster.name, speaksHttp2(data.cluster)] as const];
    }),
  );
  return new Map(
    statuses.map(({ name, host_statuses: hosts = [] }) => [
      name,
      {
        // One whose configuration is not told is taken to be right.
        speaksHttp2: http2.get(name) ?? true,
        hosts: hosts.map(hostOf),
      },
    ]),
  );
}

function hostOf({
  address,
  health_status: health = {},
}: HostStatus): FoundCluster["hosts"][number] {
  const { address: ip = "?", port_value: port = 0 } = address?.socket_address ?? {};
  return {
    address: `${ip}:${port}`,
    isHealthy:
      health.failed_active_health_check !== true &&
      health.failed_outlier_check !== true &&
      health.eds_health_status !== "UNHEALTHY",
  };
}

function speaksHttp2(cluster: DumpedCluster["cluster"]): boolean {
  const options = Object.values(cluster.typed_extension_protocol_options ?? {});
  return (
    cluster.http2_protocol_options !== undefined ||
    options.some(
      (each) =>
        each.explicit_http_config?.http2_protocol_options !== undefined ||
        each.auto_config !== undefined,
    )
  );
}

/** The entries of a part of the dump: static ones, and dynamic ones that are active. */
function entriesOf(configs: ConfigDump["configs"], part: string): readonly unknown[] {
  return configs
    .filter((config) => typeOf(config).endsWith(part))
    .flatMap((config) => Object.values(config))
    .filter(Array.isArray)
    .flat();
}

function typeOf(config: Readonly<Record<string, unknown>>): string {
  return String(config["@type"]);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
