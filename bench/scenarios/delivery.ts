import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Rollout, RolloutClient } from "../../sidecar/cli/client.ts";
import { plainConnection } from "../../sidecar/cli/connection.ts";
import { envoyStream, filterStream, type ToldProxy } from "../delivery/streams.ts";
import type { Result } from "../report.ts";
import { startSidecar } from "../rig/sidecar.ts";
import { quantile } from "../stats.ts";

const FILTERS = 50;
const ENVOYS = 20;
const CHANGES = 200;
/** What a change may take at its 99th percentile until the last of all has it. */
const MS_MAX = 100;
const LOOK_MS = 1;
const CHANGE_MS_MAX = 5_000;

/** Two rollouts of the same kind: one that filters serve, one that Envoys discover. */
const WAYS = ["filters", "xds"] as const;
type Way = (typeof WAYS)[number];

const ENVOYS_FILE = `apiVersion: understudy.dev/v1alpha1
kind: Envoys
rollouts:
  - { name: bench-xds, versions: [{ name: v2, cluster: v2 }, { name: v1, cluster: v1 }], before: v1 }
routes:
  - name: front
    virtual_hosts:
      - { name: all, domains: ["*"], routes: [{ match: { prefix: / }, route: { rollout: bench-xds } }] }
`;

/**
 * How long a decision takes until every proxy has its traffic, by 50 streams of filters and by 20 of Envoys, turn about: the larger p99 to 100 ms. It counts
 * from before the request that makes the sidecar decide, so that the store's commit is in it, to when the last stream was told.
 */
export async function measureDelivery(): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-bench-"));
  const file = join(folder, "envoys.yaml");
  writeFileSync(file, ENVOYS_FILE);
  const sidecar = await startSidecar(["--xds", file]);
  const address = `127.0.0.1:${sidecar.grpcPort}`;
  const client = new RolloutClient(plainConnection(address));
  const proxies: Readonly<Record<Way, readonly ToldProxy[]>> = {
    filters: Array.from({ length: FILTERS }, () => filterStream(address, "bench-filters")),
    xds: Array.from({ length: ENVOYS }, () => envoyStream(address, "front")),
  };
  try {
    const tookMs: Record<Way, number[]> = { filters: [], xds: [] };
    for (let change = 0; change < CHANGES; change += 1) {
      for (const way of WAYS) {
        tookMs[way].push(await changeOnce(client, { way, change, proxies: proxies[way] }));
      }
    }
    return resultOf(tookMs);
  } finally {
    for (const proxy of WAYS.flatMap((way) => proxies[way])) {
      proxy.close();
    }
    client.close();
    await sidecar.stop();
    rmSync(folder, { recursive: true });
  }
}

function resultOf(tookMs: Readonly<Record<Way, readonly number[]>>): Result {
  const p99 = (way: Way) => quantile(tookMs[way], 0.99);
  const figures = WAYS.map((way) => {
    const p50 = quantile(tookMs[way], 0.5);
    return `${way} p50 ${p50.toFixed(1)} ms, p99 ${p99(way).toFixed(1)} ms`;
  });
  return {
    measurement: "delivery",
    ratio: Math.max(...WAYS.map(p99)) / MS_MAX,
    figures: `${figures.join("; ")} (may be ${MS_MAX} ms)`,
    raw: { filters: FILTERS, envoys: ENVOYS, changes: CHANGES, tookMs },
  };
}

/** Starts a rollout, or takes it back, and waits until every proxy was told; returns how long the last of them took, in milliseconds. */
async function changeOnce(
  client: RolloutClient,
  { way, change, proxies }: { way: Way; change: number; proxies: readonly ToldProxy[] },
): Promise<number> {
  const name = `bench-${way}`;
  const beganMs = performance.now();
  const rollout: Rollout =
    change % 2 === 0
      ? await client.apply(planOf(way, change))
      : await client.change("Rollback", { name, reason: "bench" });
  const generation = Number(rollout.traffic?.generation ?? 0);
  while (performance.now() - beganMs < CHANGE_MS_MAX) {
    const told = proxies.map((proxy) => proxy.toldMs(generation));
    if (told.every((atMs) => atMs !== undefined)) {
      return Math.max(...told) - beganMs;
    }
    await delay(LOOK_MS);
  }
  throw new Error(`${way}: a change did not reach every proxy within ${CHANGE_MS_MAX} ms`);
}

/** Another plan at every start, so that it is a new rollout. */
function planOf(way: Way, change: number): string {
  return `apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: bench-${way} }
spec:
  primary: v1
  candidate: v2
  actuator: ${way}
  steps: [canary: { weight: ${((change % 90) + 1).toFixed(0)}%, minimum: { requests: 1000000000 } }]
  guardrails: { errorRate: {} }
`;
}
