import type { Plan } from "../plan/plan.ts";
import type { AnomalyKind, Retraining } from "../plan/retraining.ts";
import type { RolloutEvent } from "../rollout/event.ts";

/** An anomaly that goes on and that a rollout's plan has somebody told of. */
export type Raised = {
  /** Of its event in the log. */
  readonly sequence: number;
  readonly id: string;
  readonly name: string;
  readonly kind: AnomalyKind;
  /** Unix time. */
  readonly sinceMs: number;
  readonly reason: string;
};

/** What retraining a rollout's version depends on. */
export type Concern = {
  readonly plan: Plan;
  readonly rules: Retraining;
  /** The promotion: its number in the log, and when it was, Unix time; undefined before it. */
  readonly promoted: { readonly sequence: number; readonly atMs: number } | undefined;
  /** The oldest first; no more than the anomalies of a state. */
  readonly raised: readonly Raised[];
};

/** By rollout: the fold of the log. */
export type Concerns = Map<string, Concern>;

/** Adds the next event of the log. A rollout that is taken back, deleted or whose plan asks for no retraining concerns nobody. */
export function noteEvent(
  concerns: Concerns,
  entry: {
    readonly sequence: number;
    readonly id: string;
    readonly rollout: string;
    readonly event: RolloutEvent;
  },
): void {
  const { rollout, event } = entry;
  const concern = concerns.get(rollout);
  if (event.kind === "started") {
    const { plan } = event;
    const { retraining: rules } = plan;
    concerns.delete(rollout);
    if (rules !== undefined) {
      concerns.set(rollout, { plan, rules, promoted: undefined, raised: [] });
    }
  } else if (event.kind === "rolled-back" || event.kind === "deleted") {
    concerns.delete(rollout);
  } else if (concern !== undefined) {
    concerns.set(rollout, after(concern, { ...entry, event }));
  }
}

function after(
  concern: Concern,
  {
    sequence,
    id,
    event,
  }: { readonly sequence: number; readonly id: string; readonly event: RolloutEvent },
): Concern {
  const { plan, raised, rules } = concern;
  if (event.kind === "promoted") {
    return { ...concern, promoted: { sequence, atMs: event.atMs } };
  }
  if (event.kind === "anomaly-resolved") {
    return { ...concern, raised: raised.filter(({ name }) => name !== event.anomaly) };
  }
  if (event.kind !== "anomaly-raised") {
    return concern;
  }
  const { anomaly: name, atMs: sinceMs, reason } = event;
  const kind = kindOf(name, plan);
  return kind === undefined || !rules.on.includes(kind)
    ? concern
    : { ...concern, raised: [...raised, { sequence, id, name, kind, sinceMs, reason }] };
}

/** What an anomaly is about, by its name; undefined for one of the primary, which serves nobody after the promotion. */
export function kindOf(name: string, plan: Pick<Plan, "primary">): AnomalyKind | undefined {
  if (name.startsWith("drift ") || name.startsWith("change of ")) {
    return "drift";
  }
  if (name.endsWith(` of ${plan.primary}`)) {
    return undefined;
  }
  return name.startsWith("coverage of ") ? "coverage" : "performance";
}
