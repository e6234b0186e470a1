import { understudy } from "#proto";
import type { ExplainedRollout } from "./rolloutApi.ts";
import { JUDGEMENTS } from "./rolloutCodec.ts";

const v1 = understudy.v1;

/** Writes Explanation. */
export function encodeExplanation(explained: ExplainedRollout): Buffer {
  return Buffer.from(v1.Explanation.encode(explanationOf(explained)).finish());
}

/** Explanation. */
export function explanationOf({
  view,
  explanation,
}: ExplainedRollout): understudy.v1.Explanation.$Properties {
  const { standing, guardrails, evidence, moves, next } = explanation;
  return {
    name: view.plan.name,
    revision: view.state.revision,
    standing: [...standing],
    guardrails: guardrails.map((each) => ({ ...each, judgement: JUDGEMENTS[each.judgement] })),
    evidence: [...evidence],
    moves: [...moves],
    next: [...next],
  };
}
