import { z } from "zod";
import type {
  ClusterStatuses,
  ConfigDump,
  DumpedCluster,
  DumpedFilter,
  DumpedRoutes,
  FilterConfiguration,
  HeaderMatch,
  HostStatus,
  RouteMatch,
  ServerInfo,
  VirtualHost,
} from "./adminTypes.ts";

const text = z.string().optional();
const anything = z.unknown().optional();
const flag = z.boolean().optional();
const regex = z.object({ regex: z.string() }).optional();

const headerMatch: z.ZodType<HeaderMatch> = z.object({
  name: z.string(),
  string_match: z
    .object({ exact: text, prefix: text, suffix: text, contains: text, safe_regex: regex })
    .optional(),
  exact_match: text,
  prefix_match: text,
  safe_regex_match: regex,
  present_match: flag,
  invert_match: flag,
});

const routeMatch: z.ZodType<RouteMatch> = z.object({
  prefix: text,
  path: text,
  path_separated_prefix: text,
  safe_regex: regex,
  headers: z.array(headerMatch).optional(),
  query_parameters: z.array(z.unknown()).optional(),
});

const virtualHost: z.ZodType<VirtualHost> = z.object({
  name: text,
  domains: z.array(z.string()).optional(),
  routes: z
    .array(
      z.object({
        match: routeMatch.optional(),
        route: z.object({ cluster: text }).optional(),
      }),
    )
    .optional(),
});

export const dumpedRoutes: z.ZodType<DumpedRoutes> = z.object({
  route_config: z.object({ virtual_hosts: z.array(virtualHost).optional() }),
});

const httpOptions = z.object({
  explicit_http_config: z.object({ http2_protocol_options: anything }).optional(),
  auto_config: anything,
});

export const dumpedCluster: z.ZodType<DumpedCluster> = z.object({
  cluster: z.object({
    name: z.string(),
    http2_protocol_options: anything,
    typed_extension_protocol_options: z.record(z.string(), httpOptions).optional(),
  }),
});

export const dumpedFilter: z.ZodType<DumpedFilter> = z.object({
  config: z.object({
    configuration: z.object({ value: text }).optional(),
    failure_policy: text,
  }),
});

export const configDump: z.ZodType<ConfigDump> = z.object({
  configs: z.array(z.record(z.string(), z.unknown())),
});

export const serverInfo: z.ZodType<ServerInfo> = z.object({
  version: z.string(),
  state: text,
  command_line_options: z.object({ concurrency: z.number().optional() }),
  node: z.object({ extensions: z.array(z.object({ name: text })).optional() }).optional(),
});

const hostStatus: z.ZodType<HostStatus> = z.object({
  address: z
    .object({
      socket_address: z
        .object({ address: z.string(), port_value: z.number().optional() })
        .optional(),
    })
    .optional(),
  health_status: z
    .object({
      eds_health_status: text,
      failed_active_health_check: flag,
      failed_outlier_check: flag,
    })
    .optional(),
});

export const clusterStatuses: z.ZodType<ClusterStatuses> = z.object({
  cluster_statuses: z
    .array(z.object({ name: z.string(), host_statuses: z.array(hostStatus).optional() }))
    .optional(),
});

const variant = z.object({ cluster: z.string(), version: text });

export const filterConfiguration: z.ZodType<FilterConfiguration> = z.object({
  sidecar: z.object({ cluster: z.string() }),
  rollouts: z.array(
    z.object({
      name: z.string(),
      match: z
        .object({
          host: text,
          path: z.object({ prefix: text, exact: text, template: text }).optional(),
        })
        .optional(),
      primary: variant,
      candidate: variant,
    }),
  ),
});
