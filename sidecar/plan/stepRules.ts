import type { Breach } from "./problem.ts";
import { at, isMapping, listAt, shareOf } from "./rawValue.ts";
import { STEPS_MAX } from "./stepSchema.ts";
import { STEP_KINDS, type StepView } from "./stepViews.ts";
import { PRESETS } from "./strategySchema.ts";

/** Every breach of the rules between steps, and between them and what ends or takes back a rollout. */
export function stepBreaches(value: unknown, steps: readonly StepView[]): readonly Breach[] {
  return [
    ...eitherBreaches(value, steps),
    ...kindBreaches(value, "steps", STEP_KINDS),
    ...kindBreaches(value, "strategy", PRESETS),
    ...steps.flatMap(pairBreaches),
    ...orderBreaches(steps),
    ...weightBreaches(steps),
    ...steps.flatMap(pauseBreaches),
    ...previewBreaches(value, steps),
    ...maximumBreaches(value, steps),
    ...rollbackBreaches(value, steps),
  ];
}

function eitherBreaches(value: unknown, steps: readonly StepView[]): readonly Breach[] {
  const spec = at(value, ["spec"]);
  const given = ["steps", "strategy"].filter((key) => at(spec, [key]) !== undefined);
  if (given.length === 2) {
    return [{ path: ["spec", "strategy"], allowed: "either steps or strategy" }];
  }
  if (given.length === 0 && isMapping(spec)) {
    return [
      { path: ["spec", "steps"], allowed: `steps, or strategy: a list of ${PRESETS.join(", ")}` },
    ];
  }
  const tooMany = given[0] === "strategy" && steps.length > STEPS_MAX;
  const allowed = `what stands for at most ${STEPS_MAX} steps`;
  return tooMany ? [{ path: ["spec", "strategy"], allowed }] : [];
}

function kindBreaches(
  value: unknown,
  key: "steps" | "strategy",
  kinds: readonly string[],
): readonly Breach[] {
  return listAt(value, ["spec", key]).flatMap((entry, index) => {
    if (!isMapping(entry)) {
      return [];
    }
    const found = kinds.filter((kind) => Object.hasOwn(entry, kind));
    const isWrong = found.length > 1 || Object.keys(entry).length === 0;
    return isWrong ? [{ path: ["spec", key, index], allowed: `one of ${kinds.join(", ")}` }] : [];
  });
}

function pairBreaches({ kind, settings, path, shadows }: StepView): readonly Breach[] {
  const pairs = at(settings, ["minimum", "pairs"]);
  const isAsked = kind === "canary" || kind === "preview";
  return isAsked && shadows === false && typeof pairs === "number" && pairs > 0
    ? [
        {
          path: [...path, "minimum", "pairs"],
          allowed: "0, or a shadowPercent above 0%: without copies there are no pairs",
        },
      ]
    : [];
}

function orderBreaches(steps: readonly StepView[]): readonly Breach[] {
  const firstUsers = steps.findIndex(({ kind }) => kind === "canary" || kind === "switch");
  const firstSwitch = steps.findIndex(({ kind }) => kind === "switch");
  const after = (index: number) => (index === -1 ? [] : steps.slice(index + 1));
  const last = steps.findLast(({ kind }) => kind !== "pause");
  return [
    ...after(firstUsers)
      .filter(({ kind }) => kind === "shadow")
      .map(({ path }) => ({
        path,
        allowed: "shadow steps before the first canary step (a canary has shadowPercent)",
      })),
    ...after(firstUsers)
      .filter(({ kind }) => kind === "preview")
      .map(({ path }) => ({
        path,
        allowed: "a preview before the first canary or switch, as it takes all users back",
      })),
    ...after(firstSwitch)
      .filter(({ kind }) => kind === "canary" || kind === "switch")
      .map(({ path }) => ({ path, allowed: "no step but pauses after a switch" })),
    ...(last?.kind === "preview"
      ? [{ path: last.path, allowed: "a switch or a canary after a preview" }]
      : []),
  ];
}

function weightBreaches(steps: readonly StepView[]): readonly Breach[] {
  const breaches: Breach[] = [];
  let before = { share: 0, text: "" };
  for (const { weight, weightPath } of steps) {
    const share = shareOf(weight);
    if (share !== undefined && before.share > 0 && share <= before.share) {
      breaches.push({ path: weightPath, allowed: `more than ${before.text}, the weight before` });
    } else if (share !== undefined) {
      before = { share, text: String(weight) };
    }
  }
  return breaches;
}

function pauseBreaches({ kind, settings, path, gates }: StepView): readonly Breach[] {
  const isEndless =
    kind === "pause" &&
    at(settings, ["approval"]) === false &&
    at(settings, ["for"]) === undefined &&
    gates.length === 0;
  return isEndless
    ? [{ path: [...path, "approval"], allowed: "true, or false together with for or gates" }]
    : [];
}

/** What lets a preview end: test requests or pairs that are judged, a gate, or somebody's approval. */
function previewBreaches(value: unknown, steps: readonly StepView[]): readonly Breach[] {
  const guards = (kind: string): boolean => {
    const guardrail = at(value, ["spec", "guardrails", kind]);
    return guardrail !== undefined && at(guardrail, ["dryRun"]) !== true;
  };
  const isOnPairs = ["disagreement", "excess", "score"].some(guards);
  return steps
    .filter(({ kind, gates, shadows }, index) => {
      const next = steps[index + 1];
      const isApproved = next?.kind === "pause" && at(next.settings, ["approval"]) !== false;
      const isGated = gates.length > 0 || (next?.gates.length ?? 0) > 0;
      const isJudged = guards("tests") || (isOnPairs && shadows !== false);
      return kind === "preview" && !isApproved && !isGated && !isJudged;
    })
    .map(({ path }) => ({
      path,
      allowed:
        "something that ends it: the guardrail tests, one on pairs with shadowPercent, a gate, or a pause for approval after it",
    }));
}

/** A promotion in the end would go past whoever must be asked. */
function maximumBreaches(value: unknown, steps: readonly StepView[]): readonly Breach[] {
  const path = ["spec", "maximum", "outcome"];
  const isAsked = steps.some(
    ({ kind, settings, gates }) =>
      gates.length > 0 ||
      (kind === "pause" &&
        (at(settings, ["approval"]) === true || at(settings, ["for"]) === undefined)),
  );
  return at(value, path) === "promote" && isAsked
    ? [{ path, allowed: "hold or rollback: a promotion would go past gates and approvals" }]
    : [];
}

function rollbackBreaches(value: unknown, steps: readonly StepView[]): readonly Breach[] {
  const path = ["spec", "rollback"];
  const mode = at(value, [...path, "mode"]);
  const isWithoutSteps = steps.length > 0 && steps.every(({ kind }) => kind !== "canary");
  if (mode === "stepped" && isWithoutSteps) {
    return [
      { path: [...path, "mode"], allowed: "instant, or stepped where there are canary steps" },
    ];
  }
  const isIdle = mode !== "stepped" && at(value, [...path, "every"]) !== undefined;
  return isIdle ? [{ path: [...path, "every"], allowed: "nothing, or mode: stepped with it" }] : [];
}
