import type { Guardrail } from "../plan/plan.ts";
import type { Count } from "./count.ts";
import type { GuardrailEvidence } from "./evidence.ts";

/** Before every third digit from the right. */
const THOUSANDS = /\B(?=(?:\d{3})+$)/g;

/** What was counted for a guardrail: "0 of 212 candidate requests failed (primary 1 of 4,020)". */
export function figures(seen: {
  readonly guardrail: Guardrail;
  readonly known: GuardrailEvidence;
  readonly pairsSeen: number;
}): string {
  const { guardrail, known, pairsSeen } = seen;
  if (known.kind === "pair") {
    return known.pairs.n === 0 ? noPair(pairsSeen) : `${share(known.pairs)} pairs disagree`;
  }
  if (known.candidate.n === 0) {
    return "no candidate request yet";
  }
  const event =
    guardrail.kind === "latency" ? `took more than ${guardrail.slowerThanMs} ms` : "failed";
  return `${share(known.candidate)} candidate requests ${event} (primary ${share(known.primary)})`;
}

/** What holds of a candidate within the guardrail's limit: "at most 1.5 times the primary's rate, or 1%". */
export function within(guardrail: Guardrail): string {
  const tolerance = percent(guardrail.tolerance);
  return guardrail.kind === "disagreement"
    ? `at most ${tolerance}`
    : `at most ${guardrail.margin} times the primary's rate, or ${tolerance}`;
}

/** What holds of a candidate beyond it: "more than 1.5 times the primary's rate and more than 1%". */
export function beyond(guardrail: Guardrail): string {
  const tolerance = percent(guardrail.tolerance);
  return guardrail.kind === "disagreement"
    ? `more than ${tolerance}`
    : `more than ${guardrail.margin} times the primary's rate and more than ${tolerance}`;
}

/** A whole number with commas, to two significant digits when `about`. */
export function quantity(count: number, precision: "exact" | "about" = "exact"): string {
  const rounded = precision === "about" ? Number(count.toPrecision(2)) : count;
  return String(Math.round(rounded)).replace(THOUSANDS, ",");
}

/** A share in percent with at most four significant digits: "1.5%". */
export function percent(rate: number): string {
  return `${Number((rate * 100).toPrecision(4))}%`;
}

function noPair(seen: number): string {
  return seen === 0
    ? "no pair yet"
    : `none of ${quantity(seen)} pairs could be decided (cut off, or no prediction in either answer)`;
}

function share({ n, k }: Count): string {
  return `${quantity(k)} of ${quantity(n)}`;
}
