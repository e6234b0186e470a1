import { thresholdsAt } from "../core/drift/assess.ts";
import { lossAt } from "../core/evidence/loss.ts";
import type { Guardrail, Plan } from "../core/plan/plan.ts";
import type { Step } from "../core/plan/step.ts";
import { ALL_BP } from "../core/traffic.ts";
import type { GuardrailsDocument, PlanDocument, StepDocument } from "./document.ts";

/** The plan that a document stands for, which fits the schema and breaks no rule. */
export function toPlan({ metadata, spec }: PlanDocument): Plan {
  const { prediction, grpc, ...compare } = spec.compare;
  return {
    name: metadata.name,
    primary: spec.primary,
    candidate: spec.candidate,
    requestTimeoutMs: spec.requestTimeout,
    steps: toSteps(spec.steps),
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

function toSteps(documents: readonly StepDocument[]): readonly Step[] {
  let lastShadowBp = 0;
  return documents.flatMap(({ shadow, canary }): readonly Step[] => {
    if (shadow !== undefined) {
      const { pairs, time } = shadow.minimum;
      lastShadowBp = shadow.percent;
      return [
        {
          kind: "shadow",
          shadowBp: shadow.percent,
          minimum: { pairs, requests: 0, timeMs: time },
        },
      ];
    }
    if (canary === undefined) {
      return [];
    }
    const { pairs, requests, time } = canary.minimum;
    return [
      {
        kind: "canary",
        candidateBp: canary.weight,
        shadowBp: canary.shadowPercent ?? lastShadowBp,
        minimum: { pairs, requests, timeMs: time },
      },
    ];
  });
}

function toGuardrails(guardrails: GuardrailsDocument): readonly Guardrail[] {
  const { errorRate, disagreement, latency, slowdown, excess, score, accuracy, performance } =
    guardrails;
  return [
    ...(errorRate ? [{ kind: "errorRate", name: "errorRate", ...errorRate } as const] : []),
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
