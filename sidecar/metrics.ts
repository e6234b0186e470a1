import { collectDefaultMetrics, Registry } from "prom-client";
import { type AlertMetrics, alertMetrics } from "./metrics/alerts.ts";
import { type EnvoyMetrics, envoyMetrics } from "./metrics/envoys.ts";
import { type IntakeMetrics, intakeMetrics } from "./metrics/intake.ts";
import { type LabelMetrics, labelMetrics } from "./metrics/labels.ts";
import { type LoopMetrics, loopMetrics } from "./metrics/loop.ts";
import { type ModelMetrics, modelMetrics } from "./metrics/models.ts";
import { type OutlookMetrics, outlookMetrics } from "./metrics/outlook.ts";
import { type RetrainingMetrics, retrainingMetrics } from "./metrics/retraining.ts";
import { type RolloutMetrics, rolloutMetrics } from "./metrics/rollout.ts";
import { type ServerMetrics, serverMetrics } from "./metrics/server.ts";
import { type WatchMetrics, watchMetrics } from "./metrics/watch.ts";

/** Every metric of the sidecar. Labels come from closed sets. */
export type Metrics = { readonly registry: Registry } & RolloutMetrics &
  WatchMetrics &
  IntakeMetrics &
  LabelMetrics &
  ServerMetrics &
  EnvoyMetrics &
  LoopMetrics &
  OutlookMetrics &
  AlertMetrics &
  ModelMetrics &
  RetrainingMetrics;

/** Makes the metrics on a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    ...rolloutMetrics(registry),
    ...watchMetrics(registry),
    ...intakeMetrics(registry),
    ...labelMetrics(registry),
    ...serverMetrics(registry),
    ...envoyMetrics(registry),
    ...loopMetrics(registry),
    ...outlookMetrics(registry),
    ...alertMetrics(registry),
    ...modelMetrics(registry),
    ...retrainingMetrics(registry),
  };
}
