import { setTimeout as delay } from "node:timers/promises";
import { chooseVirtualService, VIRTUAL_SERVICES } from "../../sidecar/actuators/istio.ts";
import { KubeRoutesActuator } from "../../sidecar/actuators/kubeRoutes.ts";
import { MemoryActuator } from "../../sidecar/actuators/memory.ts";
import type { Target } from "../../sidecar/core/target.ts";
import { run } from "../../sidecar/envoy/run.ts";
import { type Cluster, openCluster } from "../../sidecar/kube/cluster.ts";
import { type Mesh, NAMESPACE, startMesh } from "../istio/mesh.ts";
import type { Result } from "../report.ts";
import { median, quantile } from "../stats.ts";

const CHANGES = 30;
/** Changes before those that count: first connections, and what claims the route. */
const WARM_UP = 3;
const LOOK_MS = 1;
const CHANGE_MS_MAX = 20_000;

/** Who changes weights, each of a VirtualService of its own of this name. */
const WAYS = ["actuator", "curl"] as const;
type Way = (typeof WAYS)[number];

/** Gives the candidate so many percent; resolves when the API server has taken it. */
type Write = (percent: number) => Promise<void>;

/** Until the API server has taken a change, and until the gateway's Envoy has it. */
type Took = { readonly writtenMs: number; readonly servedMs: number };

const TARGET: Target = {
  rollout: "bench",
  primary: "v1",
  candidate: "v2",
  requestTimeoutMs: 1_000,
  actuator: {
    kind: "istio",
    virtualService: { namespace: NAMESPACE, name: "actuator" },
    subset: "{version}",
    split: "weights",
    route: "main",
  },
};

/**
 * How long a weight takes from the actuator's write to the gateway's Envoy, to the same change by curl's bare JSON patch, its start as a process included: a
 * ratio of medians. Turn about, on a real etcd, kube-apiserver and istiod; which of both is first alternates too.
 */
export async function measureIstio(): Promise<Result> {
  const mesh = await startMesh(WAYS);
  try {
    const cluster = await openCluster(mesh.kubeconfig);
    return resultOf(await changesOf(mesh, actuatorOf(cluster)));
  } finally {
    await mesh.stop();
  }
}

/** The changes that count, by each way; the actuator has ended then. */
async function changesOf(
  mesh: Mesh,
  actuator: KubeRoutesActuator,
): Promise<Readonly<Record<Way, readonly Took[]>>> {
  try {
    const writes: Readonly<Record<Way, Write>> = {
      actuator: writeOf(actuator),
      curl: (percent) => patchByCurl(mesh, percent),
    };
    const took: Record<Way, Took[]> = { actuator: [], curl: [] };
    for (let change = 0; change < WARM_UP + CHANGES; change += 1) {
      for (const way of change % 2 === 0 ? WAYS : WAYS.toReversed()) {
        took[way].push(await changeOnce(mesh, { way, write: writes[way], percent: change + 10 }));
      }
    }
    return { actuator: took.actuator.slice(WARM_UP), curl: took.curl.slice(WARM_UP) };
  } finally {
    await actuator.stop();
  }
}

function resultOf(took: Readonly<Record<Way, readonly Took[]>>): Result {
  const served = (way: Way) => took[way].map(({ servedMs }) => servedMs);
  const figures = WAYS.map((way) => {
    const [p50, p90] = [0.5, 0.9].map((q) => quantile(served(way), q).toFixed(0));
    const written = median(took[way].map(({ writtenMs }) => writtenMs));
    return `${way} p50 ${p50} ms, p90 ${p90} ms (the write alone p50 ${written.toFixed(0)} ms)`;
  });
  return {
    measurement: "istio",
    ratio: median(served("actuator")) / median(served("curl")),
    figures: `${figures.join("; ")}; ${CHANGES} changes each`,
    raw: { changes: CHANGES, took },
  };
}

async function changeOnce(
  mesh: Mesh,
  { way, write, percent }: { way: Way; write: Write; percent: number },
): Promise<Took> {
  const beganMs = performance.now();
  const sinceMs = () => performance.now() - beganMs;
  const served = async (): Promise<number> => {
    while ((await mesh.weightAt(way)) !== percent) {
      if (sinceMs() > CHANGE_MS_MAX) {
        throw new Error(`${way}: a weight did not reach the gateway within ${CHANGE_MS_MAX} ms`);
      }
      await delay(LOOK_MS);
    }
    return sinceMs();
  };
  const [writtenMs, servedMs] = await Promise.all([write(percent).then(sinceMs), served()]);
  return { writtenMs, servedMs };
}

function actuatorOf(cluster: Cluster): KubeRoutesActuator {
  return new KubeRoutesActuator({
    kind: VIRTUAL_SERVICES,
    choose: chooseVirtualService,
    cluster,
    filters: new MemoryActuator(),
    random: Math.random,
    steadyMs: () => performance.now(),
    reported: () => undefined,
  });
}

function writeOf(actuator: KubeRoutesActuator): Write {
  const { signal } = new AbortController();
  return (percent) => {
    const traffic = { candidateBp: percent * 100, shadowBp: 0, shadowPrimary: false };
    return actuator.apply(TARGET, { generation: percent, ...traffic }, signal);
  };
}

async function patchByCurl({ server, token }: Mesh, percent: number): Promise<void> {
  const patch = [100 - percent, percent].map((value, index) => ({
    op: "replace",
    path: `/spec/http/0/route/${index}/weight`,
    value,
  }));
  const { exitCode, output } = await run(
    [
      "curl",
      ...["--silent", "--show-error", "--fail", "--insecure", "--request", "PATCH"],
      ...["--header", `authorization: Bearer ${token}`],
      ...["--header", "content-type: application/json-patch+json"],
      ...["--data", JSON.stringify(patch)],
      `${server}${VIRTUAL_SERVICES.path(NAMESPACE)}/curl`,
    ],
    { env: process.env, timeoutMs: CHANGE_MS_MAX },
  );
  if (exitCode !== 0) {
    throw new Error(`curl: ${output}`);
  }
}
