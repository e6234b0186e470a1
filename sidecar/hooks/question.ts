import type { GateQuestion, RetrainingQuestion } from "../ports/hooks.ts";

/** Whatever a hook is asked. */
export type Question = GateQuestion | RetrainingQuestion;

/** What of, as receivers are told. */
export function typeOf(question: Question): string {
  return "gate" in question ? "understudy.gate" : "understudy.retraining";
}
