import { formatDuration } from "../plan/duration.ts";
import type { Plan } from "../plan/plan.ts";
import { isForTime } from "../rollout/hold.ts";
import { isFinal, type RolloutState } from "../rollout/state.ts";
import { type Notice, severityOf } from "./notice.ts";

/** A rollout as it is stored. */
export type Stored = { readonly plan: Plan; readonly state: RolloutState };

/** A rollback rings until a new rollout has that name, at most so long. */
const ROLLED_BACK_MS = 24 * 3_600_000;

/**
 * What of a rollout's log goes on at a time, as it would be told again: a rollback, a pause, a gate that holds, anomalies. Ids are those of a repetition, not
 * of the event.
 */
export function lastingOf({ plan, state }: Stored, nowMs: number): readonly Notice[] {
  const { phase, reason, decidedAtMs, updatedAtMs } = state;
  const lasting: Notice[] = state.anomalies.map((anomaly) =>
    raised(plan, { kind: "anomaly", subject: anomaly.name }, anomaly),
  );
  if (phase === "rolled-back" && nowMs - decidedAtMs < ROLLED_BACK_MS) {
    lasting.push(raised(plan, { kind: "rolled-back" }, { sinceMs: decidedAtMs, reason }));
  }
  if (phase === "paused") {
    lasting.push(raised(plan, { kind: "paused" }, { sinceMs: updatedAtMs, reason }));
  }
  const failed = state.gates?.failed;
  if (failed?.onFailure === "hold" && !isFinal(state)) {
    const why = { sinceMs: updatedAtMs, reason: failed.reason };
    lasting.push(raised(plan, { kind: "gate-failed" }, why));
  }
  return lasting;
}

/** Says that a rollout is beyond its plan's maximum and no decision comes of that, when it is so. */
export function undecidedOf({ plan, state }: Stored, nowMs: number): Notice | undefined {
  const { maximum } = plan;
  const dueMs = state.startedAtMs + (maximum?.timeMs ?? Number.POSITIVE_INFINITY);
  const isDecided = isFinal(state) || state.phase === "rolling-back";
  if (maximum === undefined || isDecided || nowMs < dueMs || isForTime(plan, state, nowMs)) {
    return undefined;
  }
  const reason = `undecided after ${formatDuration(maximum.timeMs)}, and the plan lets it be`;
  return raised(plan, { kind: "undecided" }, { sinceMs: dueMs, reason });
}

/** A notice of something that goes on in a rollout and is in no log; the same beginning gives the same id. */
export function raised(
  { name }: Pick<Plan, "name">,
  what: { readonly kind: Notice["kind"]; readonly subject?: string },
  since: { readonly sinceMs: number; readonly reason: string },
): Notice {
  const { kind, subject = "" } = what;
  return {
    id: idOf(name, kind, since.sinceMs),
    kind,
    severity: severityOf(kind),
    rollout: name,
    subject,
    status: "raised",
    atMs: since.sinceMs,
    reason: since.reason,
  };
}

/** The end of what went on. */
export function resolvedOf(notice: Notice, atMs: number): Notice {
  return { ...notice, id: `${notice.id}-resolved`, status: "resolved", atMs };
}

/** An id for what is in no log. */
export function idOf(whose: string, kind: Notice["kind"], sinceMs: number): string {
  return `${whose}-${kind}-${sinceMs}`;
}
