import type { Evidence } from "../evidence/evidence.ts";
import type { Command } from "./command.ts";
import type { Cause } from "./event.ts";
import type { Now } from "./hold.ts";
import type { RolloutState } from "./state.ts";

/** What every decision says of itself. */
export type Why = {
  readonly atMs: number;
  readonly reason: string;
  readonly cause: Cause;
  readonly evidence: Evidence;
};

/** By the verdict, for its first reason. */
export function byEvidence({ nowMs, evidence, verdict }: Now): Why {
  const reason = verdict.reasons[0] ?? `every guardrail says ${verdict.judgement}`;
  return { atMs: nowMs, reason, cause: { kind: "evidence", verdict }, evidence };
}

/** By what somebody asked for, in their own words. */
export function byCommand(command: Command, { nowMs, evidence }: Now): Why {
  const { by, key } = command;
  const asked = `asked by ${by}`;
  const reason = command.reason === "" ? asked : `${command.reason} (${asked})`;
  const cause = { kind: "command", by, ...(key !== undefined && { key }) } as const;
  return { atMs: nowMs, reason, cause, evidence };
}

/** By what a gate answered. */
export function byGate(gate: string, reason: string, { nowMs, evidence }: Now): Why {
  return { atMs: nowMs, reason, cause: { kind: "gate", gate }, evidence };
}

/** By what the plan says of time. */
export function byPlan(reason: string, { nowMs, evidence }: Now): Why {
  return { atMs: nowMs, reason, cause: { kind: "plan" }, evidence };
}

/** A generation above that of the state and what is known to be in force. */
export function newTraffic(
  state: Pick<RolloutState, "generation">,
  { generationInForce }: { readonly generationInForce: number },
): { readonly generation: number } {
  return { generation: Math.max(state.generation, generationInForce) + 1 };
}
