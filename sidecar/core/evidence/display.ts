import { bernoulliInterval, type Interval } from "./bernoulliInterval.ts";
import { meanInterval, valuesOf } from "./boundedMean.ts";
import type { Count } from "./count.ts";
import type { GuardrailEvidence } from "./evidence.ts";

/** Chance that an interval ever misses what it is of. */
export const DISPLAY_ALPHA = 0.05;

/** Where each variant's value lies with 95 % confidence at every look, as far as there is one; for people, nothing is decided by it. */
export type Intervals = {
  readonly primary: Interval | undefined;
  readonly candidate: Interval | undefined;
};

/** The intervals of the values that a guardrail's verdict shows. */
export function intervalsOf(known: GuardrailEvidence): Intervals {
  switch (known.kind) {
    case "rate":
      return { primary: ofRate(known.primary), candidate: ofRate(known.candidate) };
    case "tests":
      return { primary: undefined, candidate: ofRate(known.tests) };
    case "pair":
      return { primary: undefined, candidate: ofRate(known.pairs) };
    case "score": {
      const values = valuesOf(known.scores);
      const candidate = values.length === 0 ? undefined : meanInterval(values, DISPLAY_ALPHA);
      return { primary: undefined, candidate };
    }
    case "accuracy":
      return {
        primary: ofRate(right(known.wrong.primary)),
        candidate: ofRate(right(known.wrong.candidate)),
      };
    case "performance":
      return { primary: undefined, candidate: ofRate(right(known.events)) };
    case "excess":
    case "slowdown":
      return { primary: undefined, candidate: undefined };
    default:
      return known satisfies never;
  }
}

function right({ n, k }: Count): Count {
  return { n, k: n - k };
}

function ofRate(count: Count): Interval | undefined {
  return count.n === 0 ? undefined : bernoulliInterval(count, DISPLAY_ALPHA);
}
