import { parseDuration } from "../core/plan/duration.ts";
import { parsePercentage } from "../core/plan/percentage.ts";
import type { FieldPath } from "./problem.ts";

/** A rule between fields that a plan breaks. */
export type Breach = { readonly path: FieldPath; readonly allowed: string };

/**
 * Every breach of the rules between fields. Looks at the value before it is fitted to the schema, so that these are named together
 * with what does not fit; what can't be understood is passed over here.
 */
export function findBreaches(value: unknown): readonly Breach[] {
  const steps = stepsOf(value);
  return [
    ...variantBreaches(value),
    ...steps.flatMap(kindBreaches),
    ...steps.flatMap(pairBreaches),
    ...orderBreaches(steps),
    ...weightBreaches(steps),
    ...guardrailBreaches(value, steps),
    ...latencyBreaches(value),
    ...toleranceBreaches(value),
    ...predictionBreaches(value),
  ];
}

type StepView = {
  readonly path: FieldPath;
  readonly step: unknown;
  /** Whether requests are copied; undefined where that can't be said. */
  readonly shadows: boolean | undefined;
};

function stepsOf(value: unknown): readonly StepView[] {
  let shadowed = false;
  return listAt(value, ["spec", "steps"]).map((step, index) => {
    shadowed ||= at(step, ["shadow"]) !== undefined;
    const percent = at(step, ["canary", "shadowPercent"]);
    const shadows = percent === undefined ? shadowed : isAboveZero(percent);
    return { path: ["spec", "steps", index], step, shadows };
  });
}

function isAboveZero(percent: unknown): boolean | undefined {
  const share = shareOf(percent);
  return share === undefined ? undefined : share > 0;
}

function variantBreaches(value: unknown): readonly Breach[] {
  const primary = at(value, ["spec", "primary"]);
  const same = primary !== undefined && primary === at(value, ["spec", "candidate"]);
  return same ? [{ path: ["spec", "candidate"], allowed: "another version than the primary" }] : [];
}

function kindBreaches({ step, path }: StepView): readonly Breach[] {
  if (!isMapping(step)) {
    return [];
  }
  const both = Object.hasOwn(step, "shadow") && Object.hasOwn(step, "canary");
  return both || Object.keys(step).length === 0
    ? [{ path, allowed: "one of shadow and canary" }]
    : [];
}

function pairBreaches({ step, path, shadows }: StepView): readonly Breach[] {
  const pairs = at(step, ["canary", "minimum", "pairs"]);
  return shadows === false && typeof pairs === "number" && pairs > 0
    ? [
        {
          path: [...path, "canary", "minimum", "pairs"],
          allowed: "0, or a shadowPercent above 0%: without copies there are no pairs",
        },
      ]
    : [];
}

function orderBreaches(steps: readonly StepView[]): readonly Breach[] {
  const firstCanary = steps.findIndex(({ step }) => at(step, ["canary"]) !== undefined);
  return firstCanary === -1
    ? []
    : steps
        .slice(firstCanary + 1)
        .filter(({ step }) => at(step, ["shadow"]) !== undefined)
        .map(({ path }) => ({
          path: [...path, "shadow"],
          allowed: "shadow steps before the first canary step (a canary has shadowPercent)",
        }));
}

function weightBreaches(steps: readonly StepView[]): readonly Breach[] {
  const breaches: Breach[] = [];
  let before = { share: 0, text: "" };
  for (const { step, path } of steps) {
    const text = at(step, ["canary", "weight"]);
    const share = shareOf(text);
    if (share !== undefined && before.share > 0 && share <= before.share) {
      breaches.push({
        path: [...path, "canary", "weight"],
        allowed: `more than ${before.text}, the weight before`,
      });
    } else if (share !== undefined) {
      before = { share, text: String(text) };
    }
  }
  return breaches;
}

function guardrailBreaches(value: unknown, steps: readonly StepView[]): readonly Breach[] {
  const path = ["spec", "guardrails"];
  const guardrails = at(value, path);
  if (isMapping(guardrails) && Object.values(guardrails).every(isDryRun)) {
    const allowed =
      Object.keys(guardrails).length === 0
        ? "at least one of errorRate, disagreement, latency, slowdown, excess, score, accuracy and performance"
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
  return [...needBreaches(value), ...withoutPairs];
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

function shareOf(value: unknown): number | undefined {
  return typeof value === "string" ? parsePercentage(value) : undefined;
}

function durationOf(value: unknown): number | undefined {
  return typeof value === "string" ? parseDuration(value) : undefined;
}

function listAt(value: unknown, path: readonly string[]): readonly unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    found = isMapping(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
