import type { TestContext } from "node:test";
import { type Client, clientOf } from "./client.ts";
import { filterConfig, ROLLOUT } from "./filterConfig.ts";
import { type Mesh, STREAMS, startMesh } from "./mesh.ts";
import {
  type Script,
  type ScriptedSidecar,
  type ScriptedTraffic,
  startScriptedSidecar,
} from "./scriptedSidecar.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

/** Everything between a user and an answer: two upstreams, an Envoy with the filter, and a scripted sidecar. */
export type Stage = {
  readonly v1: Upstream;
  readonly v2: Upstream;
  readonly sidecar: ScriptedSidecar;
  readonly mesh: Mesh;
  readonly users: Client;
};

/** What a stage is to be; what is left out is a rollout of v2 that shadows everything. */
export type StageParts = {
  readonly configuration?: unknown;
  readonly traffic?: Partial<ScriptedTraffic>;
  readonly script?: Omit<Script, "traffic">;
};

/** Traffic of the rollout of tests, of generation 1 unless said otherwise; by default only shadows, of every request. */
export function traffic(fields: Partial<ScriptedTraffic> = {}): ScriptedTraffic {
  return { rollout: ROLLOUT, generation: 1, candidateBp: 0, shadowBp: 10_000, ...fields };
}

/** Sets everything up and waits until the traffic is in force in every worker. */
export async function setStage(context: TestContext, parts: StageParts = {}): Promise<Stage> {
  const wanted = traffic(parts.traffic);
  const sidecar = await startScriptedSidecar(context, { ...parts.script, traffic: [wanted] });
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  const mesh = await startMesh(context, {
    ports: { v1: v1.port, v2: v2.port, sidecar: sidecar.port },
    configuration: parts.configuration ?? filterConfig(),
  });
  await sidecar.inForce(wanted, STREAMS);
  return { v1, v2, sidecar, mesh, users: clientOf(context, mesh.port) };
}
