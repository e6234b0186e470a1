import type { RolloutEntry, VirtualHost } from "./adminTypes.ts";
import type { EnvoyFacts } from "./envoyFacts.ts";
import { type Finding, fine, problem } from "./finding.ts";
import { clusterFor, hostsOf, samplePath, VARIANT_HEADER } from "./routing.ts";

type Variant = { readonly cluster: string; readonly version: string };

/** Clusters and routes of both variants of every rollout in the filter's configuration. */
export function checkRoutes(envoy: EnvoyFacts): readonly Finding[] {
  const entries = envoy.filters.flatMap(({ configuration }) => configuration.rollouts);
  return entries.flatMap((entry) => {
    const variants = variantsOf(entry);
    return [
      ...variants.flatMap((variant) => checkVariantCluster(entry, variant, envoy)),
      ...checkVariantRoutes(entry, variants, envoy.virtualHosts),
    ];
  });
}

/** Both variants; a version is by default the role's word. */
export function variantsOf({ primary, candidate }: RolloutEntry): readonly [Variant, Variant] {
  return [
    { cluster: primary.cluster, version: primary.version ?? "primary" },
    { cluster: candidate.cluster, version: candidate.version ?? "candidate" },
  ];
}

function checkVariantCluster(
  { name }: RolloutEntry,
  { cluster, version }: Variant,
  { clusters }: EnvoyFacts,
): readonly Finding[] {
  const check = `${version} of ${name}`;
  const found = clusters.get(cluster);
  if (found === undefined) {
    return [
      problem(
        check,
        `Envoy has no cluster ${cluster}`,
        "add it, or name another one in the filter's configuration: copies go to it",
      ),
    ];
  }
  return found.hosts.some(({ isHealthy }) => isHealthy)
    ? []
    : [
        problem(
          check,
          `cluster ${cluster} has no healthy host`,
          "start the version, or mend its address",
        ),
      ];
}

function checkVariantRoutes(
  entry: RolloutEntry,
  variants: readonly [Variant, Variant],
  virtualHosts: readonly VirtualHost[],
): readonly Finding[] {
  const path = samplePath(entry);
  const [primary, candidate] = variants;
  const hosts = hostsOf(virtualHosts, entry).filter((host) =>
    variants.some(({ version }) => {
      const cluster = clusterFor(host, { path, version });
      return cluster === primary.cluster || cluster === candidate.cluster;
    }),
  );
  if (hosts.length === 0) {
    return [
      problem(
        `routes of ${entry.name}`,
        `no route leads ${path} to ${primary.cluster} or ${candidate.cluster}`,
        `add one route for each version by the header ${VARIANT_HEADER}, and one without it, as examples/envoy/envoy.yaml does`,
      ),
    ];
  }
  const wrong = hosts.flatMap((host) =>
    variants.flatMap((variant) => checkRoute({ entry, host, path, variant })),
  );
  const led = variants.map(({ cluster, version }) => `${version} to ${cluster}`).join(", ");
  return wrong.length > 0 ? wrong : [fine(`routes of ${entry.name}`, `lead ${led}`)];
}

function checkRoute({
  entry,
  host,
  path,
  variant: { cluster, version },
}: {
  readonly entry: RolloutEntry;
  readonly host: VirtualHost;
  readonly path: string;
  readonly variant: Variant;
}): readonly Finding[] {
  const to = clusterFor(host, { path, version });
  if (to === cluster) {
    return [];
  }
  const where = to === null ? "nowhere" : to === "" ? "to no single cluster" : `to ${to}`;
  return [
    problem(
      `routes of ${entry.name}`,
      `virtual host ${host.name ?? "?"} leads ${path} with ${VARIANT_HEADER}: ${version} ${where}, and its copies go to ${cluster}`,
      `put a route to ${cluster} that matches the header ${VARIANT_HEADER} exactly ${version} before those without it`,
    ),
  ];
}
