import assert from "node:assert/strict";
import { understudy } from "#proto";
import { MemoryActuator } from "../../sidecar/actuators/memory.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { LIMITS } from "../../sidecar/limits.ts";
import { DRIFT_ROWS_PER_SECOND_MAX, examinersCounting } from "../../sidecar/loop/examiner.ts";
import { Loop } from "../../sidecar/loop.ts";
import { createMetrics } from "../../sidecar/metrics.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { decodeFilterMessage } from "../../sidecar/server/observeCodec.ts";
import { createMemoryStore } from "../../sidecar/stores/memory.ts";
import { PREDICTION_BOUNDS } from "../../sidecar/stores/predictionBounds.ts";
import { createMemoryPredictions } from "../../sidecar/stores/predictionsMemory.ts";
import { benchPlan } from "../rig/filterConfig.ts";
import type { WireBatch } from "./wire.ts";

const ROLLOUT = "bench-shadow";

/** Takes batches as they came from the wire; resolves to the number of pairs in them. */
export type Way = (batches: readonly WireBatch[]) => Promise<number>;

/** The least that anybody can do who wants to look at both answers: decode the message, parse both bodies. */
export const floorWay: Way = async (batches) => {
  let pairs = 0;
  for (const { bytes } of batches) {
    const { batch } = understudy.v1.FilterMessage.decode(bytes);
    for (const { answer, shadow } of batch?.observations ?? []) {
      parseBody(answer?.body);
      parseBody(shadow?.body);
      pairs += 1;
    }
  }
  return pairs;
};

/**
 * What the sidecar does: its codec, then its loop, which compares, counts, closes windows, judges by all guardrails, decides, saves
 * and publishes. A turn of the loop after every batch, which is its own cadence at this rate. `startMs` is the time before the first batch;
 * the plan is the bench's unless another one of its name is given, and `rowsPerSecondMax` the sidecar's own.
 */
export function sidecarWay(
  startMs: number,
  plan: Plan = plainPlan(),
  rowsPerSecondMax: number = DRIFT_ROWS_PER_SECOND_MAX,
): Way {
  return async (batches) => {
    let nowMs = startMs;
    const clock = { wallMs: () => nowMs, steadyMs: () => nowMs };
    const loop = await startedLoop(clock, { plan, rowsPerSecondMax });
    let pairs = 0;
    for (const batch of batches) {
      ({ nowMs } = batch);
      const message = decodeFilterMessage(batch.bytes);
      assert(message.kind === "batch");
      const { observations } = message.batch.observations([ROLLOUT]);
      loop.offer({ observations, bytes: message.bytes, counted: () => {} });
      loop.drain(Number.POSITIVE_INFINITY);
      await loop.turn();
      pairs += observations.length;
    }
    const counted = loop.get(ROLLOUT)?.evidence.pairs ?? 0;
    assert(counted > pairs / 2, `the loop counted ${counted} of ${pairs} pairs`);
    return pairs;
  };
}

async function startedLoop(
  clock: { wallMs: () => number; steadyMs: () => number },
  { plan, rowsPerSecondMax }: { readonly plan: Plan; readonly rowsPerSecondMax: number },
): Promise<Loop> {
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const metrics = createMetrics();
  const loop = new Loop({
    clock,
    log: silent,
    random: () => 0.5,
    metrics,
    limits: LIMITS,
    store: createMemoryStore(),
    actuator: new MemoryActuator(),
    predictions: createMemoryPredictions(PREDICTION_BOUNDS),
    makeExaminer: examinersCounting({
      metrics,
      random: Math.random,
      steadyMs: clock.steadyMs,
      rowsPerSecondMax,
    }),
  });
  await loop.open();
  const started = loop.start(plan, "bench");
  await loop.settled();
  setImmediate(() => loop.turn());
  await started;
  return loop;
}

function plainPlan(): Plan {
  const parsed = parsePlan(benchPlan(ROLLOUT));
  assert("plan" in parsed, "the bench's plan is not valid");
  return parsed.plan;
}

function parseBody(body: Uint8Array | null | undefined): unknown {
  return JSON.parse(body instanceof Buffer ? body.toString() : "null");
}
