import { quantity } from "../evidence/sentence.ts";
import { odds } from "../odds.ts";
import { formatBasisPoints } from "../plan/percentage.ts";
import { stepText } from "../plan/stepText.ts";
import { isRollbackHeld } from "../rollout/goBack.ts";
import { holdOf, isStepDone, missingOf, needsApproval, shiftHold } from "../rollout/hold.ts";
import { isFinal } from "../rollout/state.ts";
import { stepAt } from "../rollout/stepAt.ts";
import { gatesBefore, nextStep } from "../rollout/transition.ts";
import { percent } from "../words.ts";
import type { Explainable } from "./explain.ts";
import { timeText } from "./time.ts";

/** What would move the rollout: evidence, time, somebody's word, a gate, readiness, or the plan's schedule. */
export function movesOf(seen: Explainable): readonly string[] {
  const { plan, state } = seen;
  switch (state.phase) {
    case "promoted":
    case "rolled-back":
      return [
        "Nothing: it has ended. Another plan under its name starts the next rollout.",
        ...(state.phase === "promoted" && (plan.drift ?? plan.labels) !== undefined
          ? [`${plan.candidate} is watched on; what is odd is told, and moves nothing.`]
          : []),
      ];
    case "rolling-back":
      return goingBack(seen);
    case "paused":
      return ["Somebody's resume.", ...whatTakesItBack(seen)];
    case "progressing":
      return [...forward(seen), ...overdue(seen), ...whatTakesItBack(seen)];
    default:
      return state.phase satisfies never;
  }
}

/** What comes when it moves on. */
export function nextOf(seen: Explainable): readonly string[] {
  const { plan, state } = seen;
  if (isFinal(state)) {
    return [];
  }
  if (state.phase === "rolling-back") {
    return [`In the end ${plan.primary} answers all users.`];
  }
  const toStep = nextStep(state);
  const step = plan.steps[toStep];
  const gates = gatesBefore(plan, state).filter((name) => !state.gates?.passed.includes(name));
  return [
    step === undefined
      ? `${plan.candidate} is promoted: it answers all users.`
      : `Step ${toStep + 1} of ${plan.steps.length}, ${stepText(step)}.`,
    ...(gates.length === 0 ? [] : [`Before that: gate ${gates.join(", then ")}.`]),
  ];
}

function forward(seen: Explainable): readonly string[] {
  const { plan, state, verdict } = seen;
  if (verdict.judgement === "fail") {
    const held = isRollbackHeld(seen) ? `, but ${seen.unready?.primary}` : "";
    return [`It would go back${held}. Somebody's rollback goes ahead.`];
  }
  const hold = holdOf(plan, state, seen);
  if (isStepDone(plan, state, seen)) {
    const approval = needsApproval(plan, state) ? ["Somebody's approval."] : [];
    return [...(hold === undefined ? [] : [holdText(seen, hold)]), ...approval];
  }
  const toStep = nextStep(state);
  const closed = shiftHold(plan, state, { ...seen, toStep });
  return [
    ...minimumText(seen),
    ...evidenceText(seen),
    ...(needsApproval(plan, state) ? ["After that somebody's approval."] : []),
    ...(closed === undefined ? [] : [`And even then it would wait: ${closed}.`]),
  ];
}

function holdText({ asking, state }: Explainable, hold: string): string {
  return state.gates?.failed === undefined
    ? `This step is done; the next is held up: ${hold}.${askingText(asking)}`
    : `This step is done; the next is held up: ${hold}. Somebody's resume has the gate asked again.`;
}

function askingText(asking: Explainable["asking"]): string {
  return asking?.last === undefined
    ? ""
    : ` Attempts so far: ${quantity(asking.attempts)}, the last one: ${asking.last}.`;
}

function minimumText(seen: Explainable): readonly string[] {
  const { plan, state } = seen;
  const step = stepAt(plan, state.stepIndex);
  const { pairs, requests, timeMs } = missingOf(step, state, seen);
  const asked = step.kind === "preview" ? "test requests" : `requests of ${plan.candidate}`;
  const missing = [
    ...(pairs === 0 ? [] : [`${quantity(pairs)} more pairs`]),
    ...(requests === 0 ? [] : [`${quantity(requests)} more ${asked}`]),
    ...(timeMs === 0 ? [] : [`${timeText(timeMs)} more`]),
  ];
  return missing.length === 0 ? [] : [`The step must see at least ${missing.join(", ")}.`];
}

function evidenceText({ verdict }: Explainable): readonly string[] {
  const { judgement, reasons, requestsNeeded, secondsNeeded } = verdict;
  if (judgement === "pass") {
    return ["Its guardrails pass."];
  }
  if (requestsNeeded === undefined) {
    return reasons.slice(0, 1).map((reason) => `A pass, of which nobody can say when: ${reason}.`);
  }
  const rate =
    secondsNeeded === undefined
      ? ""
      : `, which takes about ${timeText(secondsNeeded * 1_000)} at the present rate`;
  return [
    `A pass: about ${quantity(requestsNeeded, "about")} more requests, at what was seen so far${rate}.`,
    ...reasons.slice(0, 1).map((reason) => `It waits the longest for this: ${reason}.`),
  ];
}

function overdue({ nowMs, plan, state }: Explainable): readonly string[] {
  const { maximum } = plan;
  if (maximum === undefined || maximum.outcome === "hold") {
    return [];
  }
  const leftMs = maximum.timeMs - (nowMs - state.startedAtMs);
  const end = maximum.outcome === "promote" ? "it is promoted" : "it goes back";
  return [`In ${timeText(leftMs)} ${end}, if it is undecided until then.`];
}

function whatTakesItBack({ plan, verdict }: Explainable): readonly string[] {
  if (verdict.judgement === "fail") {
    return [];
  }
  const limit = odds(-Math.log(plan.alpha.rollback));
  const breaker =
    plan.breaker === undefined
      ? ""
      : `, or once ${percent(plan.breaker.failures)} of ${plan.candidate}'s last ${plan.breaker.requests} requests have failed and ${plan.primary}'s have not`;
  return [`It goes back at evidence of ${limit} against ${plan.candidate}${breaker}.`];
}

function goingBack(seen: Explainable): readonly string[] {
  const { nowMs, plan, state, traffic } = seen;
  if (isRollbackHeld(seen)) {
    return [`Held up: ${seen.unready?.primary}. Somebody's rollback goes ahead.`];
  }
  const dueMs = (plan.rollback?.everyMs ?? 0) - (nowMs - state.decidedAtMs);
  const weight = formatBasisPoints(traffic.candidateBp);
  return [
    `In ${timeText(dueMs)} the weight goes down from ${weight}; somebody's rollback takes it to 0% at once.`,
  ];
}
