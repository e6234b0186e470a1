import { quantity } from "../evidence/sentence.ts";
import { odds } from "../odds.ts";
import { isFinal } from "../rollout/state.ts";
import { stepAt } from "../rollout/stepAt.ts";
import { logAgainst, type Weighed, weigh } from "../weigh.ts";
import { brief } from "../words.ts";
import type { Explainable, GuardrailExplanation } from "./explain.ts";

/** Below, odds are as good as even. */
const EVEN_ODDS = 1.05;
/** Below, odds are told with a digit behind the point. */
const SMALL_ODDS = 10;
/** Numbers above are told as this, so that a program can read them. */
const ODDS_MAX = 1e300;

/** What each guardrail of the verdict says, and how much its evidence counts. */
export function weightsOf(seen: Explainable): readonly GuardrailExplanation[] {
  const { plan, state, evidence, verdict } = seen;
  const { weighed, fed } = weigh(plan, stepAt(plan, state.stepIndex), evidence, NOTHING_TRIPPED);
  const asked = new Set(fed.map(({ guardrail }) => guardrail.name));
  return verdict.guardrails.map(({ name, judgement, reason, logEBad, logEGood }) => {
    const known = weighed.find(({ guardrail }) => guardrail.name === name);
    const role = isFinal(state) || known === undefined ? [] : roleOf(known, asked.has(name));
    const sentences = [against(seen, logEBad), support(seen, logEGood), ...role];
    return {
      name,
      judgement,
      seen: reason,
      weight: begun(sentences.join(" ")),
      oddsAgainst: oddsOf(logEBad),
      oddsFor: oddsOf(logEGood),
    };
  });
}

/** What there is of evidence, and what all guardrails together say against the candidate. */
export function togetherOf({ plan, state, evidence, verdict }: Explainable): readonly string[] {
  const { weighed } = weigh(plan, stepAt(plan, state.stepIndex), evidence, NOTHING_TRIPPED);
  const deciding = weighed.filter(({ guardrail }) => !guardrail.dryRun);
  const { primary, candidate } = evidence.requests;
  const tests = evidence.tests === undefined ? "" : `, ${quantity(evidence.tests)} test requests`;
  const limit = odds(-Math.log(plan.alpha.rollback));
  return [
    `Counted so far: ${quantity(evidence.pairs)} pairs, ${quantity(primary)} requests of ${plan.primary} and ${quantity(candidate)} of ${plan.candidate}${tests}.`,
    `All guardrails together: ${oddsText(logAgainst(deciding))} against ${plan.candidate}; ${limit} rolls it back.`,
    ...(verdict.withheld === undefined ? [] : [`Nothing is promoted: ${verdict.withheld}.`]),
  ];
}

const NOTHING_TRIPPED = { trip: undefined, requestsPerSecond: undefined };

/** As a sentence begins. */
function begun(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function against({ plan }: Explainable, logE: number): string {
  return `${oddsText(logE)} that ${plan.candidate} is beyond the limit,`;
}

function support({ plan }: Explainable, logE: number): string {
  return `${oddsText(logE)} that it is within, where ${odds(-Math.log(plan.alpha.promotion))} passes.`;
}

function roleOf({ guardrail, distrust }: Weighed, isAsked: boolean): readonly string[] {
  if (guardrail.dryRun) {
    return ["It only reports (a dry run)."];
  }
  if (distrust !== undefined) {
    return [`It decides nothing: ${distrust}.`];
  }
  return isAsked ? [] : ["This step does not wait for it."];
}

/** "no evidence" where odds are hardly more than even, as e-values below 1 speak for nothing; else "3.2 to 1", "20 to 1". */
function oddsText(logE: number): string {
  if (logE < Math.log(EVEN_ODDS)) {
    return "no evidence";
  }
  return logE < Math.log(SMALL_ODDS) ? `${brief(Math.exp(logE), 2)} to 1` : odds(logE);
}

function oddsOf(logE: number): number {
  return Math.min(ODDS_MAX, Math.exp(logE));
}
