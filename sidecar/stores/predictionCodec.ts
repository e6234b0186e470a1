import type { CasePrediction } from "../core/performance/maturity.ts";
import type { Prediction } from "../core/performance/prediction.ts";

/** The text that a variant's prediction is stored as; two are equal when all but their times are. */
export function encodePrediction({ atMs, version, label, score, slice }: Prediction): string {
  return JSON.stringify([atMs, version, label, score ?? null, slice ?? null]);
}

/** The prediction in a text of `encodePrediction`. */
export function decodePrediction(text: string): CasePrediction {
  const [atMs, version, label, score, slice] = JSON.parse(text);
  return {
    version,
    atMs,
    label,
    ...(score === null ? {} : { score }),
    ...(slice === null ? {} : { slice }),
  };
}

/** Whether two stored predictions say the same, whenever they began: what is sent again may be stamped again. */
export function saysTheSame(one: string, other: string): boolean {
  return one.slice(one.indexOf(",")) === other.slice(other.indexOf(","));
}
