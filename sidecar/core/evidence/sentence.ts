import type { Guardrail } from "../plan/plan.ts";
import { brief, percent } from "../words.ts";
import { meanOf } from "./boundedMean.ts";
import type { Count } from "./count.ts";
import { type GuardrailEvidence, type RateEvidence, shownOf } from "./evidence.ts";
import { type Excesses, worstSlot } from "./excess.ts";
import { type AccuracyEvidence, differences, type PerformanceEvidence } from "./labelled.ts";
import { latencyFigures } from "./latencySentence.ts";
import { metricAt } from "./loss.ts";

/** Before every third digit from the right. */
const THOUSANDS = /\B(?=(?:\d{3})+$)/g;

/** What was counted for a guardrail: "0 of 212 candidate requests failed (primary 1 of 4,020)". */
export function figures(seen: {
  readonly guardrail: Guardrail;
  readonly known: GuardrailEvidence;
  readonly pairsSeen: number;
}): string {
  const { guardrail, known, pairsSeen } = seen;
  switch (known.kind) {
    case "pair":
      return known.pairs.n === 0 ? noPair(pairsSeen) : `${share(known.pairs)} pairs disagree`;
    case "tests":
      return known.tests.n === 0
        ? "no test request yet"
        : `${share(known.tests)} test requests failed`;
    case "rate":
      return rateFigures(guardrail, known);
    case "slowdown":
      return latencyFigures(shownOf(known));
    case "excess":
      return excessFigures(known.excesses);
    case "score": {
      const { n, mean } = meanOf(known.scores);
      return mean === undefined
        ? noPair(pairsSeen)
        : `scores of ${quantity(n)} pairs are ${brief(mean, 3)} apart in the mean`;
    }
    case "accuracy":
      return accuracyFigures(known);
    case "performance":
      return performanceFigures(guardrail, known);
    default:
      return known satisfies never;
  }
}

/** What a guardrail on rates counts: requests or users. */
export function unitOf(guardrail: Guardrail): string {
  return "unit" in guardrail ? guardrail.unit : "request";
}

/** What holds of a candidate within the guardrail's limit: "at most 1.5 times the primary's rate, or 1%". */
export function within(guardrail: Guardrail): string {
  const tolerance = percent(guardrail.tolerance, 4);
  switch (guardrail.kind) {
    case "tests":
    case "disagreement":
      return `at most ${tolerance}`;
    case "excess":
      return `at no place more than ${tolerance} beyond the noise`;
    case "score":
      return `at most ${guardrail.tolerance}`;
    case "accuracy":
      return `at most ${tolerance} less accurate`;
    case "performance":
      return `at least ${guardrail.floor}`;
    case "slowdown":
      return `at no latency more than ${guardrail.margin} times the primary's share of slower requests, or ${tolerance}`;
    default:
      return `at most ${guardrail.margin} times the primary's rate, or ${tolerance}`;
  }
}

/** What holds of a candidate beyond it: "more than 1.5 times the primary's rate and more than 1%". */
export function beyond(guardrail: Guardrail): string {
  const tolerance = percent(guardrail.tolerance, 4);
  switch (guardrail.kind) {
    case "tests":
    case "disagreement":
      return `more than ${tolerance}`;
    case "excess":
      return `at some place more than ${tolerance} beyond the noise`;
    case "score":
      return `more than ${guardrail.tolerance}`;
    case "accuracy":
      return `more than ${tolerance} less accurate`;
    case "performance":
      return `less than ${guardrail.floor}`;
    case "slowdown":
      return `at some latency more than ${guardrail.margin} times the primary's share of slower requests and more than ${tolerance}`;
    default:
      return `more than ${guardrail.margin} times the primary's rate and more than ${tolerance}`;
  }
}

function accuracyFigures(known: AccuracyEvidence): string {
  const { primary, candidate } = known.wrong;
  if (candidate.n === 0) {
    return "no prediction of the candidate with a label yet";
  }
  const { worse, better, tied } = differences(known);
  const right = (count: Count) => share({ n: count.n, k: count.n - count.k });
  const both = `of ${quantity(worse + better + tied)} compared only the primary was right in ${quantity(worse)}, only the candidate in ${quantity(better)}`;
  return `${right(candidate)} labelled candidate predictions are right (primary ${right(primary)}); ${both}`;
}

function performanceFigures(guardrail: Guardrail, { events }: PerformanceEvidence): string {
  if (events.n === 0 || guardrail.kind !== "performance") {
    return "no labelled prediction that tells yet";
  }
  const value = metricAt(guardrail.metric, events.k / events.n);
  return `${guardrail.metric} ${brief(value, 3)} over ${quantity(events.n)} labelled predictions`;
}

function excessFigures(seen: Excesses): string {
  if (seen.n === 0) {
    return "no request yet that the primary answered twice";
  }
  const { worse, better } = worstSlot(seen);
  return `where answers differ most, only the candidate's did in ${quantity(worse)} of ${quantity(seen.n)} requests, only the primary's second one in ${quantity(better)}`;
}

/** A whole number with commas, to two significant digits when `about`. */
export function quantity(count: number, precision: "exact" | "about" = "exact"): string {
  const rounded = precision === "about" ? Number(count.toPrecision(2)) : count;
  return String(Math.round(rounded)).replace(THOUSANDS, ",");
}

function rateFigures(guardrail: Guardrail, { primary, candidate }: RateEvidence): string {
  const unit = unitOf(guardrail);
  if (candidate.n === 0) {
    return `no candidate ${unit} yet`;
  }
  const slow = guardrail.kind === "latency" ? `took more than ${guardrail.slowerThanMs} ms` : "";
  const event = slow === "" ? "failed" : slow;
  return `${share(candidate)} candidate ${unit}s ${event} (primary ${share(primary)})`;
}

function noPair(seen: number): string {
  return seen === 0
    ? "no pair yet"
    : `none of ${quantity(seen)} pairs could be decided (cut off, or no prediction in either answer)`;
}

function share({ n, k }: Count): string {
  return `${quantity(k)} of ${quantity(n)}`;
}
