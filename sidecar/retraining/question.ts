import type { Concern } from "../core/retraining/concern.ts";
import type { Trigger } from "../core/retraining/dueTrigger.ts";
import type { RetrainingQuestion } from "../ports/hooks.ts";
import type { RolloutView } from "../ports.ts";

/** What a hook is told: what goes on since when, and what that was found by. */
export function questionOf(
  { plan }: Concern,
  { id, anomalies }: Trigger,
  view: Pick<RolloutView, "watched"> | undefined,
): RetrainingQuestion {
  const { name: rollout, primary, candidate, model, drift } = plan;
  const report = view?.watched.drift;
  const names = new Set(anomalies.map(({ name }) => name));
  const features = (drift?.reference.features ?? [])
    .map(({ name }) => name)
    .filter((name) => names.has(`drift ${name}`));
  return {
    id,
    rollout,
    primary,
    candidate,
    ...(model !== undefined && { model }),
    anomalies: anomalies.map(({ name, kind, sinceMs, reason }) => ({
      name,
      kind,
      sinceMs,
      reason,
    })),
    features,
    ...(drift && { reference: { hash: drift.reference.hash, rows: drift.reference.rows } }),
    ...(report && {
      window: { fromMs: report.fromMs, toMs: report.toMs, rows: report.rows },
    }),
  };
}
