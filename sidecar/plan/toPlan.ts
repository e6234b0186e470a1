import { thresholdsAt } from "../core/drift/assess.ts";
import { lossAt } from "../core/evidence/loss.ts";
import type { Guardrail, Plan } from "../core/plan/plan.ts";
import { ALL_BP } from "../core/traffic.ts";
import type { GuardrailsDocument, PlanDocument } from "./document.ts";
import { toSteps } from "./toSteps.ts";

/** The plan that a document stands for, which fits the schema and breaks no rule. */
export function toPlan({ metadata, spec }: PlanDocument): Plan {
  const { prediction, grpc, ...compare } = spec.compare;
  return {
    name: metadata.name,
    primary: spec.primary,
    candidate: spec.candidate,
    ...(spec.model === undefined ? {} : { model: spec.model }),
    requestTimeoutMs: spec.requestTimeout,
    steps: toSteps(spec.steps ?? spec.strategy ?? []),
    guardrails: toGuardrails(spec.guardrails),
    alpha: spec.alpha,
    breaker: spec.breaker === "off" ? undefined : spec.breaker,
    maximum: spec.maximum && { timeMs: spec.maximum.time, outcome: spec.maximum.outcome },
    compare: {
      ...compare,
      prediction: prediction && {
        label: prediction.label,
        top1: prediction.top1,
        score: prediction.score,
      },
      ...(grpc && { grpc: grpc.descriptorSet }),
    },
    ...captureOf(spec),
    ...labelsOf(spec.labels),
    ...driftOf(spec.drift),
    ...actuatorOf(spec.actuator),
    ...passageOf(spec),
  };
}

/** What is not said is left out, so that plans that mean the same are the same. */
function passageOf({
  rollback,
  schedule,
  readiness,
  retraining,
}: PlanDocument["spec"]): Pick<Plan, "rollback" | "schedule" | "readiness" | "retraining"> {
  return {
    ...(rollback && { rollback }),
    ...(schedule && { schedule }),
    ...(readiness && { readiness }),
    ...(retraining && { retraining }),
  };
}

/** Filters need not be said, so that a plan that says them is the same plan. */
function actuatorOf(actuator: PlanDocument["spec"]["actuator"]): Pick<Plan, "actuator"> {
  return actuator.kind === "filters" ? {} : { actuator };
}

function driftOf(drift: PlanDocument["spec"]["drift"]): Pick<Plan, "drift"> {
  if (drift === undefined) {
    return {};
  }
  const { reference, features, window, falseAlarmEvery, threshold, streams } = drift;
  return {
    drift: {
      reference,
      features: reference.features
        .filter(({ role }) => role !== "prediction")
        .map(({ name, path }) => ({
          name,
          path: features[name] ?? path ?? `$[${JSON.stringify(name)}]`,
        })),
      windowRows: window.rows,
      windowMs: window.time,
      falseAlarmEveryMs: falseAlarmEvery,
      thresholds: threshold === "auto" ? threshold : thresholdsAt(threshold),
      streams,
    },
  };
}

/** Labels and drift are for what was captured; without them nothing needs to be. */
function captureOf({ capture, labels, drift }: PlanDocument["spec"]): Pick<Plan, "captureBp"> {
  const captureBp = capture ?? (labels === undefined && drift === undefined ? 0 : ALL_BP);
  return captureBp === 0 ? {} : { captureBp };
}

function labelsOf(labels: PlanDocument["spec"]["labels"]): Pick<Plan, "labels"> {
  if (labels === undefined) {
    return {};
  }
  const { horizon, missing, coverage, positive, within, id, slice } = labels;
  return {
    labels: {
      horizonMs: horizon,
      missing,
      coverage,
      positive: String(positive),
      ...(within === undefined ? {} : { within }),
      ...(id === undefined ? {} : { id }),
      ...(slice === undefined ? {} : { slice }),
    },
  };
}

function toGuardrails(guardrails: GuardrailsDocument): readonly Guardrail[] {
  const {
    errorRate,
    tests,
    disagreement,
    latency,
    slowdown,
    excess,
    score,
    accuracy,
    performance,
  } = guardrails;
  return [
    ...(errorRate ? [{ kind: "errorRate", name: "errorRate", ...errorRate } as const] : []),
    ...(tests ? [{ kind: "tests", name: "tests", ...tests } as const] : []),
    ...(disagreement
      ? [{ kind: "disagreement", name: "disagreement", ...disagreement } as const]
      : []),
    ...(latency ? [latencyOf(latency)] : []),
    ...(slowdown ? [{ kind: "slowdown", name: "slowdown", ...slowdown } as const] : []),
    ...(excess ? [excessOf(excess)] : []),
    ...(score ? [{ kind: "score", name: "score", ...score } as const] : []),
    ...(accuracy ? [{ kind: "accuracy", name: "accuracy", ...accuracy } as const] : []),
    ...(performance ? [performanceOf(performance)] : []),
  ];
}

function latencyOf({ slowerThan, ...rest }: NonNullable<GuardrailsDocument["latency"]>): Guardrail {
  return { kind: "latency", name: "latency", slowerThanMs: slowerThan, ...rest };
}

function excessOf({ percent, ...rest }: NonNullable<GuardrailsDocument["excess"]>): Guardrail {
  return { kind: "excess", name: "excess", noiseBp: percent, ...rest };
}

function performanceOf(performance: NonNullable<GuardrailsDocument["performance"]>): Guardrail {
  const { metric, floor } = performance;
  const tolerance = lossAt(metric, floor);
  return { kind: "performance", name: "performance", ...performance, tolerance };
}
