import type { Batch } from "../../sidecar/core/evidence/batch.ts";
import { addBlock } from "../../sidecar/core/evidence/block.ts";
import { type Evidence, emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import type { RateBatch } from "../../sidecar/core/evidence/rate.ts";
import type { Answer, Observation } from "../../sidecar/core/observation.ts";
import type { Guardrail, Plan } from "../../sidecar/core/plan/plan.ts";
import type { Step } from "../../sidecar/core/plan/step.ts";

/** Guardrails of a usual plan. */
export const errorRate: Guardrail & { kind: "errorRate" } = {
  kind: "errorRate",
  name: "errorRate",
  margin: 1.5,
  tolerance: 0.01,
  unit: "request",
  frequency: "rare",
  weight: 1,
  dryRun: false,
};
export const latency: Guardrail & { kind: "latency" } = {
  kind: "latency",
  name: "latency",
  slowerThanMs: 250,
  margin: 1.5,
  tolerance: 0.02,
  unit: "request",
  frequency: "rare",
  weight: 1,
  dryRun: false,
};
export const disagreement: Guardrail & { kind: "disagreement" } = {
  kind: "disagreement",
  name: "disagreement",
  of: "answer",
  tolerance: 0.15,
  weight: 1,
  dryRun: false,
};

const minimum = { pairs: 0, requests: 0, timeMs: 0 };

/** Steps that copy every request, and one that sends a tenth of the users to the candidate too. */
export const shadowStep: Step = { kind: "shadow", shadowBp: 10_000, minimum };
export const canaryStep: Step = { kind: "canary", candidateBp: 1_000, shadowBp: 10_000, minimum };

/** A plan with these guardrails, alpha 0.05 each way unless said otherwise. */
export function planWith(
  guardrails: readonly Guardrail[],
  alpha: Plan["alpha"] = { rollback: 0.05, promotion: 0.05 },
): Plan {
  return {
    name: "test",
    primary: "v1",
    candidate: "v2",
    requestTimeoutMs: 3_000,
    steps: [shadowStep, canaryStep],
    guardrails,
    alpha,
    breaker: undefined,
    maximum: undefined,
    compare: {
      format: "auto",
      prediction: undefined,
      ignore: [],
      tolerances: [],
      unordered: [],
      similar: [],
      samples: { perPath: 3, show: [], redact: [] },
    },
  };
}

/** A batch for `errorRate`, `latency` and `disagreement`, of which any may be left out; of generation 1 unless said otherwise. */
export function batchOf(seen: {
  readonly generation?: number;
  readonly errors?: RateBatch;
  readonly slow?: RateBatch;
  readonly pairs?: { readonly n: number; readonly k: number };
}): Batch {
  const none: RateBatch = { primary: { n: 0, k: 0 }, candidate: { n: 0, k: 0 } };
  const exposures = seen.errors ?? seen.slow ?? none;
  return {
    generation: seen.generation ?? 1,
    requests: { primary: exposures.primary.n, candidate: exposures.candidate.n },
    pairs: seen.pairs?.n ?? 0,
    rates: { errorRate: seen.errors ?? none, latency: seen.slow ?? none },
    disagreements: { disagreement: seen.pairs ?? { n: 0, k: 0 } },
    latencies: {},
    scores: {},
    excesses: {},
    assigned: [],
    lives: 0,
  };
}

/** The evidence of batches that are a block each. */
export function evidenceOf(plan: Plan, batches: readonly Batch[]): Evidence {
  return batches.reduce((sum, batch) => addBlock(plan, sum, [batch]), emptyEvidence(plan));
}

/** A good answer, but for what is given. */
export function answerWith(part: Partial<Answer> = {}): Answer {
  return {
    status: 200,
    failure: "none",
    contentType: "application/json",
    contentEncoding: "",
    latencyMs: 10,
    body: new Uint8Array(),
    bodyBytes: 0,
    truncated: false,
    ...part,
  };
}

/** A request answered well by the primary and not shadowed, but for what is given. */
export function observationWith(part: Partial<Observation> = {}): Observation {
  return {
    rollout: "test",
    requestId: "",
    subject: 0x91a2b3c,
    startMs: 0,
    path: "/",
    generation: 1,
    served: "primary",
    overridden: false,
    answer: answerWith(),
    shadow: undefined,
    ...part,
  };
}
