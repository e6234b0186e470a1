import type { Variant } from "../observation.ts";
import { type MaturedCase, truthOf } from "../performance/maturity.ts";
import type { LabelValue } from "../performance/prediction.ts";
import type { LabelMetric, LabelRules } from "../plan/plan.ts";
import type { LabelledBatch } from "./labelled.ts";

type Tally = { n: number; k: number };
type Differences = { worse: number; better: number; tied: number };
type Outcomes = Readonly<Partial<Record<Variant, boolean>>>;

/**
 * What cases that came of age together say: every case once. A case with both variants' predictions is a pair; of those with one, the n-th of
 * the candidate is matched with the n-th of the primary, and what is left over is compared with nothing.
 */
export function labelledBatch(cases: readonly MaturedCase[], rules: LabelRules): LabelledBatch {
  const matured = { primary: 0, candidate: 0 };
  const labelled = { primary: 0, candidate: 0 };
  const wrong = { primary: { n: 0, k: 0 }, candidate: { n: 0, k: 0 } };
  const pairs: Differences = { worse: 0, better: 0, tied: 0 };
  const alone: Record<Variant, boolean[]> = { primary: [], candidate: [] };
  const events = emptyEvents();
  for (const found of cases) {
    const outcomes = outcomesOf(found, rules);
    for (const variant of VARIANTS) {
      const right = outcomes[variant];
      matured[variant] += found.predictions[variant] === undefined ? 0 : 1;
      if (right !== undefined) {
        labelled[variant] += 1;
        count(wrong[variant], !right);
      }
    }
    countEvents(events, found, rules);
    addOutcomes(outcomes, pairs, alone);
  }
  return { matured, labelled, wrong, pairs, matched: matchedOf(alone), events };
}

const VARIANTS = ["primary", "candidate"] as const;

/** Whether each variant's prediction was right, where that is known. */
function outcomesOf(found: MaturedCase, rules: LabelRules): Outcomes {
  return Object.fromEntries(
    VARIANTS.flatMap((variant) => {
      const predicted = found.predictions[variant]?.label;
      const right = predicted === undefined ? undefined : isRight(predicted, found.label, rules);
      return right === undefined ? [] : [[variant, right]];
    }),
  );
}

/** Whether a prediction equals its label, or is as near as the rules ask for; undefined when that can't be known. */
function isRight(
  predicted: LabelValue,
  label: LabelValue | undefined,
  rules: LabelRules,
): boolean | undefined {
  if (rules.within !== undefined) {
    return label === undefined
      ? undefined
      : Math.abs(Number(predicted) - Number(label)) <= rules.within;
  }
  const truth = truthOf({ label, predicted }, rules);
  return truth === undefined ? undefined : truth === String(predicted);
}

function addOutcomes(
  { primary, candidate }: Outcomes,
  pairs: Differences,
  alone: Record<Variant, boolean[]>,
): void {
  if (primary !== undefined && candidate !== undefined) {
    compare(pairs, primary, candidate);
  } else if (primary !== undefined) {
    alone.primary.push(primary);
  } else if (candidate !== undefined) {
    alone.candidate.push(candidate);
  }
}

function matchedOf(alone: Readonly<Record<Variant, readonly boolean[]>>): Differences {
  const matched: Differences = { worse: 0, better: 0, tied: 0 };
  for (const [index, candidate] of alone.candidate.entries()) {
    const primary = alone.primary[index];
    if (primary !== undefined) {
      compare(matched, primary, candidate);
    }
  }
  return matched;
}

function compare(seen: Differences, primary: boolean, candidate: boolean): void {
  if (primary === candidate) {
    seen.tied += 1;
  } else if (primary) {
    seen.worse += 1;
  } else {
    seen.better += 1;
  }
}

function countEvents(
  events: Record<LabelMetric, Tally>,
  { label, predictions }: MaturedCase,
  rules: LabelRules,
): void {
  const predicted = predictions.candidate?.label;
  const right = predicted === undefined ? undefined : isRight(predicted, label, rules);
  if (predicted === undefined || right === undefined) {
    return;
  }
  count(events.accuracy, !right);
  const saysPositive = String(predicted) === rules.positive;
  const isPositive = truthOf({ label, predicted }, rules) === rules.positive;
  if (saysPositive) {
    count(events.precision, !isPositive);
  }
  if (isPositive) {
    count(events.recall, !saysPositive);
  }
  if (saysPositive || isPositive) {
    count(events.f1, saysPositive !== isPositive);
  }
}

function emptyEvents(): Record<LabelMetric, Tally> {
  return {
    accuracy: { n: 0, k: 0 },
    precision: { n: 0, k: 0 },
    recall: { n: 0, k: 0 },
    f1: { n: 0, k: 0 },
  };
}

function count(tally: Tally, isAgainst: boolean): void {
  tally.n += 1;
  tally.k += isAgainst ? 1 : 0;
}
