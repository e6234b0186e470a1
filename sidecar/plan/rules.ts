import type { Breach } from "./problem.ts";
import { at, durationOf, isMapping, listAt } from "./rawValue.ts";
import { stepBreaches } from "./stepRules.ts";
import { type StepView, stepViews } from "./stepViews.ts";

/**
 * Every breach of the rules between fields. Looks at the value before it is fitted to the schema, so that these are named together
 * with what does not fit; what can't be understood is passed over here.
 */
export function findBreaches(value: unknown): readonly Breach[] {
  const steps = stepViews(value);
  return [
    ...variantBreaches(value),
    ...stepBreaches(value, steps),
    ...guardrailBreaches(value, steps),
    ...latencyBreaches(value),
    ...toleranceBreaches(value),
    ...predictionBreaches(value),
    ...retrainingBreaches(value),
  ];
}

function variantBreaches(value: unknown): readonly Breach[] {
  const primary = at(value, ["spec", "primary"]);
  const same = primary !== undefined && primary === at(value, ["spec", "candidate"]);
  return same ? [{ path: ["spec", "candidate"], allowed: "another version than the primary" }] : [];
}

function guardrailBreaches(value: unknown, steps: readonly StepView[]): readonly Breach[] {
  const path = ["spec", "guardrails"];
  const guardrails = at(value, path);
  if (isMapping(guardrails) && Object.values(guardrails).every(isDryRun)) {
    const allowed =
      Object.keys(guardrails).length === 0
        ? "at least one of errorRate, tests, disagreement, latency, slowdown, excess, score, accuracy and performance"
        : "at least one guardrail without dryRun: true, as nothing would pass";
    return [{ path, allowed }];
  }
  const isWithoutPairs = steps.length > 0 && steps.every(({ shadows }) => shadows === false);
  const onPairs = ["disagreement", "excess", "score"].filter(
    (kind) => at(guardrails, [kind]) !== undefined,
  );
  const withoutPairs = (isWithoutPairs ? onPairs : []).map((kind) => ({
    path: [...path, kind],
    allowed: "a step that copies requests: without one there are no pairs",
  }));
  return [...needBreaches(value), ...withoutPairs, ...unfedBreaches(guardrails, steps)];
}

/** Guardrails that no step of the plan feeds. */
function unfedBreaches(guardrails: unknown, steps: readonly StepView[]): readonly Breach[] {
  const path = ["spec", "guardrails"];
  const has = (kind: StepView["kind"]) => steps.some((step) => step.kind === kind);
  const given = (kinds: readonly string[]) =>
    kinds.filter((kind) => at(guardrails, [kind]) !== undefined);
  const withoutTests = steps.length > 0 && !has("preview") ? given(["tests"]) : [];
  const withoutUsers =
    has("switch") && !has("canary") ? given(["errorRate", "latency", "slowdown"]) : [];
  return [
    ...withoutTests.map((kind) => ({
      path: [...path, kind],
      allowed: "a preview: without one there are no test requests",
    })),
    ...withoutUsers.map((kind) => ({
      path: [...path, kind],
      allowed:
        "a canary step: a switch leaves no users at the primary to compare with (the breaker still looks at them)",
    })),
  ];
}

/** What a guardrail needs elsewhere in the spec. */
const NEEDS = [
  {
    guardrail: "score",
    needs: [["compare", "prediction", "score"]],
    allowed: "a score together with spec.compare.prediction.score, which says where it is",
  },
  ...["accuracy", "performance"].map((guardrail) => ({
    guardrail,
    needs: [["labels"], ["compare", "prediction"]],
    allowed: `${guardrail} together with spec.labels and spec.compare.prediction`,
  })),
];

function needBreaches(value: unknown): readonly Breach[] {
  const path = ["spec", "guardrails"];
  const unmet = NEEDS.filter(
    ({ guardrail, needs }) =>
      at(value, [...path, guardrail]) !== undefined &&
      needs.some((need) => at(value, ["spec", ...need]) === undefined),
  ).map(({ guardrail, allowed }) => ({ path: [...path, guardrail], allowed }));
  const isOfNothing =
    at(value, [...path, "disagreement", "of"]) === "prediction" &&
    at(value, ["spec", "compare", "prediction"]) === undefined;
  const allowed = "answer, or prediction together with spec.compare.prediction";
  return isOfNothing ? [...unmet, { path: [...path, "disagreement", "of"], allowed }] : unmet;
}

function isDryRun(guardrail: unknown): boolean {
  return at(guardrail, ["dryRun"]) === true;
}

const REQUEST_TIMEOUT_DEFAULT = "15s";

function latencyBreaches(value: unknown): readonly Breach[] {
  const path = ["spec", "guardrails", "latency", "slowerThan"];
  const slower = durationOf(at(value, path));
  const written = at(value, ["spec", "requestTimeout"]) ?? REQUEST_TIMEOUT_DEFAULT;
  const timeout = durationOf(written);
  return slower !== undefined && timeout !== undefined && slower >= timeout
    ? [{ path, allowed: `less than spec.requestTimeout, ${String(written)}` }]
    : [];
}

function toleranceBreaches(value: unknown): readonly Breach[] {
  const path = ["spec", "compare", "tolerances"];
  return listAt(value, path).flatMap((tolerance, index) => {
    const widths = [at(tolerance, ["absolute"]) ?? 0, at(tolerance, ["relative"]) ?? 0];
    return isMapping(tolerance) && widths.every((width) => width === 0)
      ? [{ path: [...path, index], allowed: "absolute, relative or both, above 0" }]
      : [];
  });
}

function predictionBreaches(value: unknown): readonly Breach[] {
  const path = ["spec", "compare", "prediction"];
  const prediction = at(value, path);
  const ways = ["label", "top1"].filter((key) => at(prediction, [key]) !== undefined);
  return isMapping(prediction) && ways.length !== 1
    ? [{ path, allowed: "one of label and top1" }]
    : [];
}

function retrainingBreaches(value: unknown): readonly Breach[] {
  const path = ["spec", "retraining"];
  const isWatched = ["labels", "drift"].some((key) => at(value, ["spec", key]) !== undefined);
  return at(value, path) === undefined || isWatched
    ? []
    : [{ path, allowed: "labels or drift beside it: without either nothing is watched" }];
}
