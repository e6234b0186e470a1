import { compileRules } from "../core/compare/rules.ts";
import { comparePair } from "../decode/comparePair.ts";
import type { Metrics } from "../metrics.ts";
import type { MakeComparer } from "./runner.ts";

/** Makes comparers that count what they can't read, by the variant that sent it and the reason. */
export function comparersCounting({ undecodable }: Pick<Metrics, "undecodable">): MakeComparer {
  return (rules) => {
    const compiled = compileRules(rules);
    return (observation) => {
      const comparison = comparePair(observation, compiled);
      for (const { variant, reason } of comparison?.undecodable ?? []) {
        undecodable.inc({ variant, reason });
      }
      return comparison;
    };
  };
}
