import type { Comparison } from "../compare/comparison.ts";
import type { Answer, Observation } from "../observation.ts";
import type { Guardrail } from "../plan/plan.ts";

/** Why an observation, or the pair in it, may be no evidence. */
export const EXCLUSIONS = [
  // Began in a window that is closed, or before the book was opened.
  "late",
  // Began too far in the future by the sidecar's clock.
  "future",
  // A trusted override or a test route chose the variant, so it is not the users' traffic: neither a served request nor a pair.
  "overridden",
  // A request of the same id was counted in a window that is still open: a retry, or a hedged request.
  "repeated",
  // One of the two answers of a pair did not come from its variant (timeout, unreachable, reset): no pair.
  "unanswered",
  // Both variants failed: such a pair says nothing of whether they agree.
  "bothFailed",
  // The pair could not be decided for a guardrail: cut off before any difference, or without a prediction.
  "undecided",
] as const;
/** Why an observation, or the pair in it, is no evidence. Counted for people; none of them is lost without a trace. */
export type Exclusion = (typeof EXCLUSIONS)[number];

/** No observation left out. */
export function nothingExcluded(): Record<Exclusion, number> {
  return {
    ...{ late: 0, future: 0, overridden: 0, repeated: 0, unanswered: 0 },
    ...{ bothFailed: 0, undecided: 0 },
  };
}

/**
 * Whether a request failed for its user: no complete answer came, or its status is 500 or more, or that of its call in gRPC is such that
 * HTTP would say so. Below 500 the variant has answered; 4xx is what the client asked for (a worse 4xx rate shows in pairs).
 * A user who went away by himself is no failure: he shows in the latency.
 */
export function failed(answer: Answer): boolean {
  return answered(answer)
    ? answer.status >= 500 || callFailed(answer.grpcStatus)
    : answer.failure !== "abandoned";
}

const GRPC_STATUS_MAX = 16;
/** UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS: 5xx by the mapping in google/rpc/code.proto. */
const FAILURES: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15]);

/** Clients take a status that they don't know for UNKNOWN. */
function callFailed(grpcStatus: number | undefined): boolean {
  return grpcStatus !== undefined && (FAILURES.has(grpcStatus) || grpcStatus > GRPC_STATUS_MAX);
}

/** Whether a request took longer than `slowerThanMs`. */
export function slow(answer: Answer, slowerThanMs: number): boolean {
  return waitedMs(answer) > slowerThanMs;
}

/**
 * How long the user waited: for a complete answer, of whatever status, or until he went away; infinite when none came. Users are as
 * patient with one variant as with the other, so the shorter of latency and patience is distributed alike where the latencies are, and
 * a variant that hangs shows even if nobody waits for its deadline.
 */
export function waitedMs(answer: Answer): number {
  return answered(answer) || answer.failure === "abandoned"
    ? answer.latencyMs
    : Number.POSITIVE_INFINITY;
}

/** Whether the variant itself gave a complete answer. */
export function answered(answer: Answer): boolean {
  return answer.failure === "none" && answer.status !== 0;
}

/** Whether the pair in an observation is evidence, and if not, why; "none" when there is no pair. */
export function pairIn(observation: Observation): "pair" | "none" | "unanswered" | "bothFailed" {
  const { answer, shadow } = observation;
  if (shadow === undefined) {
    return "none";
  }
  if (!answered(answer) || !answered(shadow)) {
    return "unanswered";
  }
  return failed(answer) && failed(shadow) ? "bothFailed" : "pair";
}

/**
 * Whether a pair disagrees for a guardrail; undefined when that can't be told.
 * A pair in which just one variant failed always disagrees. One that was cut off disagrees when what is known differs, and is undecided
 * otherwise: this may overstate disagreement, and never hides it.
 */
export function disagrees(
  guardrail: Extract<Guardrail, { kind: "disagreement" }>,
  pair: { readonly oneFailed: boolean; readonly comparison: Comparison | undefined },
): boolean | undefined {
  if (pair.oneFailed) {
    return true;
  }
  if (guardrail.of === "prediction") {
    return pair.comparison?.prediction?.flipped;
  }
  if (pair.comparison === undefined) {
    return undefined;
  }
  const { equal, method } = pair.comparison;
  return equal && method === "truncated" ? undefined : !equal;
}
