import type { Evidence } from "../evidence/evidence.ts";
import type { Plan } from "../plan/plan.ts";
import type { RolloutEvent } from "./event.ts";
import type { RequestKey } from "./requestKey.ts";
import type { RolloutState } from "./state.ts";

/** What a rollout starts from. */
export type StartInput = {
  readonly nowMs: number;
  /** Who applied the plan. */
  readonly by: string;
  /** Why, in the applier's words; absent, or "", when nothing was said. */
  readonly reason?: string | undefined;
  /** The caller's own name of the request; absent when none was given. */
  readonly key?: RequestKey | undefined;
  /** Nothing seen yet, for this plan. */
  readonly evidence: Evidence;
  /** How the last rollout under this name ended; undefined for the first. */
  readonly previous: RolloutState | undefined;
  /** Greatest generation that proxies report for this name; 0 when none does. */
  readonly generationInForce: number;
};

/**
 * Returns the event that starts a rollout. Its generation is greater than that of every rollout before and of what is in
 * force, since filters refuse to go back.
 */
export function start(plan: Plan, input: StartInput): RolloutEvent {
  const started = `started by ${input.by}`;
  return {
    kind: "started",
    atMs: input.nowMs,
    reason: input.reason ? `${input.reason} (${started})` : started,
    cause: { kind: "command", by: input.by, ...(input.key !== undefined && { key: input.key }) },
    evidence: input.evidence,
    plan,
    generation: Math.max(input.previous?.generation ?? 0, input.generationInForce) + 1,
  };
}
