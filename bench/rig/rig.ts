import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type RunningEnvoy, startEnvoy } from "../../sidecar/envoy/start.ts";
import { readStats } from "../../sidecar/envoy/stats.ts";
import { makeRequests, PATH, type Requests } from "../load/requests.ts";
import { type Pinning, pinToFront } from "./cores.ts";
import { type FrontKind, frontBootstrap, type Upstream, upstreamBootstrap } from "./envoyConfig.ts";
import { type BenchRollout, benchPlan, pluginConfiguration } from "./filterConfig.ts";
import { type Sidecar, startSidecar } from "./sidecar.ts";

const WASM_FILE: string = fileURLToPath(new URL("../../build/filter.wasm", import.meta.url));
const IN_FORCE_MS_MAX = 20_000;

/** What both versions answer: an answer of the Open Inference Protocol v2, about 120 bytes. */
const ANSWER = JSON.stringify({
  model_name: "patient-risk",
  outputs: [{ name: "label", datatype: "INT64", shape: [1], data: [1] }],
});

/** The measured Envoy of one kind. */
export type Front = { readonly pid: number; readonly port: number; readonly adminPort: number };

/** The processes of a run: an upstream for all, a sidecar, and front Envoys of each kind as they are asked for. */
export type Rig = {
  readonly requests: Requests;
  readonly sidecar: Sidecar;
  /** The front Envoy of a kind, started when first asked for, with its traffic in force. */
  front(kind: FrontKind): Promise<Front>;
  /** Requests that the upstream has got so far as each version. */
  upstreamCounts(): Promise<{ primary: number; candidate: number }>;
  /** Ends every process. */
  close(): Promise<void>;
};

/** Starts upstream and sidecar. Rejects when one does not start, and leaves nothing running then. */
export async function startRig(path: string, pinning: Pinning, answering: Upstream): Promise<Rig> {
  const stops: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of stops.splice(0).reverse()) {
      await stop();
    }
  };
  const start = async (bootstrap: object): Promise<RunningEnvoy> => {
    const envoy = await startEnvoy({ path, bootstrap, workers: 1 });
    stops.push(() => envoy.stop());
    return envoy;
  };
  try {
    const upstream = await start(upstreamBootstrap(ANSWER, answering));
    const sidecar = await startSidecar();
    stops.push(() => sidecar.stop());
    const parts = { start, pinning, upstream, sidecar };
    const fronts = new Map<FrontKind, Promise<Front>>();
    return {
      requests: makeRequests(),
      sidecar,
      close,
      upstreamCounts: () => countsOf(upstream),
      front: (kind) => {
        const front = fronts.get(kind) ?? startFront(parts, kind);
        fronts.set(kind, front);
        return front;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Parts = {
  readonly start: (bootstrap: object) => Promise<RunningEnvoy>;
  readonly pinning: Pinning;
  readonly upstream: RunningEnvoy;
  readonly sidecar: Sidecar;
};

async function startFront(parts: Parts, kind: FrontKind): Promise<Front> {
  const backends = {
    primary: portOf(parts.upstream, "v1"),
    candidate: portOf(parts.upstream, "v2"),
  };
  if (kind === "native-split" || kind === "native-shadow") {
    return await startPinned(parts, frontBootstrap(kind, backends));
  }
  const rollout: BenchRollout = kind === "filter-split" ? "bench-split" : "bench-shadow";
  await parts.sidecar.apply(benchPlan(rollout));
  const plugin = { wasmFile: WASM_FILE, configuration: pluginConfiguration(rollout) };
  const withSidecar = { ...backends, sidecar: parts.sidecar.grpcPort };
  const front = await startPinned(parts, frontBootstrap(kind, withSidecar, plugin));
  await inForce(front, parts.upstream);
  return front;
}

async function startPinned(parts: Parts, bootstrap: object): Promise<Front> {
  const envoy = await parts.start(bootstrap);
  pinToFront(envoy.pid, parts.pinning);
  return { pid: envoy.pid, port: portOf(envoy, "front"), adminPort: envoy.adminPort };
}

function portOf(envoy: RunningEnvoy, listener: string): number {
  const port = envoy.ports.get(listener);
  assert(port !== undefined, `Envoy has no listener "${listener}"`);
  return port;
}

/** Sends a few requests at a time until the candidate gets its part of them: then the sidecar's traffic is in force. */
async function inForce(front: Front, upstream: RunningEnvoy): Promise<void> {
  const deadline = performance.now() + IN_FORCE_MS_MAX;
  const before = await countsOf(upstream);
  while ((await countsOf(upstream)).candidate === before.candidate) {
    if (performance.now() > deadline) {
      throw new Error(
        `the plan's traffic was not in force after ${IN_FORCE_MS_MAX} ms: no request reached the candidate`,
      );
    }
    for (let patient = 0; patient < 8; patient++) {
      const response = await fetch(`http://127.0.0.1:${front.port}${PATH}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-patient-id": `patient-${patient}` },
        body: "{}",
      });
      await response.text();
    }
    await sleep(100);
  }
}

async function countsOf(upstream: RunningEnvoy): Promise<{ primary: number; candidate: number }> {
  const stats = await readStats(upstream.adminPort, "downstream_rq_completed");
  const count = (version: string): number =>
    stats.get(`http.${version}.downstream_rq_completed`) ?? 0;
  return { primary: count("v1"), candidate: count("v2") };
}
