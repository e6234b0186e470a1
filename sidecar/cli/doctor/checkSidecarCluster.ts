import type { EnvoyFacts, FoundCluster } from "./envoyFacts.ts";
import { type Finding, fine, note, problem } from "./finding.ts";

/** The way from Envoy to the sidecar that is asked at `server`, once for each cluster that the filter's configurations name. */
export function checkSidecarClusters(envoy: EnvoyFacts, server: string): readonly Finding[] {
  const names = new Set(envoy.filters.map(({ configuration }) => configuration.sidecar.cluster));
  return [...names].flatMap((name) => checkCluster(name, envoy, server));
}

function checkCluster(name: string, envoy: EnvoyFacts, server: string): readonly Finding[] {
  const check = `cluster ${name}`;
  const cluster = envoy.clusters.get(name);
  if (cluster === undefined) {
    const known = [...envoy.clusters.keys()].join(", ");
    return [
      problem(
        check,
        `Envoy has no cluster of this name, but ${known}`,
        "add it as examples/envoy/envoy.yaml does, or name another one at sidecar.cluster in the filter's configuration",
      ),
    ];
  }
  return [...checkHosts(check, cluster, server), checkStreams({ name, cluster, envoy })];
}

function checkHosts(check: string, cluster: FoundCluster, server: string): readonly Finding[] {
  const { hosts, speaksHttp2 } = cluster;
  const addresses = hosts.map(({ address }) => address).join(", ");
  if (!speaksHttp2) {
    return [
      problem(
        check,
        "it speaks HTTP/1.1, and the sidecar only HTTP/2",
        "set explicit_http_config: { http2_protocol_options: {} } in its HttpProtocolOptions",
      ),
    ];
  }
  if (!hosts.some(({ isHealthy }) => isHealthy)) {
    return [
      problem(
        check,
        hosts.length === 0 ? "it has no host" : `none of its hosts is healthy: ${addresses}`,
        "give it the address of `understudy serve --grpc`",
      ),
    ];
  }
  const isSame = hosts.some(({ address }) => portOf(address) === portOf(server));
  return [
    fine(check, `leads to ${addresses} by HTTP/2`),
    ...(isSame
      ? []
      : [
          note(
            check,
            `it leads to ${addresses}, and --server ${server} was asked`,
            "make sure that both are one sidecar",
          ),
        ]),
  ];
}

/** Every worker and the main thread hold a stream. */
function checkStreams({
  name,
  cluster,
  envoy: { stats, workers },
}: {
  readonly name: string;
  readonly cluster: FoundCluster;
  readonly envoy: EnvoyFacts;
}): Finding {
  const check = `streams of cluster ${name}`;
  const of = (counter: string): number => stats.get(`cluster.${name}.${counter}`) ?? 0;
  const open = of("upstream_rq_active");
  const wanted = workers + 1;
  if (open >= wanted) {
    return fine(check, `${open} open: one of each worker, and one of the main thread`);
  }
  const failed = stats.get("wasmcustom.understudy.streams_failed") ?? 0;
  const found = `${open} of ${wanted} are open; ${failed} have failed`;
  if (of("upstream_cx_active") > 0) {
    return problem(
      check,
      found,
      "the sidecar refuses them, or ends them: its log says why; with --callers Envoy needs a token or a certificate of role filter (examples/envoy/README.md)",
    );
  }
  const addresses = cluster.hosts.map(({ address }) => address).join(", ");
  return problem(
    check,
    `${found}; no connection to ${addresses || "any host"}, ${of("upstream_cx_connect_fail")} attempts failed`,
    "start `understudy serve` there; where it speaks TLS, so must this cluster, and its log says why it refuses",
  );
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}
